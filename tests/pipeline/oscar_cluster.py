"""A small cluster of OSCAR: its interface (grycap/oscar 7ade09ee), a real store as its MinIO, and jobs that really run.

What is left out: users, quotas, synchronous calls. Notifications are found by looking at the store.
"""

import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.exceptions import ClientError

from local.weed import Identity, Weed
from tests.pipeline.oscar_jobs import OscarJob
from tests.unit.provisioning.oscar_rules import buckets_of
from tests.unit.provisioning.oscar_server import Oscar, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = 3
"""Jobs of one answer; OSCAR's own default is 70."""
PAUSE = 0.05
AnyCluster = TypeVar("AnyCluster", bound="OscarCluster")


@dataclass
class OscarCluster(Oscar):
    """A cluster and what runs there.

    Attributes:
        weed: Its store.
        keys: What opens it.
        yunikorn: Whether it keeps services to their ``total_cpu``.
    """

    weed: Weed = field(kw_only=True)
    keys: Identity = field(kw_only=True)
    yunikorn: bool = True
    _jobs: dict[str, dict[str, OscarJob]] = field(default_factory=dict)
    _seen: set[tuple[str, str, str, str]] = field(default_factory=set)
    _pools: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def s3(self) -> "S3Client":
        """A client of the cluster's store."""
        return client(self.weed.endpoint, self.keys.access_key, self.keys.secret_key)

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        """Answer what is asked."""
        if path == "/system/buckets":
            self.buckets = self._there()
        return super().get(path, query)

    def _config(self) -> dict[str, Any]:
        store = {"endpoint": self.store, "verify": False, "region": "us-east-1"}
        keys = {"access_key": self.keys.access_key, "secret_key": self.keys.secret_key}
        return {"config": {"name": "oscar", "yunikorn_enable": self.yunikorn}, "minio_provider": store | keys}

    def _log(self, service: str, job: str = "", *, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        """Answer with the jobs from a number on, or with what one of them has said."""
        jobs = self._jobs.get(service, {})
        if job:
            timestamps = query.get("timestamps") == ["true"]
            return (200, jobs[job].log(timestamps=timestamps)) if job in jobs else (404, None)
        begin = int((query.get("page") or ["0"])[0] or 0)
        shown = {name: job.state for name, job in list(jobs.items())[begin : begin + PAGE]}
        more = {"next_page": str(begin + PAGE)} if begin + PAGE < len(jobs) else {}
        return 200, {"jobs": shown, **more}

    def change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Do what is asked: as OSCAR, with folders that are made, and with a deleted service's buckets."""
        self.buckets = self._there()
        return super().change(method, path, body)

    def _change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        old = self.services.get(path.rpartition("/")[2])
        status, found = super()._change(method, path, body)
        if method == "POST" and body["name"] in self.services:  # a change of total_cpu has no effect
            total = body.get("total_cpu") if self.yunikorn else None
            self._pools[body["name"]] = ThreadPoolExecutor(round(float(total or 8) / float(body["cpu"])))
        elif status < 300 and old:
            self._forget(old["name"])
            for bucket in buckets_of(old):
                remove(self.s3, bucket)
        return status, found

    def _make_buckets(self, service: dict[str, Any]) -> None:
        """Make what is missing in the real store, too."""
        super()._make_buckets(service)
        for bucket in buckets_of(service):
            make(self.s3, bucket)

    def _there(self) -> dict[str, list[str]]:
        return {each["Name"]: [] for each in self.s3.list_buckets()["Buckets"]}

    def work(self) -> None:
        """Make a job of each object that is new where a service reads, until ``close``."""
        while not self._over.wait(PAUSE):
            for service in list(self.services.values()):
                for bucket, told in list(self.told.items()):
                    for each in [one for one in told if one.arn.split(":")[4] == service["name"]]:
                        self._notify(service, bucket, each.prefix.rstrip("/"))

    def close(self) -> None:
        """Let all jobs end."""
        self._over.set()
        for name in list(self._jobs):
            self._forget(name)

    def _notify(self, service: dict[str, Any], bucket: str, prefix: str = "") -> None:
        try:
            objects = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/" if prefix else "")
        except ClientError:
            return  # it went away this moment
        for each in sorted(objects.get("Contents", ()), key=lambda one: one["LastModified"]):
            mark = (service["name"], bucket, each["Key"], each["ETag"])
            if mark not in self._seen:
                self._seen.add(mark)
                self._begin(OscarJob(f"{service['name'][:16]}-{uuid.uuid4()}", service, bucket, each["Key"]))

    def _begin(self, job: OscarJob) -> None:
        name = job.service["name"]
        self._jobs.setdefault(name, {})[job.name] = job
        providers = (job.service.get("storage_providers") or {}).get("minio") or {}
        others = {
            key: client(each["endpoint"], each["access_key"], each["secret_key"]) for key, each in providers.items()
        }
        self._pools[name].submit(self._run, job, others)

    def _run(self, job: OscarJob, others: "dict[str, S3Client]") -> None:
        job.run(self.s3, others)

    def _forget(self, service: str) -> None:
        for job in self._jobs.pop(service, {}).values():
            if job.process:
                job.process.kill()
        if service in self._pools:
            self._pools[service].shutdown(wait=False, cancel_futures=True)
            width = self._pools[service]._max_workers
            self._pools[service] = ThreadPoolExecutor(width)


@cache
def client(endpoint: str, access_key: str, secret_key: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
    )


def make(s3: "S3Client", bucket: str) -> None:
    """Make a bucket that is there or not."""
    try:
        s3.create_bucket(Bucket=bucket)
    except ClientError as error:
        if "BucketAlready" not in error.response["Error"].get("Code", ""):
            raise


def remove(s3: "S3Client", bucket: str) -> None:
    """Remove a bucket with all that is in it, as OSCAR does."""
    try:
        while objects := s3.list_objects_v2(Bucket=bucket).get("Contents"):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": each["Key"]} for each in objects]})
        s3.delete_bucket(Bucket=bucket)
    except ClientError:
        return  # another service had it too


@contextmanager
def oscar_cluster(kind: type[AnyCluster], folder: Path, *users: Identity) -> Iterator[AnyCluster]:
    """A cluster of that kind with a store of its own in ``folder``, whose users are those."""
    keys = Identity.generate("minio", ["Admin"])
    weed = Weed(folder, [keys, *users], dies_with_parent=True)
    weed.start()
    try:
        weed.wait_until_ready()
        cluster = kind(weed=weed, keys=keys, store=weed.endpoint)
        thread = threading.Thread(target=cluster.work, daemon=True)
        with running(cluster):
            thread.start()
            try:
                yield cluster
            finally:
                cluster.close()
                thread.join()
    finally:
        weed.kill()
