"""What uploads leave that were cut off in the middle is thrown away once it is old."""

from datetime import timedelta

import boto3

from functions.runtime.configuration import Configuration
from local.litter import Litter
from tests.pipeline.runtime.conftest import Bench


def test_parts_below_an_output_are_thrown_away_when_they_are_old_and_no_others(
    bench: Bench, given: Configuration
) -> None:
    secret = given.store_secret_key.get_secret_value()
    s3 = boto3.client(
        "s3",
        endpoint_url=given.store_url,
        region_name="us-east-1",
        aws_access_key_id=given.store_access_key,
        aws_secret_access_key=secret,
    )
    folders = (bench.folder, f"{bench.folder}-elsewhere")
    for folder in folders:
        key = f"{folder}/large.bin"
        upload = s3.create_multipart_upload(Bucket="outbox", Key=key)["UploadId"]
        s3.upload_part(Bucket="outbox", Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 1024)
    litter = Litter(bench.store, [bench.service])

    counts = [
        litter.sweep(),
        litter.sweep(every=0),
        litter.sweep(every=0, old=timedelta(seconds=-60)),
    ]

    left = s3.list_multipart_uploads(Bucket="outbox", Prefix=bench.folder).get("Uploads", [])
    s3.close()
    assert counts == [0, 0, 1]
    assert [each["Key"] for each in left] == [f"{folders[1]}/large.bin"]
