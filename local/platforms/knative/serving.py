"""Serving: a Knative Service a function, and a source beside it that carries its messages there from JetStream."""

import math

from fdl import Service
from local.platforms.knative import keys
from local.platforms.knative.checking import settings
from local.platforms.knative.cluster import Cluster
from local.platforms.knative.plain import GRACE, least
from local.platforms.knative.pods import Function, Manifest, broker_environment, pod

AROUND = 60
"""Seconds for what is before and after the handler: fetching, uploading, waiting for the set."""
SOURCE = {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "20m", "memory": "64Mi"}}


def service(function: Function, cluster: Cluster) -> Manifest:
    """Describe the Knative Service: reached from inside the cluster only, one event a handler's process at a time."""
    at_once, limit = function.at_once, seconds(function.service)
    names = (*keys.STORE, *keys.own(function.service))
    inside = pod(function, cluster, "knative", names, {"NORIA_CONCURRENCY": str(at_once + 1)})
    inside["containers"][0] |= {
        "ports": [{"name": "http1", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/readyz"}},
        "livenessProbe": {"httpGet": {"path": "/healthz"}, "periodSeconds": 20, "failureThreshold": 6},
    }
    times = {"timeoutSeconds": limit, "responseStartTimeoutSeconds": limit}
    metadata = function.metadata(cluster)
    scale = {"min-scale": str(least(function, cluster)), "max-scale": str(function.most)}
    notes = {**{f"autoscaling.knative.dev/{name}": number for name, number in scale.items()}, **function.digest}
    template = {
        "metadata": {"labels": metadata["labels"], "annotations": notes},
        "spec": {"containerConcurrency": at_once, **times, **inside},
    }
    hidden = {**metadata, "labels": {**metadata["labels"], "networking.knative.dev/visibility": "cluster-local"}}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": hidden,
        "spec": {"template": template},
    }


def seconds(service: Service) -> int:
    """Give how long a request may take; a cluster may allow less (``max-revision-timeout-seconds``, 600)."""
    return math.ceil(settings(service).time_limit) + AROUND


def source(function: Function, cluster: Cluster) -> Manifest:
    """Describe the Deployment that posts the function's messages to whatever it is bound to."""
    told = {**broker_environment(cluster), "NORIA_CONCURRENCY": str(function.most * function.at_once)}
    inside = pod(function, cluster, "jetstream", keys.BROKER, told)
    box = inside["containers"][0]
    box["name"] = "source"
    box["command"][2] = "functions.runtime.hosts.jetstream.source"
    box["resources"] = SOURCE
    inside["terminationGracePeriodSeconds"] = GRACE
    metadata = function.metadata(cluster, "source")
    template = {"metadata": {"labels": metadata["labels"], "annotations": function.digest}, "spec": inside}
    spec = {"replicas": 1, "selector": {"matchLabels": function.selector("source")}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def binding(function: Function, cluster: Cluster) -> Manifest:
    """Describe the SinkBinding, which tells the source where the Knative Service is (``K_SINK``)."""
    metadata = function.metadata(cluster, "source")
    bound = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"]}
    target = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": function.service.name}
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "SinkBinding",
        "metadata": metadata,
        "spec": {"subject": bound, "sink": {"ref": target}},
    }
