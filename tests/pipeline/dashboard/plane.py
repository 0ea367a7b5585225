"""A plane with its dashboard: the address that opens it, and what is uploaded to it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.watching.state import STATE_ENDING
from local.client import broker_of
from local.connection import Home
from local.dashboard.address import Address
from tests.pipeline.watching import Watched
from tests.pipelines import pipeline

ENVIRON = {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2", "NORIA_RECONCILE": "300"}

DRIFT = "metrics: {masks: {<b>count</b>: {statistical_test: KSDrift, window: 20}, missing: {statistical_test: ADWIN}}}"
DRIFT_SUFFIXES = (".drift.json", ".drift-state.json", ".drift-alarm.json", ".drift_state.yaml", ".drift.svg", ".csv")


@dataclass
class Shown(Watched):
    """A home with one plane in it, and its pages; what grumble and learn wait for is the door."""

    @property
    def door(self) -> Path:
        return self.home.parent / "doors" / "door"

    @property
    def url(self) -> str:
        """The address with the token, as ``noria up`` has said it."""
        address = Address.shown(Home(self.home))
        assert address is not None
        return address.url

    def send(self, payload: bytes) -> None:
        """Put a message that no store has made into the stream: in a thread, for this one may have a browser's loop."""

        async def sent() -> None:
            async with broker_of(self.operator) as client:
                await client.jetstream().publish("events.inbox", payload)

        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, sent()).result()


@contextmanager
def served(folder: Path) -> Iterator[Shown]:
    """Start a plane of grumble and learn, with its dashboard."""
    shown = plane_in(folder)
    shown.door.parent.mkdir()
    place, door = "tests.pipeline.dashboard.handlers", str(shown.door)
    flows = {"grumble": ("inbox/in", [".copy", STATE_ENDING, ".alert.json"]), "learn": ("lessons/in", [".json"])}
    files = []
    for name, (source, suffixes) in flows.items():
        files.append(folder / f"{name}.yaml")
        given: dict[str, Any] = {"function": f"{place}:{name}", "suffixes": suffixes, f"{name.upper()}_DOOR": door}
        given["NORIA_FILES"] = str(shown.door.parent)  # walls leave a handler what is named
        files[-1].write_text(pipeline(name, source, f"{name}-outbox/out", **given))
    files.append(folder / "drift.yaml")
    watching: dict[str, Any] = {"function": "drift-check", "DRIFT_CHECK_CONFIGURATION": DRIFT, "memory": "1Gi"}
    files[-1].write_text(pipeline("drift-check", "readings/in", "drift/out", suffixes=DRIFT_SUFFIXES, **watching))
    try:
        shown("up", "--detach", *files)
        yield shown
    finally:
        shown.door.touch()
        shown("down")


def plane_in(folder: Path, **environ: str) -> Shown:
    """A plane that is not started yet."""
    return Shown(folder / ".noria", {**ENVIRON, **environ}, has_dashboard=True)
