"""Announce the objects of a bucket as MinIO would: one document a line on stdout, or published to a NATS JetStream.

  python -m events.scripts.announce_objects photos/in/ --endpoint http://127.0.0.1:9000 > recorded.jsonl
  python -m events.scripts.announce_objects photos --nats nats://127.0.0.1:4222 --user me --password-file secret

Keys come from the environment, as boto3 reads them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE,
AWS_ENDPOINT_URL); AWS_CA_BUNDLE names who signs the store's certificate, SSL_CERT_FILE the broker's.

Exit codes: 0 done, 2 wrong usage, 3 the store refuses, 4 the store or the broker is away, or no stream takes the event.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from events import ObjectCreated, wire
from events.scripts.courier import DONE, REJECTED, UNAVAILABLE, CourierError, add_options, publish, say

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def listed(s3: "S3Client", bucket: str, prefix: str) -> Iterator[ObjectCreated]:
    """Go through the objects as events; a console's empty folders are none."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", []):
            if one["Size"] or not one["Key"].endswith("/"):
                etag, time = one["ETag"].strip('"'), one["LastModified"]
                yield ObjectCreated(bucket=bucket, key=one["Key"], etag=etag, size=one["Size"], time=time)


def write(events: Iterator[ObjectCreated]) -> int:
    """Write each event as a line on stdout, and give how many."""
    out = sys.stdout.buffer
    count = sum(bool(out.write(wire.minio_document(event) + b"\n")) for event in events)
    out.flush()
    return count


def main() -> int:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser(
        prog="announce_objects", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", metavar="BUCKET[/PREFIX]", help="what to announce")
    parser.add_argument("--endpoint", metavar="URL", help="the store, if it is not AWS")
    parser.add_argument("--region", help="the store's region (us-east-1)")
    add_options(parser, required=False)
    given = parser.parse_args()
    bucket, _, prefix = given.address.removeprefix("s3://").partition("/")
    config = Config(s3={"addressing_style": "path"}) if given.endpoint else None
    try:
        s3 = boto3.client("s3", endpoint_url=given.endpoint, region_name=given.region or "us-east-1", config=config)
        events = listed(s3, bucket, prefix)
        if given.nats:
            count = publish(events, given)
            say(f"{count['published']} published, {count['known']} known to the broker")
        else:
            say(f"{write(events)} announced")
    except ClientError as error:
        say(f"error: the store refuses {bucket}: {error.response.get('Error', {}).get('Code', 'no reason')}")
        return REJECTED
    except (BotoCoreError, CourierError, ValueError) as error:
        say(f"error: {error}")
        return UNAVAILABLE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
