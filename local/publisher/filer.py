"""The filer's two streams that matter here: what changes, and what is there."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence

import grpc.aio

from local.publisher.filer_pb2 import (
    Entry,
    EventNotification,
    SubscribeMetadataRequest,
    SubscribeMetadataResponse,
    TraverseBfsMetadataRequest,
    TraverseBfsMetadataResponse,
)
from local.publisher.metadata import BUCKETS

# The filer says something at least every 5 s; after this long it is gone, whatever the connection says.
SILENCE_S = 20.0

OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # a batch of old events has no limit of its own
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Filer:
    """A filer's gRPC service at HOST:PORT."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        self._epoch = 0
        # Unique, and with an epoch that rises: else the filer takes a reconnect for a duplicate and ends the stream.
        self._client_id = secrets.randbelow(2**31 - 1) + 1
        self._subscribe = self._channel.unary_stream(
            "/filer_pb.SeaweedFiler/SubscribeMetadata",
            request_serializer=SubscribeMetadataRequest.SerializeToString,
            response_deserializer=SubscribeMetadataResponse.FromString,
        )
        self._traverse = self._channel.unary_stream(
            "/filer_pb.SeaweedFiler/TraverseBfsMetadata",
            request_serializer=TraverseBfsMetadataRequest.SerializeToString,
            response_deserializer=TraverseBfsMetadataResponse.FromString,
        )

    async def changes(
        self, buckets: Sequence[str], *, since_ns: int
    ) -> AsyncGenerator[tuple[str, EventNotification | None, int], None]:
        """What changes in these buckets, and what did since then: folder, change, time.

        A time without a change says that the past up to it is complete. Times may go back by a millisecond.

        Raises:
            grpc.aio.AioRpcError: the filer went away.
            TimeoutError: it says nothing more.
        """
        self._epoch += 1
        first, *rest = [f"{BUCKETS}{bucket}/" for bucket in buckets]
        request = SubscribeMetadataRequest(
            client_name="noria-publisher",
            path_prefix=first,  # an empty one would mean everything, whatever the others say
            path_prefixes=rest,
            since_ns=since_ns,
            client_id=self._client_id,
            client_epoch=self._epoch,
            client_supports_batching=True,
            client_supports_idle_heartbeat=True,
        )
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SILENCE_S) as silence:
            async for response in self._subscribe(request):
                silence.reschedule(None)  # only the filer's time counts, not ours
                for one in _flat(response):
                    found = one.event_notification if one.HasField("event_notification") else None
                    yield one.directory, found, one.ts_ns
                silence.reschedule(loop.time() + SILENCE_S)

    async def entries(self, bucket: str) -> AsyncIterator[tuple[str, Entry]]:
        """Everything in a bucket: folder, entry; nothing if there is no such bucket.

        Raises:
            grpc.aio.AioRpcError: the filer went away.
        """
        try:
            async for found in self._traverse(TraverseBfsMetadataRequest(directory=f"{BUCKETS}{bucket}")):
                yield found.directory, found.entry
        except grpc.aio.AioRpcError as error:
            if "no entry is found" not in (error.details() or ""):
                raise

    async def close(self) -> None:
        """Hang up."""
        await self._channel.close()


def _flat(response: SubscribeMetadataResponse) -> Iterator[SubscribeMetadataResponse]:
    """A batch carries its first change itself and the others in ``events``."""
    yield response
    yield from response.events
