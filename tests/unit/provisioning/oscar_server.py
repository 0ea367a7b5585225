"""A server that answers as OSCAR does (grycap/oscar 7ade09ee), as far as services, jobs and buckets go."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.listening import Listener, listening
from tests.unit.provisioning.minio_admin import Admin
from tests.unit.provisioning.minio_server import Told, minio
from tests.unit.provisioning.oscar_rules import buckets_of, kept, refusal, secrets_of

USER, PASSWORD = "oscar", "the password"


@dataclass
class Oscar:
    """What the cluster has.

    Attributes:
        buckets: Name -> its objects.
        jobs: Service -> pages of the phases of its jobs.
        broken: Status of every answer from now on, if one.
        breaks_after: Changes until it is broken, the last of them done and answered.
        echoes: It refuses what is sent, and says in full what that was.
        keeps: Folders stay with a service that is changed.
        scolds: A change answers that it failed, and is done all the same.
        store: Where its MinIO is.
        told: Bucket -> who is told of its new objects.
        odd: What it answers to each question instead, if anything.
        asked: Method, path and body of each request that changed something.
        secrets: Service -> the values that its pods get as variables, which no answer shows.
        admin: Whom its MinIO knows.
        refused: Service -> status and words with which it is refused, whatever it says.
    """

    endpoint: str = ""
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    buckets: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[str, list[list[str]]] = field(default_factory=dict)
    broken: int = 0
    breaks_after: int = 0
    echoes: bool = False
    keeps: bool = False
    scolds: bool = False
    store: str = ""
    told: dict[str, list[Told]] = field(default_factory=dict)
    odd: Any = None
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    admin: Admin = field(default_factory=Admin)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        kind, *name = path.removeprefix("/system/").split("/")
        if self.odd is not None:
            return 200, self.odd
        if kind == "config":
            return 200, self._config()
        if kind == "buckets":
            return 200, [{"bucket_name": each, "visibility": "private"} for each in self.buckets]
        if kind == "services" and not name:
            return 200, list(self.services.values())
        if not name or name[0] not in self.services:
            return 404, None
        if kind == "services":
            return 200, self.services[name[0]]
        return self._log(*name, query=query)

    def change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.asked.append((method, path, body))
        if len(self.asked) == self.breaks_after:
            self.broken = 503
        if self.echoes:
            return 400, {"error": "the service is not valid", "service": body}
        if path == "/system/buckets":
            return self._bucket(body["bucket_name"])
        if path.startswith("/system/logs/"):
            self._forget(path.rpartition("/")[2])
            return 204, None
        return self._change(method, path, body)

    def _config(self) -> dict[str, Any]:
        keys = {"access_key": "minio", "secret_key": "the key", "region": "us-east-1"}
        return {"config": {}, "minio_provider": {"endpoint": self.store, **keys}}

    def _log(self, service: str, job: str = "", *, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        """Answer with a page of a service's jobs; there is no log of any of them."""
        if job:
            return 404, None
        pages = self.jobs.get(service, [[]])
        number = int(query.get("page", ["0"])[0])
        jobs = {f"{service}-{number}-{index}": {"status": each} for index, each in enumerate(pages[number])}
        return 200, {"jobs": jobs, "next_page": str(number + 1) if number + 1 < len(pages) else ""}

    def _forget(self, service: str) -> None:
        """Delete a service's jobs."""
        self.jobs.pop(service, None)

    def _change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        name = body["name"] if body else path.rpartition("/")[2]
        if method == "POST" and (given := secrets_of(body)):
            if name in self.secrets:
                return 409, "A secret with the given name already exists"
            self.secrets[name] = given  # and it stays, whatever is refused now
        if body and (refused := self.refused.get(name) or refusal(body)):
            return refused
        if (method == "POST") == (name in self.services):
            return (400, "A service with the provided name already exists") if method == "POST" else (404, None)
        if method == "DELETE":
            self._remove(name)
            return 204, None
        if method == "POST" and (there := [each for each in buckets_of(body) if each in self.buckets]):
            return 500, f'the bucket "{there[0]}" already exists'
        shown = kept(body)
        self.services[name] = shown | {"input": self.services[name]["input"]} if self.keeps else shown
        if given := secrets_of(body):
            self.secrets[name] = given
        self._make_buckets(body)
        if self.scolds and method == "PUT":
            return 500, "error creating/adding MinIO policy for user/group : it has no name"
        return (201, None) if method == "POST" else (204, None)

    def triggers(self, bucket: str, key: str) -> list[str]:
        """Name the services that are told of a new object."""
        told = [each.arn.split(":")[4] for each in self.told.get(bucket, []) if key.startswith(each.prefix)]
        return [name for name in told if name in self.services]

    def invoke(self, path: str, authorization: str, body: bytes) -> tuple[int, Any]:
        """Answer ``/job/SERVICE`` and ``/run/SERVICE``, which a service's own token opens."""
        return 404, None

    def _remove(self, name: str) -> None:
        self.secrets.pop(name, None)
        for bucket in buckets_of(self.services.pop(name)):
            self.buckets.pop(bucket, None)  # with all that is in it, as OSCAR does
            self.told.pop(bucket, None)

    def _bucket(self, name: str) -> tuple[int, Any]:
        if name in self.buckets:
            return 400, f"Error creating bucket with name '{name}': the bucket \"{name}\" already exists"
        self.buckets[name] = []
        return 201, None

    def _make_buckets(self, service: dict[str, Any]) -> None:
        """Make what is missing; it is told of new objects in those that it has just made."""
        read = {each["path"].partition("/")[0]: each["path"] for each in service.get("input") or ()}
        for bucket in buckets_of(service):
            if bucket not in self.buckets:
                self.buckets[bucket] = []
                if bucket in read:
                    arn = f"arn:{self.admin.make}:sqs:us-east-1:{service['name']}:webhook"
                    self.told.setdefault(bucket, []).append(Told(arn, f"{read[bucket].partition('/')[2]}/"))


@contextmanager
def running(given: Oscar | None = None) -> Iterator[Oscar]:
    """A server on a port of this machine."""
    oscar = given or Oscar()
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(Listener):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            address = urlsplit(self.path)
            if address.path.startswith(("/job/", "/run/")):
                self._give(*oscar.invoke(address.path, self.headers.get("Authorization") or "", content))
                return
            body = json.loads(content) if content else None
            if self.headers.get("Authorization") != expected:
                status, found = 401, None
            elif oscar.broken:
                status, found = oscar.broken, "it is broken"
            elif self.command == "GET":
                status, found = oscar.get(address.path, parse_qs(address.query))
            else:
                status, found = oscar.change(self.command, address.path, body)
            self._give(status, found)

        def _give(self, status: int, found: Any) -> None:
            text = b"" if found is None else found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with (
        listening(Handler) as oscar.endpoint,
        minio(oscar.told, before=oscar.store, admin=oscar.admin) as oscar.store,
    ):
        yield oscar
