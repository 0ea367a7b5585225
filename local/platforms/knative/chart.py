"""Chart: the values with which ``infra/chart`` makes the same objects."""

from collections.abc import Sequence
from typing import Any

from local.platforms.knative import keys
from local.platforms.knative.cluster import Cluster, Server
from local.platforms.knative.plain import least
from local.platforms.knative.pods import Function, has_gpu, processors, pull_secrets, room
from local.platforms.knative.pods import resources as resources_of
from local.platforms.knative.serving import seconds

FILE = "helm.values"
"""No name that ``kubectl apply -R`` would take for a manifest's."""


def values(functions: Sequence[Function], cluster: Cluster) -> dict[str, Any]:
    """Give the chart's values for these functions."""
    return {
        "plain": cluster.plain,
        "store": {"region": cluster.region, **_server(cluster.store)},
        "eventing": cluster.eventing,
        "broker": {
            **_server(cluster.broker),
            "stream": cluster.stream,
            "account": cluster.account,
            "monitoring": cluster.figures,
        },
        "ledger": cluster.ledger,
        "authorities": cluster.authorities,
        "pipelines": {each.pipeline: each.text for each in functions},
        "functions": [_function(each, cluster) for each in functions],
    }


def _server(server: Server | None) -> dict[str, Any]:
    if server is None:
        return {"url": "", "encrypted": False, "peers": [{"port": 443, "namespace": "", "cidr": ""}]}
    peers = [{"port": a.port, "namespace": a.namespace, "cidr": a.network} for a in server.addresses]
    return {"url": server.url, "encrypted": server.is_encrypted, "peers": peers}


def _function(function: Function, cluster: Cluster) -> dict[str, Any]:
    service = function.service
    return {
        "name": service.name,
        "pipeline": function.pipeline,
        "image": function.image,
        "cpu": processors(service.cpu),
        "memory": resources_of(service)["limits"]["memory"],
        "room": room(service),
        "gpu": has_gpu(service),
        "network": function.uses_network,
        "pullSecrets": list(pull_secrets(service)),
        "least": least(function, cluster),
        "most": function.most,
        "atOnce": function.at_once,
        "seconds": seconds(service),
        "digest": function.digest["noria/fdl"],
        "secrets": list(keys.own(service)),
        "inputs": [{"bucket": path.bucket, "prefix": path.prefix} for path in service.inputs],
    }
