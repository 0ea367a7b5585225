"""What a worker does with the messages of its service."""

from typing import Protocol

from nats.aio.msg import Msg

from fdl import Service
from functions.runtime.endings import Verdict
from functions.runtime.engine import Engine
from functions.runtime.reception import receive


class Work(Protocol):
    """What is done with the messages of ``service``."""

    service: Service

    def take(self, message: Msg) -> Verdict:
        """Bring a message to its end, in a thread of its own."""

    def renew(self) -> None:
        """Say that what was begun is alive."""

    def stop_taking(self) -> None:
        """Begin with nothing more."""


class EngineWork:
    """The engine's: the events of a message are processed here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.service = engine.service
        self.renew, self.stop_taking = engine.renew, engine.stop_taking
        self._buckets = {path.bucket for path in self.service.inputs}  # each has one subject

    def take(self, message: Msg) -> Verdict:
        """Process its events."""
        return receive(self._engine, message.data, queued=message.metadata.timestamp, shared=self._buckets)
