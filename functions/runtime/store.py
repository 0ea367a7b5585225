"""The object store as the runtime uses it: conditional writes, reads pinned by ETag, and nothing else.

obstore does the talking: 0.2 ms of CPU a request where boto3 takes 1.4 ms (DECISIONS.md).
"""

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obstore.store import S3Store

from functions.runtime.answers import verdicts
from functions.runtime.configuration import Configuration
from functions.runtime.downloads import save
from functions.runtime.errors import ConflictError, MissingError, Rejected, StoreUnavailableError
from functions.runtime.uploads import Unfinished, Uploads

if TYPE_CHECKING:
    from obstore.store import ClientConfig


SINGLE_PUT_LIMIT = 64 * 2**20
"""Bytes; above it a file is not read into memory, but sent from the disk (``uploads.py``)."""

BULK = 2**18
"""Bytes of an upload from which on it gets more time."""
SILENCE, BULK_SILENCE, LONGEST = timedelta(seconds=10), timedelta(minutes=5), timedelta(hours=6)
"""For how long a store may say nothing, while it is sent something large too, and how long one request may take."""
CLOCK_TRUST = 60.0
"""Seconds that one reading of the store's clock serves."""


@dataclass(frozen=True)
class Stat:
    """What the store knows of one object; ``etag`` has no quotes, ``metadata`` names are in lower case."""

    key: str
    etag: str
    size: int
    modified: datetime
    metadata: Mapping[str, str]
    version_id: str | None = None


class Store:
    """One S3 endpoint with one set of keys; every call is safe from any thread."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._buckets: dict[tuple[str, timedelta], S3Store] = {}
        self._lock = threading.Lock()
        self._clock: tuple[datetime, float] | None = None
        self._uploads = Uploads(configuration)

    def read(self, bucket: str, key: str) -> tuple[bytes, Stat]:
        """Give a small object whole.

        Raises:
            MissingError: It does not exist.
            StoreUnavailableError: The store did not answer.
        """
        with verdicts(bucket, key):
            result = self._bucket(bucket).get(_plain(key))
            return bytes(result.bytes()), _stat(result.meta, result.attributes)

    def part(self, bucket: str, key: str, start: int, end: int, *, etag: str) -> bytes:
        """Give the bytes from ``start`` to before ``end`` (and the object's end) of exactly the version ``etag``.

        Raises:
            MissingError: It does not exist.
            ConflictError: It was overwritten; another version is there now.
        """
        with verdicts(bucket, key):
            wanted: Any = {"range": (start, end), "if_match": f'"{etag}"'}
            return bytes(self._bucket(bucket).get(_plain(key), options=wanted).bytes())

    def stat(self, bucket: str, key: str) -> Stat:
        """Give an object's ETag, size, time and metadata without its content; raises as ``read`` does."""
        with verdicts(bucket, key):
            result = self._bucket(bucket).get(_plain(key), options={"head": True})
            return _stat(result.meta, result.attributes)

    def download(self, bucket: str, key: str, path: Path, *, etag: str, limit: int) -> tuple[Stat, str]:
        """Write exactly the version ``etag`` to ``path``; gives its stat and the SHA-256 of what was read.

        Raises:
            MissingError: It was deleted.
            ConflictError: It was overwritten; another version is there now.
            Rejected: It has more than ``limit`` bytes.
        """
        with verdicts(bucket, key):
            meta, attributes, sha256 = save(self._bucket(bucket), _plain(key), path, etag=etag, limit=limit)
            return _stat(meta, attributes), sha256

    def create(self, bucket: str, key: str, body: bytes | Path, *, metadata: Mapping[str, str] | None = None) -> str:
        """Write an object that must not exist yet, and give its ETag; of many writers at once one wins.

        Raises:
            ConflictError: It exists.
        """
        return self._put(bucket, key, body, metadata, mode="create")

    def replace(
        self, bucket: str, key: str, body: bytes | Path, *, etag: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Overwrite exactly the version ``etag``, and give the new ETag.

        Raises:
            ConflictError: Another version is there now.
        """
        return self._put(bucket, key, body, metadata, mode={"e_tag": f'"{etag}"'})

    def write(self, bucket: str, key: str, body: bytes | Path, *, metadata: Mapping[str, str] | None = None) -> str:
        """Write an object whatever was there, and give its ETag."""
        return self._put(bucket, key, body, metadata, mode="overwrite")

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; it is no error when there is none."""
        with verdicts(bucket, key):
            self._bucket(bucket).delete(_plain(key))

    def delete_version(self, bucket: str, key: str, etag: str) -> bool:
        """Delete exactly the version ``etag``; gives whether it was still there."""
        try:
            if self.stat(bucket, key).etag != etag:
                return False
            self._uploads.delete(bucket, _plain(key), etag)
        except (MissingError, ConflictError):
            return False
        return True

    def list(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[Stat]:
        """Go through the objects below the folder ``prefix``, by key, those behind the key ``after``.

        Their metadata is not read.
        """
        folder = prefix.strip("/")
        yield from self._listed(bucket, folder, f"{folder}/" if folder else "", after)

    def beginning(self, bucket: str, folder: str, name: str) -> Iterator[Stat]:
        """Go through the objects of a folder whose names begin with ``name``, without listing those before them."""
        start = f"{folder}/{name}" if folder else name
        for stat in self._listed(bucket, folder, start, start[:-1]):
            if stat.key.startswith(start):
                yield stat
            elif stat.key > start:
                return

    def _listed(self, bucket: str, folder: str, prefix: str, after: str) -> Iterator[Stat]:
        """List by obstore, and from the first page on that has a key which that cannot parse by boto3."""
        try:
            with verdicts(bucket, folder):
                for page in self._bucket(bucket).list(folder or None, offset=after or None):
                    for meta in page:
                        after = meta["path"]
                        yield _stat(meta, {})
        except StoreUnavailableError as error:
            if "invalid path" not in error.message:
                raise
            for each in self._uploads.listed(bucket, prefix, after=after):
                etag = each["ETag"].strip('"')
                yield Stat(each["Key"], etag, each["Size"], each["LastModified"], {})

    def age(self, bucket: str, stat: Stat) -> timedelta:
        """Tell how old an object is by the store's own clock, whatever this machine's says; right to a second."""
        return self._now(bucket) - stat.modified

    def abandoned(self, bucket: str, prefix: str, older: timedelta) -> Iterator[Unfinished]:
        """Go through the uploads in parts below ``prefix`` that were begun longer ago than ``older``.

        Somebody may still be at it: an upload of 640 GB takes its time.
        """
        before = self._now(self._configuration.ledger) - older
        return (upload for upload in self._uploads.unfinished(bucket, prefix) if upload.begun < before)

    def abort(self, upload: Unfinished) -> None:
        """Throw away the parts of an upload that nobody finishes."""
        self._uploads.abort(upload)

    def _now(self, bucket: str) -> datetime:
        with self._lock:
            offset = self._clock
        if offset is None or time.monotonic() - offset[1] > CLOCK_TRUST:
            offset = self._read_clock(bucket)
            with self._lock:
                self._clock = offset
        store_time, read_at = offset
        return store_time + timedelta(seconds=time.monotonic() - read_at)

    def _read_clock(self, bucket: str) -> tuple[datetime, float]:
        """Write an object of our own to see the store's time; two writers of one key make SeaweedFS wait a second."""
        key = f"clock/{uuid.uuid4().hex}"
        self.write(bucket, key, b"")
        read_at = time.monotonic()  # late rather than early: no lease may look older than it is
        modified = self.stat(bucket, key).modified
        self.delete(bucket, key)
        return modified, read_at

    def _put(self, bucket: str, key: str, body: bytes | Path, metadata: Mapping[str, str] | None, *, mode: Any) -> str:  # noqa: ANN401 - obstore's own union
        if isinstance(body, Path) and body.stat().st_size > SINGLE_PUT_LIMIT:
            return self._uploads.send(bucket, _plain(key), body, metadata=metadata or {}, condition=_condition(mode))
        with verdicts(bucket, key):
            content = body.read_bytes() if isinstance(body, Path) else body
            attributes = dict(metadata or {})
            silence = BULK_SILENCE if len(content) > BULK else SILENCE
            result = self._bucket(bucket, silence).put(
                _plain(key), content, attributes=attributes, mode=mode, use_multipart=False
            )
            return (result["e_tag"] or "").strip('"')

    def _bucket(self, name: str, silence: timedelta = SILENCE) -> S3Store:
        with self._lock:
            if (name, silence) not in self._buckets:
                self._buckets[name, silence] = self._connect(name, silence)
            return self._buckets[name, silence]

    def _connect(self, bucket: str, silence: timedelta) -> S3Store:
        given = self._configuration
        options: dict[str, Any] = {"region": given.store_region}
        trusted: ClientConfig = {"root_certificate": given.store_ca.read_bytes()} if given.store_ca else {}
        if given.store_url:
            options |= {"endpoint": given.store_url, "virtual_hosted_style_request": False}
        if given.store_access_key:
            options["access_key_id"] = given.store_access_key
            options["secret_access_key"] = given.store_secret_key.get_secret_value()
        return S3Store(
            bucket,
            client_options={
                "allow_http": given.store_url.startswith("http://"),
                "read_timeout": silence,
                "timeout": LONGEST,
                **trusted,
            },
            # The broker delivers again; long retries in here would only hide that from it.
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
            **options,
        )


def _condition(mode: Any) -> dict[str, str]:  # noqa: ANN401
    """Say in S3's words what obstore's ``mode`` says."""
    if mode == "overwrite":
        return {}
    return {"IfNoneMatch": "*"} if mode == "create" else {"IfMatch": mode["e_tag"]}


def _plain(key: str) -> str:
    """Refuse what a store or a client would silently turn into another key (measured: ``a//b``, ``a/``, ``../a``)."""
    parts = key.split("/")
    if not all(parts) or "." in parts or ".." in parts:
        raise Rejected(
            f"the key {key!r} has an empty, '.' or '..' part, which stores read as another key",
            hint="upload the object again under a key without it",
        )
    return key


def _stat(meta: Any, attributes: Mapping[Any, str]) -> Stat:  # noqa: ANN401 - obstore's ObjectMeta
    return Stat(
        key=meta["path"],
        etag=(meta["e_tag"] or "").strip('"'),
        size=meta["size"],
        modified=meta["last_modified"],
        metadata={str(name).lower(): value for name, value in attributes.items()},
        version_id=meta["version"],
    )
