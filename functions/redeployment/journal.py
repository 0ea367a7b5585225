"""How far the steps of a redeployment are, on the disk: whoever is killed is gone on for by whoever comes next."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.redeployment.steps import Step, document
from functions.runtime.errors import Rejected, TryAgain

FILE_NAME = "deploy.json"


class Entry(BaseModel):
    """A step that was begun.

    Attributes:
        before: The service as it was; it may have keys of stores in it.
        found: Whether ``before`` was looked up.
        note: What is left for a person to do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    done: bool = False
    found: bool = False
    before: dict[str, Any] | None = None
    note: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    steps: str
    back: bool = False
    finished: bool = False
    entries: tuple[Entry, ...] = ()
    marks: dict[str, tuple[str, ...]] = {}


class Journal:
    """The steps that were begun, each written down before it is, and again when it is done.

    Args:
        path: Of the file, readable by its owner only.
        found: What is known.
    """

    def __init__(self, path: Path, found: _File) -> None:
        self._path, self._steps = path, found.steps
        self._back, self._finished = found.back, found.finished
        self._entries = {each.number: each for each in found.entries}
        self._marks = dict(found.marks)

    @classmethod
    def open(cls, path: Path, steps: Sequence[Step]) -> Self:
        """Read the journal of these steps, or begin one.

        Raises:
            Rejected: It is of other steps that are not through, or no journal.
        """
        digest = digest_of(steps)
        try:
            found = _File.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls(path, _File(steps=digest))
        except (ValidationError, ValueError):
            raise Rejected(f"{path} cannot be read", hint="it says which steps were done: look what runs") from None
        if found.steps == digest:
            return cls(path, found)
        if found.entries and not found.finished:
            hint = "finish them or take them back (--undo), or remove the file if what it says is of no use any more"
            raise Rejected(f"{path} says that {len(found.entries)} other steps were carried out from here", hint=hint)
        return cls(path, _File(steps=digest))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was begun and not taken back."""
        return tuple(self._entries.values())

    @property
    def back(self) -> bool:
        """Whether the steps are being taken back."""
        return self._back

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self._finished

    def of(self, step: Step) -> Entry | None:
        """Give what is known of a step; None if it was not begun."""
        return self._entries.get(step.number)

    def marks(self, service: object) -> frozenset[str]:
        """Give the work that a service had when its results were last sent elsewhere."""
        return frozenset(self._marks.get(str(service), ()))

    def mark(self, service: object, work: Iterable[str]) -> None:
        """Write down the work that a service has now that its results go elsewhere: it may send to where they went."""
        self._marks[str(service)] = tuple(sorted(work))
        self._save()

    def write(self, entry: Entry) -> None:
        """Write down what is known of a step now."""
        self._entries[entry.number] = entry
        self._save()

    def turn(self, *, back: bool, finished: bool = False) -> None:
        """Write down in which direction it goes from here, or that it has come to its end."""
        self._back, self._finished = back, finished
        self._save()

    def forget(self, step: Step) -> None:
        """Write down that a step was taken back."""
        self._entries.pop(step.number, None)
        self._save()

    def _save(self) -> None:
        file = _File(
            steps=self._steps, back=self._back, finished=self._finished, entries=self.entries, marks=self._marks
        )
        new = self._path.with_name(f".{self._path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(file.model_dump_json(indent=1) + "\n")
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._path)


def digest_of(steps: Sequence[Step]) -> str:
    """Give the SHA-256 of steps, in hex digits."""
    return hashlib.sha256(json.dumps(document(steps), sort_keys=True).encode()).hexdigest()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one program at a time carry out steps; ``path`` is a file for nothing else.

    Raises:
        TryAgain: Another one is at it.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryAgain("another noria deploy is at work here", hint="wait for its end") from None
        yield
