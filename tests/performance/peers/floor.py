"""The floor: get, put, acknowledge, no promise. ``python -m tests.performance.peers.floor obstore|boto3``."""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import obstore
from nats.aio.msg import Msg
from obstore.store import S3Store

from tests.performance.copying import stamped
from tests.performance.peers.given import CONCURRENCY, Given, key_of, output_of
from tests.performance.peers.pulling import pull


def bucket(given: Given, name: str) -> S3Store:
    """Connect obstore, the client that noria uses, to a bucket."""
    return S3Store(
        name,
        endpoint=given.store_url,
        region="us-east-1",
        access_key_id=given.access_key,
        secret_access_key=given.secret_key,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


async def with_obstore(given: Given) -> None:
    """Do it without a thread."""
    source, target = bucket(given, given.source), bucket(given, given.target)

    async def handle(message: Msg) -> None:
        began = time.time()
        key = key_of(message.data)
        content = await (await obstore.get_async(source, key)).bytes_async()
        await obstore.put_async(target, output_of(key), stamped(began, bytes(content)), use_multipart=False)
        await message.ack()

    await pull(given, CONCURRENCY, handle)


async def with_boto3(given: Given) -> None:
    """Do it in threads, for boto3 blocks."""
    s3 = given.s3()
    threads = ThreadPoolExecutor(CONCURRENCY)

    def copy(key: str) -> None:
        began = time.time()
        content = s3.get_object(Bucket=given.source, Key=key)["Body"].read()
        s3.put_object(Bucket=given.target, Key=output_of(key), Body=stamped(began, content))

    async def handle(message: Msg) -> None:
        await asyncio.get_running_loop().run_in_executor(threads, copy, key_of(message.data))
        await message.ack()

    await pull(given, CONCURRENCY, handle)


if __name__ == "__main__":
    asyncio.run({"obstore": with_obstore, "boto3": with_boto3}[sys.argv[1]](Given.read()))
