"""The only code that reads or writes S3, MinIO and CloudEvents JSON."""

from events.wire.reader import Announcement, announcement, read
from events.wire.writer import cloudevent, http_cloudevent, minio_document, s3_document, s3_record

__all__ = [
    "Announcement",
    "announcement",
    "cloudevent",
    "http_cloudevent",
    "minio_document",
    "read",
    "s3_document",
    "s3_record",
]
