"""What is kept of a model's drifted tables between two events."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import ValidationError

from events import ObjectCreated
from functions.runtime.errors import Rejected
from functions.runtime.runs import Run, StoredObject
from functions.runtime.settings import nearest
from functions.succession.documents import LARGEST, Current, Document

STATE = ".retrain-state.json"
LABEL = "_DRIFTED"


class Kept(Document):
    """One table.

    Attributes:
        name: Without ending and ``_DRIFTED``: what comes under it takes its place.
        run: The run that took it and has kept a copy, ``copy_name``; empty in the state that this run itself wrote.
        rows, labelled: How many, and how many of them have a label; None until a definition is known to tell by.
        set: Number of the first training set that it is in; 0 for none.
    """

    name: str
    object: StoredObject
    copy_name: str = ""
    run: str = ""
    rows: int | None = None
    labelled: int | None = None
    set: int = 0

    def is_of(self, event: ObjectCreated) -> bool:
        """Whether it is the event's object."""
        one = self.object
        return (one.bucket, one.key, one.etag) == (event.bucket, event.key, event.etag)


class Retraining(Document):
    """``<digest>.retrain-state.json``; ``sets`` is the number of the latest training set."""

    format: Literal["noria.retraining/1"] = "noria.retraining/1"
    name: str
    sets: int = 0
    current: Current | None = None
    tables: tuple[Kept, ...] = ()

    @property
    def fresh(self) -> int:
        """Labelled rows that no training set has had."""
        return sum(each.labelled or 0 for each in self.tables if not each.set)

    @property
    def waiting(self) -> int:
        """Rows that wait for a label."""
        return sum((each.rows or 0) - (each.labelled or 0) for each in self.tables)

    def with_table(self, table: Kept, *, most: int) -> "Retraining":
        """Take a table, in the place of one with its name; of too many the oldest go."""
        others = [each for each in self.tables if each.name != table.name]
        return self.model_copy(update={"tables": (*others, table)[-most:]})

    def with_current(self, current: Current) -> "Retraining":
        """Take note of the model that is in place: what it was made from has served."""
        if self.current is not None and self.current.change >= current.change:
            return self  # announced late
        left = self.tables
        if current.what == "swap":
            left = tuple(each for each in left if not 0 < each.set <= current.set)
        return self.model_copy(update={"current": current, "tables": left})

    def check_known(self, name: str, source: str) -> None:
        """Refuse labels for what has not drifted.

        Raises:
            Rejected: No table of that name is waiting.
        """
        known = [each.name for each in self.tables]
        if name not in known:
            said = f"{source} has labels for {name!r}, and no such table is collected{nearest(name, known)}"
            hint = "give it the name of a drifted table; those that the model in place was made from are not collected"
            raise Rejected(said, hint=hint)


def plain_name(key: str) -> str:
    """Give a table's name: ``a`` of ``collected/m/a_DRIFTED.csv``."""
    return PurePosixPath(key).stem.removesuffix(LABEL)


def going_on(before: Run | None, state: Path | None, name: str) -> Retraining:
    """Read what the run before wrote; whatever that took itself, its record names.

    Raises:
        Rejected: It cannot be read.
    """
    if before is None or state is None:
        return Retraining(name=name)
    if state.stat().st_size > LARGEST:
        raise Rejected(f"the state of {name} has more than {LARGEST:,} bytes")
    try:
        found = Retraining.model_validate_json(state.read_bytes())
    except ValidationError as error:
        raise Rejected(f"the state of {name} cannot be read: {error.errors()[0]['msg']}") from error
    return found.model_copy(update={"tables": tuple(_named(found.tables, before.name))})


def _named(tables: Iterable[Kept], run: str) -> Iterable[Kept]:
    return (each if each.run else each.model_copy(update={"run": run}) for each in tables)
