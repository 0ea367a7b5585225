"""Knative's HTTP: CloudEvents in, and a client that goes by the rule of the NatsJetStreamBroker.

Observed of the real queue-proxy: with a concurrency limit it holds requests back, passes 4xx and 5xx through
unchanged, and over its time limit answers 504 and closes the connection, while the function's work goes on.
"""

import http.client
import json
import sys
import time
import uuid
from collections.abc import Mapping

from local.ports import free_port
from tests.contract.driver import Answer, begin, kill
from tests.contract.world import SERVICE, World

AGAIN = {408, 429}
"""Statuses below 500 for which a broker delivers again (knative/eventing, pkg/kncloudevents)."""
HASTE = 0.2
"""Share of ``Retry-After`` that is waited for: HTTP has whole seconds only, and the runtime's patience is shorter."""


class KnativeDriver:
    """A server, and whoever posts to it."""

    host = "knative"
    width = 4

    def __init__(self, world: World, **environ: str) -> None:
        self.port = free_port()
        self.log = world.folder / f"knative-{self.port}.log"
        self._command = [
            sys.executable,
            "-m",
            "functions.runtime.hosts.knative",
            str(world.pipeline_file("knative")),
            SERVICE,
        ]
        self._environ = {**world.environ("knative"), "PORT": str(self.port), "PATH": "/usr/bin:/bin", **environ}
        self.start()

    def start(self) -> None:
        """Start the server, for the first time or again."""
        self.process = begin(self._command, self._environ, log=self.log)
        self._await_ready()

    def lose(self) -> None:
        """Let the machine fail, and another one take its place."""
        kill(self.process)
        self.start()

    def deliver(self, document: bytes) -> Answer:
        """Post until the answer is no request for another time."""
        for times in range(1, 100):
            status, headers, body = self.post(document)
            if status < 500 and status not in AGAIN:
                assert 200 <= status < 300, (status, body)
                assert body == b""  # else a broker would take it for a failure
                return Answer(headers["noria-verdict"], times)
            assert (status, body[:1]) == (503, b"{"), (status, body)
            time.sleep(int(headers["retry-after"]) * HASTE)
        raise AssertionError(f"never at its end: {status} {body!r}")

    def post(self, document: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Make one request, a CloudEvent in binary mode unless headers are given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/", document, dict(cloudevent(document) if headers is None else headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> int:
        """Ask a probe's question."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert self.get("/readyz") == 204
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                return

    def close(self) -> None:
        """End the server."""
        kill(self.process)


def cloudevent(document: bytes) -> dict[str, str]:
    """Give the headers that whoever makes CloudEvents of notifications puts before one."""
    try:
        parsed = json.loads(document)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict) and "specversion" in parsed:
        return {"content-type": "application/cloudevents+json"}
    return {
        "ce-specversion": "1.0",
        "ce-id": str(uuid.uuid4()),
        "ce-source": "minio:s3..contract-in",
        "ce-type": "com.amazonaws.s3.ObjectCreated:Put",
        "content-type": "application/json",
    }
