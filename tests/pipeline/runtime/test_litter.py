"""What uploads leave that were cut off in the middle is thrown away once it is old."""

from datetime import timedelta

import boto3

from functions.runtime.configuration import Configuration
from functions.runtime.keeping import cancel_key, checkpoint_key
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
    litter = Litter(bench.store, [bench.service], given.ledger)

    counts = [
        litter.sweep(),
        litter.sweep(every=0),
        litter.sweep(every=0, old=timedelta(seconds=-60)),
    ]

    left = s3.list_multipart_uploads(Bucket="outbox", Prefix=bench.folder).get("Uploads", [])
    s3.close()
    assert counts == [0, 0, 1]
    assert [each["Key"] for each in left] == [f"{folders[1]}/large.bin"]


def test_what_an_ended_run_has_kept_is_thrown_away_and_what_a_waiting_one_has_is_not(
    bench: Bench, given: Configuration
) -> None:
    ended = bench.engine.process(bench.put("a.txt", b"hello")).run
    waiting = bench.engine.process(bench.put("b.txt", b"try again")).run
    assert ended
    assert waiting
    for run in (ended, waiting):
        bench.store.write(given.ledger, checkpoint_key(run.name), b"kept")
        bench.store.write(given.ledger, cancel_key(run.name), b"")
    litter = Litter(bench.store, [bench.service], given.ledger)

    counts = [litter.sweep(every=0), litter.sweep(every=0, old=timedelta(seconds=-60))]

    assert counts == [0, 2]
    left = {stat.key for stat in bench.store.list(given.ledger, bench.service.name)}
    assert left == {f"{ended.name}.json", *(f"{waiting.name}{end}" for end in (".json", ".checkpoint", ".cancel"))}
