"""From the filer's metadata log to what S3 would have announced.

SeaweedFS has no bucket notifications. Its log tells which entry was written, not which S3 call did it; the difference
between the old and the new entry does.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from events import ObjectCreated
from local.publisher.filer_pb2 import Entry, EventNotification, FileChunk

PUT: Final = "s3:ObjectCreated:Put"
COPY: Final = "s3:ObjectCreated:Copy"
COMPLETE: Final = "s3:ObjectCreated:CompleteMultipartUpload"
TAGGING: Final = "s3:ObjectCreated:PutTagging"
UNTAGGING: Final = "s3:ObjectCreated:DeleteTagging"
LEGAL_HOLD: Final = "s3:ObjectCreated:PutLegalHold"
RETENTION: Final = "s3:ObjectCreated:PutRetention"
DELETE: Final = "s3:ObjectRemoved:Delete"
DELETE_MARKER: Final = "s3:ObjectRemoved:DeleteMarkerCreated"

# New content only. A function that tags its own input would fire itself if tags were announced, and removals cannot be
# had back from a crashed store's log, so announcing them would be a promise half kept.
ANNOUNCED: Final = frozenset({PUT, COPY, COMPLETE})

BUCKETS = "/buckets/"
VERSIONS = ".versions"
UPLOADS = ".uploads"  # parts of an upload that is not complete

ETAG = "Seaweed-X-Amz-ETag"
VERSION_ID = "Seaweed-X-Amz-Version-Id"
IS_DELETE_MARKER = "Seaweed-X-Amz-Delete-Marker"
PARTS = "X-Seaweedfs-Multipart-Parts-Count"
HOLD = "Seaweed-X-Amz-Legal-Hold"
UNTIL = "Seaweed-X-Amz-Retention-Until-Date"
TAG = "X-Amz-Tagging-"
USER_METADATA = "X-Amz-Meta-"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """One S3 action: MinIO's name for it, the object, and an id that is the same however often this is seen."""

    name: str
    event: ObjectCreated
    id: str


def change(directory: str, notification: EventNotification, ts_ns: int) -> Change | None:
    """The S3 action behind one entry of the log; None when there is none (folders, parts, bookkeeping)."""
    old = notification.old_entry if notification.HasField("old_entry") else None
    new = notification.new_entry if notification.HasField("new_entry") else None
    entry = new or old
    if entry is None or entry.is_directory:
        return None
    return _understood(notification.new_parent_path or directory, entry, _name(old, new), ts_ns)


def existing(directory: str, entry: Entry) -> Change | None:
    """The action that made an entry found in the store; its id is that of the log's entry for the same content."""
    if entry.is_directory or IS_DELETE_MARKER in entry.extended:
        return None
    # The attribute has whole seconds; the last chunk was written a moment before the entry.
    written_ns = max((chunk.modified_ts_ns for chunk in entry.chunks), default=0)
    return _understood(directory, entry, _name(None, entry), max(written_ns, entry.attributes.mtime * 10**9))


def _understood(directory: str, entry: Entry, name: str | None, ts_ns: int) -> Change | None:
    """The change, if it is one; an entry that no object can have is reported, and does not stop those behind it."""
    try:
        place = _place(directory, entry)
        return _change(name, place, entry, ts_ns) if name and place else None
    except (ValueError, OverflowError) as error:
        log.error("not understood", extra={"folder": directory, "entry": entry.name, "error": str(error)})
        return None


def _name(old: Entry | None, new: Entry | None) -> str | None:
    """MinIO's name for turning ``old`` into ``new``."""
    if new is None:
        return DELETE
    if IS_DELETE_MARKER in new.extended:
        return DELETE_MARKER if old is None else None
    written = COMPLETE if PARTS in new.extended else PUT
    if old is None or _chunks(old) != _chunks(new):
        return written
    return _name_of_update(old, new, written)


def _name_of_update(old: Entry, new: Entry, written: str) -> str | None:
    """The same, when the content lies where it lay."""
    # A lock and its end change the time, too (and make weed forget the content type).
    for name, lock in ((LEGAL_HOLD, HOLD), (RETENTION, UNTIL)):
        if old.extended.get(lock) != new.extended.get(lock):
            return name
    if old.attributes.mtime != new.attributes.mtime:
        return COPY if new.chunks else written  # an empty object has no chunks to tell a copy to itself from a new one
    tags = dict(_extended(new, TAG))
    if dict(_extended(old, TAG)) != tags:
        return TAGGING if tags else UNTAGGING
    described = (new.attributes.mime, dict(_extended(new, USER_METADATA)))
    if (old.attributes.mime, dict(_extended(old, USER_METADATA))) != described:
        return COPY
    return None  # a newer version pushed this one back


def _place(directory: str, entry: Entry) -> tuple[str, str, str | None] | None:
    """Bucket, key and version id of an entry; None when it is no object."""
    if not directory.startswith(BUCKETS):
        return None
    bucket, _, folder = directory.removeprefix(BUCKETS).partition("/")
    if bucket.startswith(".") or folder.partition("/")[0] == UPLOADS:
        return None
    version_id = entry.extended[VERSION_ID].decode() if VERSION_ID in entry.extended else None
    if version_id and folder.endswith(VERSIONS) and entry.name == f"v_{version_id}":
        return bucket, folder.removesuffix(VERSIONS), version_id
    # The version "null" is overwritten in place: naming it would pin nothing.
    return bucket, f"{folder}/{entry.name}" if folder else entry.name, None


def _change(name: str, place: tuple[str, str, str | None], entry: Entry, ts_ns: int) -> Change:
    bucket, key, version_id = place
    event = ObjectCreated(
        bucket=bucket,
        key=key,
        etag=_etag(entry),
        size=entry.attributes.file_size,
        version_id=version_id,
        time=datetime.fromtimestamp(ts_ns / 1e9, UTC),
        sequencer=f"{ts_ns:X}",
        source="minio:s3",
        content_type=entry.attributes.mime,
        metadata={field.lower(): value.decode(errors="replace") for field, value in _extended(entry, USER_METADATA)},
    )
    state = _chunks(entry) or [f"{entry.attributes.mtime}", event.etag]
    again = [COPY, f"{entry.attributes.mtime}"] if name == COPY else []
    # An unprintable separator: no two different lists may read the same when joined.
    identity = "\x1f".join([bucket, key, version_id or "", *state, *again])
    return Change(name, event, hashlib.sha256(identity.encode()).hexdigest()[:32])


def _etag(entry: Entry) -> str:
    """The ETag as HEAD gives it, without quotes."""
    if ETAG in entry.extended:
        return entry.extended[ETAG].decode().strip('"')
    return entry.attributes.md5.hex()


def _chunks(entry: Entry) -> list[str]:
    """Where the content lies, which changes whenever it is written: the log and the store name it differently."""
    return sorted(_file_id(chunk) for chunk in entry.chunks)


def _file_id(chunk: FileChunk) -> str:
    if not chunk.HasField("fid"):
        return chunk.file_id
    return f"{chunk.fid.volume_id},{chunk.fid.file_key:x}{chunk.fid.cookie:08x}"


def _extended(entry: Entry, prefix: str) -> Iterator[tuple[str, bytes]]:
    for name, value in entry.extended.items():
        if name.startswith(prefix):
            yield name.removeprefix(prefix), value
