"""Network: what a function's pods may reach, and who may reach them; everything else is cut off.

A function that says that it uses the network, as one does that calls webhooks, reaches everything by TCP.
"""

from local.platforms.knative.cluster import Address, Cluster, Server
from local.platforms.knative.pods import Function, Manifest

NAMESPACE = "kubernetes.io/metadata.name"
GATEWAYS = ("knative-serving", "kourier-system", "istio-system", "contour-internal")
"""Namespaces of the activator and of the networks that Knative comes with."""

NODE_LOCAL = "169.254.20.10/32"
"""Where a node's own cache of names listens, if there is one (kubernetes.io, "NodeLocal DNSCache")."""


def policy(function: Function, cluster: Cluster, component: str = "function") -> Manifest:
    """Describe the NetworkPolicy of the function's pods, or of its source's."""
    metadata = function.metadata(cluster, component)
    selected = {"matchLabels": function.selector(component)}
    spec: Manifest = {"podSelector": selected, "policyTypes": ["Ingress", "Egress"]}
    spec["ingress"] = _ingress(cluster, component)
    spec["egress"] = [_names(), *_egress(cluster, component)]
    if component == "function" and function.uses_network:
        spec["egress"].append({"ports": [{"protocol": "TCP"}]})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _ingress(cluster: Cluster, component: str) -> list[Manifest]:
    return [] if cluster.plain or component == "source" else [{"from": _gateways()}]


def _egress(cluster: Cluster, component: str) -> list[Manifest]:
    if component == "source":
        return [*_to(cluster.broker), {"to": _gateways()}]
    store = _to(cluster.store) if cluster.store else [{"ports": [{"protocol": "TCP", "port": 443}]}]
    return [*store, *(_to(cluster.broker) if cluster.plain else [])]


def _to(server: Server | None) -> list[Manifest]:
    """Let through what goes to one server; a policy knows no names, so one outside by its name may be anywhere."""
    return [_peer(address) for address in server.addresses] if server else []


def _peer(address: Address) -> Manifest:
    allowed: Manifest = {"ports": [{"protocol": "TCP", "port": address.port}]} if address.port else {}
    if address.namespace:
        return {"to": [{"namespaceSelector": {"matchLabels": {NAMESPACE: address.namespace}}}], **allowed}
    return {"to": [{"ipBlock": {"cidr": address.network}}], **allowed} if address.network else allowed


def _gateways() -> list[Manifest]:
    return [{"namespaceSelector": {"matchExpressions": [{"key": NAMESPACE, "operator": "In", "values": [*GATEWAYS]}]}}]


def _names() -> Manifest:
    """Let names be asked for."""
    who = {
        "namespaceSelector": {"matchLabels": {NAMESPACE: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    return {
        "to": [who, {"ipBlock": {"cidr": NODE_LOCAL}}],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }
