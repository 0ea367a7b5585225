"""Addresses of machines that are there already: two networks, and a port for each address."""

from functions.provisioning.tosca.expressions import Node

PUBLIC, PRIVATE = "pub_network", "priv_network"


def networks() -> Node:
    """The two networks."""
    kinds = {PUBLIC: "public", PRIVATE: "private"}
    return {
        name: {"type": "tosca.nodes.network.Network", "properties": {"network_type": kind}}
        for name, kind in kinds.items()
    }


def port(machine: str, network: str, address: str, *, order: int = 0) -> Node:
    """The port that gives a machine its address; ``order`` is that of the machine's interfaces."""
    return {
        f"{machine}_{network}_port": {
            "type": "tosca.nodes.network.Port",
            "properties": {"order": order, "ip_address": address},
            "requirements": [{"binding": machine}, {"link": network}],
        }
    }


def credential(user: str, key: str) -> Node:
    """What opens a machine over SSH (TOSCA's ``tosca.datatypes.Credential``)."""
    return {"user": user, "token_type": "private_key", "token": key}
