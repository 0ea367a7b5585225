"""Where the publisher was, kept in JetStream beside what it published."""

import logging

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

BUCKET = "publisher"
OFFSET = "offset"
RECENT = "recent"

ID_BYTES = 16

log = logging.getLogger(__name__)


class Offsets:
    """The time up to which everything is published, in nanoseconds of the store's clock."""

    def __init__(self, kv: KeyValue) -> None:
        self._kv = kv
        self._saved_ns = 0

    @classmethod
    async def open(cls, js: JetStreamContext) -> "Offsets":
        """Bind to the key-value bucket, which the broker's owner has made.

        Raises:
            nats.errors.Error: there is none, or the broker is away.
        """
        return cls(await js.key_value(BUCKET))

    async def load(self) -> int:
        """The time that was saved last; 0 when none ever was."""
        value = await self._get(OFFSET)
        self._saved_ns = int(value) if value else 0
        return self._saved_ns

    async def save(self, ts_ns: int) -> None:
        """Save the time if it is news; a broker that is away is not an error, the next time comes soon."""
        if ts_ns <= self._saved_ns:
            return
        try:
            await self._kv.put(OFFSET, str(ts_ns).encode())
        except (NatsError, OSError) as error:
            log.debug("offset not saved", extra={"error": repr(error)})
        else:
            self._saved_ns = ts_ns

    async def load_recent(self) -> list[str]:
        """The ids that the last run published last."""
        value = await self._get(RECENT) or b""
        return [value[at : at + ID_BYTES].hex() for at in range(0, len(value), ID_BYTES)]

    async def save_recent(self, ids: list[str]) -> None:
        """Save the ids published last, so that a start long after does not publish them again.

        Raises:
            nats.errors.Error: the broker is away.
        """
        await self._kv.put(RECENT, b"".join(bytes.fromhex(id_) for id_ in ids))

    async def _get(self, key: str) -> bytes | None:
        try:
            return (await self._kv.get(key)).value
        except KeyNotFoundError:
            return None
