"""Plain: a Deployment of the JetStream host a function, as many copies as its consumer lags; no Knative is needed."""

from local.platforms.knative import keys
from local.platforms.knative.cluster import Cluster
from local.platforms.knative.pods import Function, Manifest, broker_environment, pod

METRICS = 9464
"""Where the host shows its metrics, once its handler is ready."""
GRACE = 45
"""Seconds: the host gives back after 30 what is in flight then."""
READY_WITHIN = 300
"""Seconds for an image's models to be loaded."""
LAG = 4
"""Messages waiting or in flight for each copy."""
POLL, COOL = 5, 120
"""Seconds between looks at the lag, and without any until no copy is left."""


def deployment(function: Function, cluster: Cluster) -> Manifest:
    """Describe the Deployment; how many copies there are is the scaler's business, and one where there is none."""
    told = {**broker_environment(cluster), "NORIA_METRICS": f"0.0.0.0:{METRICS}"}
    inside = pod(function, cluster, "jetstream", (*keys.STORE, *keys.BROKER, *keys.own(function.service)), told)
    inside["containers"][0] |= {"ports": [{"name": "metrics", "containerPort": METRICS}], **probes()}
    inside |= {"terminationGracePeriodSeconds": GRACE}
    metadata = function.metadata(cluster)
    template = {"metadata": {"labels": metadata["labels"], "annotations": function.digest}, "spec": inside}
    spec = {"selector": {"matchLabels": function.selector()}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def probes() -> Manifest:
    """Ask for the metrics: they are there once the handler is ready, and while the process does anything at all."""
    asked = {"httpGet": {"path": "/metrics", "port": "metrics"}}
    return {
        "startupProbe": {**asked, "periodSeconds": 2, "failureThreshold": READY_WITHIN // 2},
        "readinessProbe": {**asked, "periodSeconds": 10, "timeoutSeconds": 5},
        "livenessProbe": {**asked, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
    }


def scaler(function: Function, cluster: Cluster) -> Manifest:
    """Describe KEDA's ScaledObject (keda.sh/docs, "NATS JetStream"): it makes the HPA, on the consumer's lag."""
    service = function.service
    metadata = function.metadata(cluster)
    trigger = {
        "type": "nats-jetstream",
        "metadata": {
            "natsServerMonitoringEndpoint": cluster.figures,
            "account": cluster.account,
            "stream": cluster.stream,
            "consumer": service.name,
            "lagThreshold": str(LAG),
        },
    }
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
        "pollingInterval": POLL,
        "cooldownPeriod": COOL,
        "minReplicaCount": least(function, cluster),
        "maxReplicaCount": function.most,
        "fallback": {"failureThreshold": 3, "replicas": max(1, least(function, cluster))},
        "triggers": [trigger],
    }
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata, "spec": spec}


def least(function: Function, cluster: Cluster) -> int:
    """Give how many copies there always are, by the FDL's ``synchronous.min_scale``.

    Deployments are one at least where nobody said whom to ask for the lag: a wrong guess would leave none for ever.
    """
    oscar = function.service.oscar
    said = oscar.synchronous.min_scale if oscar else 0
    return max(1, said) if cluster.plain and not cluster.monitoring else said
