"""OSCAR as it is documented, with jobs by its real supervisor: services, buckets, secrets, ``/job`` and ``/run``.

A server of OSCAR wants a Kubernetes and is not to be had here. This one answers as grycap/oscar 7ade09ee does; its
MinIO is a real store of another make, whose new objects are announced to ``/job/SERVICE`` as by MinIO's webhook target.
"""

import secrets
import tempfile
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events import ObjectCreated
from events.wire import announcement, minio_document
from tests.pipeline.oscar_cluster import OscarCluster
from tests.pipeline.oscar_jobs import OscarJob
from tests.pipeline.oscar_pods import Pod

HIDDEN = "hidden"
"""What every service has for the default store's keys (checkValues in pkg/handlers/create.go)."""


@dataclass
class OscarPlatform(OscarCluster):
    """A cluster, whose services have tokens and run in pods.

    Attributes:
        answers: Status of each answer to the store's own calls.
    """

    answers: list[int] = field(default_factory=list)

    def change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Do what is asked, as OSCAR; a service has a token from its beginning to its end."""
        old = self.services.get(body["name"], {}) if body and "name" in body else {}
        status, found = super().change(method, path, body)
        if status < 300 and body and body.get("name") in self.services:
            self.services[body["name"]] = {
                **self.services[body["name"]],
                "token": old.get("token") or secrets.token_hex(32),
                "owner": "cluster_admin",
                "storage_providers": self._providers(body),
            }
        return status, found

    def invoke(self, path: str, authorization: str, body: bytes) -> tuple[int, Any]:
        """Make a job of a document, or run it and answer with what it prints."""
        _, kind, name = path.split("/", 2)
        service = self.services.get(name)
        if service is None:
            return 404, None
        if authorization != f"Bearer {service['token']}":
            return 401, None
        pod = Pod(
            f"{name[:16]}-{uuid.uuid4()}",
            service,
            *_object(body),
            event=body,
            secrets=self.secrets.get(name, {}),
            keys=(self.keys.access_key, self.keys.secret_key),
        )
        if kind == "run":
            with tempfile.TemporaryDirectory(prefix="pod-") as folder:
                return 200, pod.call(Path(folder))
        super()._begin(pod)
        return 201, None

    def _bucket(self, name: str) -> tuple[int, Any]:
        status, found = super()._bucket(name)
        if status == 201:
            self.s3.create_bucket(Bucket=name)
        return status, found

    def _begin(self, job: OscarJob) -> None:
        """Tell OSCAR of an object, as the store's webhook does."""
        there = self.s3.head_object(Bucket=job.bucket, Key=job.key)
        event = ObjectCreated(
            bucket=job.bucket,
            key=job.key,
            etag=there["ETag"].strip('"'),
            size=there["ContentLength"],
            time=there["LastModified"],
            source="minio:s3",
        )
        name = job.service["name"]
        request = urllib.request.Request(f"{self.endpoint}/job/{name}", minio_document(event), method="POST")
        request.add_header("Authorization", f"Bearer {self.services[name]['token']}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.answers.append(answer.status)

    def _providers(self, body: dict[str, Any]) -> dict[str, Any]:
        given = body.get("storage_providers") or {}
        own = {"endpoint": self.weed.endpoint, "verify": False, "region": "us-east-1"}
        minio = {**(given.get("minio") or {}), "default": {**own, "access_key": HIDDEN, "secret_key": HIDDEN}}
        return {**given, "minio": minio}


def _object(body: bytes) -> tuple[str, str]:
    """Give bucket and key for the job's list; it is the supervisor that reads the document."""
    event = next(iter(announcement(body).events), None)
    return (event.bucket, event.key) if event else ("", "")
