"""A TCP proxy between a worker and a server, which makes the network bad: slow, narrow, cut, or silent."""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

CHUNK = 16 * 1024


@dataclass(frozen=True)
class Weather:
    """Seconds of delay (``jitter`` more or less), bytes a second; or ``silent``: nothing gets through."""

    delay: float = 0
    jitter: float = 0
    rate: float = 0
    silent: bool = False


class Proxy:
    """A context: listens on a free port of 127.0.0.1, and forwards to what ``server`` names when somebody connects."""

    def __init__(self, server: Callable[[], tuple[str, int]]) -> None:
        self.weather = Weather()
        self.port = 0
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._open: set[asyncio.Task[None]] = set()
        self._frozen: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> int:
        """Cut every connection, in the middle of whatever it carries; gives how many there were."""
        return self._do(self._cut())

    def freeze(self) -> int:
        """Leave every connection half-open: nobody closes it, and nobody says a word on it again; gives how many."""
        self._frozen |= self._open
        return len(self._frozen)

    def _do(self, work: Coroutine[Any, Any, int]) -> int:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _listen(self) -> int:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self.port

    async def _end(self) -> int:
        assert self._listener is not None
        self._listener.close()
        return await self._cut()

    async def _cut(self) -> int:
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        there: asyncio.StreamWriter | None = None
        ways: list[asyncio.Task[None]] = []
        try:
            back, there = await asyncio.open_connection(*self._server())
            ways = [asyncio.create_task(self._forward(task, *way)) for way in ((reader, there), (back, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass  # cut, or there is no server: the client sees its connection end
        finally:
            for way in ways:
                way.cancel()
            self._open.discard(task)
            self._frozen.discard(task)
            for each in (writer, there):
                if each is not None:
                    each.transport.abort()

    async def _forward(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                weather = self.weather
                while self.weather.silent or task in self._frozen:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(self._pause(weather, len(data)))
                writer.write(data)
                await writer.drain()

    def _pause(self, weather: Weather, size: int) -> float:
        delay = weather.delay + random.uniform(-weather.jitter, weather.jitter)
        return max(0.0, delay) + (size / weather.rate if weather.rate else 0)
