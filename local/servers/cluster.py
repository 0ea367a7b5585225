"""A cluster of NATS servers: who its nodes are, how they speak to each other, and who may do what.

Forms: docs.nats.io, "Configuration" (JetStream, Clustering, TLS, Accounts); the tests run nats-server 2.15.1 with them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fdl import Service
from local.broker import EVENTS, PUBLISHER_PERMISSIONS
from local.permissions import broker_permissions

ACCOUNTS, PASSWORDS = "accounts.conf", "passwords.conf"
OURS, STORES, SYSTEM = "NORIA", "STORE", "SYS"
OPERATOR, PUBLISHER, STORE, ADMINISTRATOR = "operator", "publisher", "store", "system"
ASKED = f"$JS.API.STREAM.INFO.{EVENTS}"
"""RustFS looks whether the stream fits before it announces anything; MinIO does not ask."""
_ASKED_HERE = "noria.stream"
_BY = "Written by python -m local.servers"


@dataclass(frozen=True)
class Node:
    """One server: its name, the host that clients and the others know it by, and its ports."""

    name: str
    host: str
    client: int = 4222
    route: int = 6222
    monitoring: int = 8222


@dataclass(frozen=True)
class Cluster:
    """Servers that are one broker.

    Attributes:
        nodes: Three or five; half of them and one more must live.
        listen: The address that each listens on.
        tls: The folder of ``ca.pem``, ``server.pem`` and ``server.key``, each server's own.
        store: The folder of its streams.
        monitoring: The address of the servers' figures, which anybody who reaches it can read.
        sync: How far an acknowledged event may be from the disk: ``always`` for not at all, or a time such as ``2m``.
    """

    nodes: Sequence[Node]
    listen: str = "0.0.0.0"  # noqa: S104 - clients and other nodes are on other machines
    tls: str = "/etc/nats/tls"
    store: str = "/var/lib/nats"
    monitoring: str = "127.0.0.1"
    sync: str = "always"

    @property
    def url(self) -> str:
        """What ``NORIA_NATS_URL`` is to be."""
        return ",".join(f"tls://{node.host}:{node.client}" for node in self.nodes)

    def configuration(self, node: Node) -> str:
        """Write the configuration of one server, which lies beside ``accounts.conf``."""
        shown = {"cert_file": f"{self.tls}/server.pem", "key_file": f"{self.tls}/server.key"}
        tls = {**shown, "ca_file": f"{self.tls}/ca.pem", "timeout": 5}
        return _written(
            f"{node.name}, one of {len(self.nodes)} servers that are one broker. {_BY}.",
            {
                "server_name": node.name,
                "listen": f"{self.listen}:{node.client}",
                "client_advertise": f"{node.host}:{node.client}",
                "http": f"{self.monitoring}:{node.monitoring}",
                # nats-server#7564: by default acknowledged messages are up to 2 minutes away from the disk.
                "jetstream": {"store_dir": self.store, "sync_interval": self.sync},
                "tls": tls,
                "cluster": {
                    "name": "noria",
                    "listen": f"{self.listen}:{node.route}",
                    "cluster_advertise": f"{node.host}:{node.route}",
                    "routes": [f"nats-route://{each.host}:{each.route}" for each in self.nodes if each != node],
                    "tls": tls,  # of routes: each shows the other its certificate
                },
            },
            f"include ./{ACCOUNTS}\n",
        )


def accounts(services: Iterable[Service]) -> str:
    """Write ``accounts.conf``: who may connect, and what for.

    A store is in an account of its own, from which it reaches what it announces and nothing else: neither the events
    of others nor anybody's answers.
    """
    announced = "events.>"
    users = [_user(OPERATOR), _user(PUBLISHER, PUBLISHER_PERMISSIONS)]
    users += [_user(service.name, broker_permissions(service.name, EVENTS)) for service in services]
    made = {
        OURS: {
            "jetstream": "enabled",
            "exports": [{"service": subject, "accounts": [STORES]} for subject in (announced, ASKED)],
            "users": users,
        },
        STORES: {
            "imports": [
                {"service": {"account": OURS, "subject": announced}},
                {"service": {"account": OURS, "subject": ASKED}, "to": _ASKED_HERE},
            ],
            # What is asked of $JS.API is answered by the asker's own account, which has no streams.
            "mappings": {ASKED: _ASKED_HERE},
            "users": [_user(STORE)],
        },
        SYSTEM: {"users": [_user(ADMINISTRATOR)]},
    }
    begin = f"include ./{PASSWORDS}\n"
    return _written(f"Who may connect. {_BY}.", {"system_account": SYSTEM, "accounts": made}, begin=begin)


def passwords(known: Mapping[str, str]) -> str:
    """Write ``passwords.conf``, which nobody but the servers may read."""
    lines = "".join(f"{_variable(name)}: {json.dumps(password)}\n" for name, password in sorted(known.items()))
    return f"# {_BY}. Keep it to the servers: chmod 600.\n{lines}"


def names(services: Iterable[Service]) -> tuple[str, ...]:
    """Name everybody who needs a password."""
    return (OPERATOR, PUBLISHER, STORE, ADMINISTRATOR, *(service.name for service in services))


def _user(name: str, permissions: Mapping[str, object] | None = None) -> dict[str, object]:
    plain: dict[str, object] = {"user": name, "password": f"${_variable(name)}"}
    return plain if permissions is None else {**plain, "permissions": dict(permissions)}


def _variable(name: str) -> str:
    return "PASSWORD_" + "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _written(comment: str, settings: Mapping[str, Any], end: str = "", *, begin: str = "") -> str:
    """Write settings in the servers' own form, which takes JSON for what is nested."""
    lines = [f"{name}: {_value(value)}\n" for name, value in settings.items()]
    return f"# {comment}\n{begin}{''.join(lines)}{end}"


def _value(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write a value; a variable stands without quotes, or it would be a password that begins with a dollar sign."""
    return re.sub(r'"([$]PASSWORD_\w+)"', r"\1", json.dumps(value, indent=2))
