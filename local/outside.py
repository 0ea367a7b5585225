"""What the plane needs of a store and a broker that it may not have started: buckets, streams, waiting workers."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.hosts.jetstream.consumer import connect
from functions.runtime.uploads import s3_client
from local.consumers import Consumers
from local.process import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")
ANSWER_LIMIT = 15.0
"""Seconds in which the broker must have done what was asked."""


def ensure_buckets(connection: Configuration, names: Iterable[str]) -> None:
    """Make what buckets the store lacks.

    Raises:
        ServiceError: It does not answer, or does not let us.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # boto3: 0.3 s and 30 MB, and needed here only

    where = connection.store_url or "AWS"
    try:
        s3 = s3_client(connection, patience=5, attempts=1)
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        for name in dict.fromkeys(names):
            if name not in there:
                create_bucket(s3, name, connection.store_region)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        raise ServiceError(
            f"the store {where} refuses {error.operation_name}: {code}", hint="look at the keys in NORIA_STORE_*"
        ) from error
    except (BotoCoreError, OSError, ValueError) as error:
        raise ServiceError(
            f"the store {where} does not answer: {_plain(error)}", hint="start it, or look at NORIA_STORE_URL"
        ) from error


def create_bucket(s3: "S3Client", name: str, region: str) -> None:
    """Make a bucket where the client's region is; S3 refuses the name of its first region, and wants every other."""
    if region == "us-east-1":
        s3.create_bucket(Bucket=name)
    else:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]


def make_streams(connection: Configuration, services: Iterable[Service] = ()) -> None:
    """Make the streams that the broker lacks, and the services' consumers, which their workers may not make.

    Raises:
        ServiceError: It does not answer, or does not let us.
    """
    consumers = Consumers(connection, tuple(services))
    _ask(connection, lambda client: consumers.make(client.jetstream()))


def pulling(connection: Configuration, services: Iterable[str]) -> set[str]:
    """Name the services of which a worker waits for messages.

    Raises:
        ServiceError: The broker does not answer.
    """

    async def waiting(client: Client) -> set[str]:
        js = client.jetstream()
        found = set()
        for name in services:
            try:
                info = await js.consumer_info(connection.stream, name)
            except NotFoundError:
                continue
            if info.num_waiting:
                found.add(name)
        return found

    return _ask(connection, waiting)


def _ask(connection: Configuration, question: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
    async def connected() -> T:
        async with asyncio.timeout(ANSWER_LIMIT):
            client = await connect(connection, patient=False)
            try:
                return await question(client)
            finally:
                await client.close()

    try:
        return asyncio.run(connected())
    except (NatsError, OSError, ValueError) as error:
        raise ServiceError(
            f"the broker {connection.nats_url} does not answer: {_plain(error)}",
            hint="start it, or look at NORIA_NATS_*",
        ) from error


def _plain(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
