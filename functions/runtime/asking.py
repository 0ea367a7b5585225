"""Asking: the desk as a handler's process sees it, over the channel to its host, and the host's end of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events import ObjectCreated
from functions.runtime.channel import Channel
from functions.runtime.desk import Beside, Desk
from functions.runtime.errors import FunctionError, InputVanishedError, Rejected
from functions.runtime.runs import Run, StoredObject

Frame = Mapping[str, Any]
Question = Callable[[Desk], object]


class RefusedError(Rejected):
    """The host refused; whatever the handler makes of it, the host's own error decides what becomes of the run."""


@dataclass(frozen=True)
class AskingDesk:
    """Asks the host at the other end; ends the process when that is gone."""

    channel: Channel

    def fetch(self, event: ObjectCreated) -> Path:
        """Give the file of the event's object."""
        return Path(self._ask("fetch", event=event.model_dump(mode="json")))

    def sibling(self, suffix: str) -> Path | None:
        """Give the file of another output of the producer."""
        return _path(self._ask("sibling", suffix=suffix))

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        """List the folder."""
        return tuple(Beside.model_validate(one) for one in self._ask("beside", up=up))

    def take(self, one: Beside) -> Path:
        """Give the file of one version in the folder."""
        return Path(self._ask("take", one=one.model_dump(mode="json")))

    def lead(self, members: tuple[Beside, ...]) -> bool:
        """Tell whether the event works on the set."""
        return bool(self._ask("lead", members=[one.model_dump(mode="json") for one in members]))

    def follow(self, series: str) -> Run | None:
        """Take the next place in a series."""
        return _run(self._ask("follow", series=series))

    def producer(self) -> Run | None:
        """Give the record of the run that made the event's object."""
        return _run(self._ask("producer"))

    def record(self, name: str) -> Run | None:
        """Give any run's record."""
        return _run(self._ask("record", name=name))

    def read(self, one: StoredObject) -> Path:
        """Give the file of an object version that a record names; that it is gone is for the handler to judge."""
        found = self._ask("read", one=one.model_dump(mode="json"))
        if "gone" in found:
            raise InputVanishedError(found["gone"], hint=found["hint"])
        return Path(found["path"])

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a file that was given."""
        return str(self._ask("digest", path=str(path)))

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Tell how far the run is."""
        self._ask("progress", numbers=dict(numbers))

    def checkpoint(self, path: Path) -> None:
        """Have a file kept."""
        self._ask("checkpoint", path=str(path))

    def checkpointed(self) -> Path | None:
        """Give what was kept."""
        return _path(self._ask("checkpointed"))

    def _ask(self, what: str, **given: object) -> Any:  # noqa: ANN401 - JSON
        self.channel.send({"frame": "ask", "what": what, **given})
        answer = self.channel.receive()
        if answer is None:
            raise SystemExit(1)  # the host is gone
        if answer["frame"] == "refused":
            raise RefusedError(answer["reason"], hint=answer["hint"])
        return answer["value"]


def answer(desk: Desk, frame: Mapping[str, Any]) -> dict[str, object]:
    """Answer one question of a handler's process.

    Raises:
        FunctionError: What the desk raised; the process must be told ``refused``.
    """
    try:
        question = _QUESTIONS[frame["what"]](frame)
    except (KeyError, ValueError, TypeError, AttributeError) as error:  # nonsense, from a process that may run anything
        raise Rejected(f"the handler's process asked for what is not to be had: {frame.get('what')!r:.100}") from error
    return {"frame": "answer", "value": question(desk)}


def refused(error: FunctionError) -> dict[str, object]:
    """Tell a handler's process that it does not get what it asked for."""
    return {"frame": "refused", "reason": error.message, "hint": error.hint}


def _fetch(frame: Frame) -> Question:
    event = ObjectCreated.model_validate(frame["event"])
    return lambda desk: str(desk.fetch(event))


def _sibling(frame: Frame) -> Question:
    suffix = str(frame["suffix"])
    return lambda desk: _text(desk.sibling(suffix))


def _take(frame: Frame) -> Question:
    one = Beside.model_validate(frame["one"])
    return lambda desk: str(desk.take(one))


def _lead(frame: Frame) -> Question:
    members = tuple(Beside.model_validate(one) for one in frame["members"])
    return lambda desk: desk.lead(members)


def _beside(frame: Frame) -> Question:
    up = int(frame.get("up", 0))
    return lambda desk: [one.model_dump(mode="json") for one in desk.beside(up)]


def _follow(frame: Frame) -> Question:
    series = str(frame["series"])
    return lambda desk: _dump(desk.follow(series))


def _record(frame: Frame) -> Question:
    name = str(frame["name"])
    return lambda desk: _dump(desk.record(name))


def _read(frame: Frame) -> Question:
    one = StoredObject.model_validate(frame["one"])
    return lambda desk: _found(desk, one)


def _digest(frame: Frame) -> Question:
    path = Path(frame["path"])
    return lambda desk: desk.digest(path)


def _progress(frame: Frame) -> Question:
    numbers = {str(name): float(number) for name, number in frame["numbers"].items()}
    return lambda desk: desk.progress(numbers)


def _checkpoint(frame: Frame) -> Question:
    path = Path(frame["path"])
    return lambda desk: desk.checkpoint(path)


_QUESTIONS: Mapping[str, Callable[[Frame], Question]] = {
    "fetch": _fetch,
    "sibling": _sibling,
    "beside": _beside,
    "take": _take,
    "lead": _lead,
    "follow": _follow,
    "producer": lambda _: lambda desk: _dump(desk.producer()),
    "record": _record,
    "read": _read,
    "digest": _digest,
    "progress": _progress,
    "checkpoint": _checkpoint,
    "checkpointed": lambda _: lambda desk: _text(desk.checkpointed()),
}


def _found(desk: Desk, one: StoredObject) -> dict[str, str]:
    try:
        return {"path": str(desk.read(one))}
    except InputVanishedError as error:
        return {"gone": error.message, "hint": error.hint}


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _text(path: Path | None) -> str | None:
    return str(path) if path else None


def _run(document: Mapping[str, Any] | None) -> Run | None:
    return Run.model_validate(document) if document else None


def _dump(run: Run | None) -> dict[str, Any] | None:
    return run.model_dump(mode="json", exclude_defaults=True) if run else None
