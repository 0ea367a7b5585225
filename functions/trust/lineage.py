"""Lineage: from a run back through the ledger's records to the first uploads that it depends on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from functions.runtime.runs import Run, StoredObject

Find = Callable[[str], Run | None]
"""Gives the record of the run ``<function>/<id>``; None when the ledger has none."""


class Step(BaseModel):
    """One run that took part; ``run`` is ``<function>/<id>``, times are UTC.

    Attributes:
        inputs: Every object version that it read, its event's object among them.
        outputs: Every object version that it committed.
        parents: The runs that made its inputs; empty for a step that read first uploads alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    function: str
    version: str = ""
    image: str = ""
    host: str = ""
    attempt: int = 1
    inputs: tuple[StoredObject, ...]
    outputs: tuple[StoredObject, ...] = ()
    parents: tuple[str, ...] = ()
    started: datetime | None = None
    finished: datetime | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Take from a commit record what tells where its outputs come from."""
        return cls(
            run=run.name,
            function=run.function,
            version=run.version,
            image=run.image,
            host=run.host,
            attempt=run.attempt,
            inputs=_read(run),
            outputs=run.outputs,
            parents=_makers(run),
            started=run.started,
            finished=run.finished,
        )


class Lineage(BaseModel):
    """Where the outputs of one run come from.

    Attributes:
        steps: Every run on the way, makers before those who used what they made; the last is the run itself.
        uploads: What the steps read and none of them made: the first uploads.
        missing: Runs that a step names as maker of an input, and that the ledger has no commit record of.
        trace: 32 hex digits, the same for everything that comes from one first upload.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[Step, ...]
    uploads: tuple[StoredObject, ...]
    missing: tuple[str, ...] = ()
    trace: str = ""

    @classmethod
    def of(cls, run: Run, find: Find) -> Self:
        """Follow ``run`` back to its first uploads."""
        missing: list[str] = []
        steps = tuple(Step.of(each) for each in _walk(run, find, missing, {run.name}))
        made = {_version(each) for step in steps for each in step.outputs}
        read = {_version(each): each for step in steps for each in step.inputs}
        uploads = tuple(each for version, each in sorted(read.items()) if version not in made)
        return cls(steps=steps, uploads=uploads, missing=tuple(sorted(set(missing))), trace=run.trace)

    @property
    def is_complete(self) -> bool:
        """Whether every maker that is named was found."""
        return not self.missing


def _walk(run: Run, find: Find, missing: list[str], seen: set[str]) -> Iterator[Run]:
    """Give the makers of the run's inputs first, each once, then the run."""
    for name in _makers(run):
        if name in seen:
            continue
        seen.add(name)
        maker = find(name)
        if maker is None or maker.state != "committed":
            missing.append(name)
        else:
            yield from _walk(maker, find, missing, seen)
    yield run


def _makers(run: Run) -> tuple[str, ...]:
    """Name the runs that made what the run read; a member says its own maker where the ledger keeps it."""
    named = [run.parent, *(each.parent for each in _read(run))]
    return tuple(dict.fromkeys(name for name in named if name))


def _read(run: Run) -> tuple[StoredObject, ...]:
    return run.members or (run.input,)


def _version(one: StoredObject) -> tuple[str, str, str]:
    return one.bucket, one.key, one.etag
