"""The members of a job: which objects of a folder are its definition, its model and its data set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from functions.datasets.definition import Definition
from functions.datasets.forms import FORMS, MODELS
from functions.runtime.desk import Beside
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.training.record import Role

STEM = "dataset_definition"
DEFINITIONS = tuple(f"{STEM}{suffix}" for suffix in (".yaml", ".yml", ".json"))
KINDS: Mapping[Role, tuple[str, ...]] = {"model": MODELS, "dataset": tuple(FORMS)}
CALLED: Mapping[Role, str] = {"model": "model", "dataset": "data set", "definition": "definition"}


@dataclass(frozen=True)
class Members:
    """A complete set, by role."""

    by_role: Mapping[Role, Beside]

    @property
    def all(self) -> tuple[Beside, ...]:
        """Give them in the order of their names."""
        return tuple(sorted(self.by_role.values(), key=lambda one: one.name))

    def has(self, name: str) -> bool:
        """Whether an object is one of them."""
        return any(one.name == name for one in self.by_role.values())


def can_be_member(name: str) -> bool:
    """Whether an object could be a job's definition, model or data set, by its name."""
    return name in DEFINITIONS or _suffix(name) in (*MODELS, *FORMS)


def definition_among(beside: Iterable[Beside]) -> Beside | None:
    """Give the definition; None when there is none yet.

    Raises:
        Rejected: There are two.
    """
    return _only("definition", [one for one in beside if one.name in DEFINITIONS])


def missing(beside: Sequence[Beside], definition: Definition) -> list[str]:
    """Say which members are not there yet, one phrase each.

    Raises:
        Rejected: Two objects could be the same member, and the definition does not say which.
    """
    absent = [role for role in KINDS if _found(role, beside, definition) is None]
    return [_phrase(role, definition) for role in absent]


def chosen(beside: Sequence[Beside], definition_file: Beside, definition: Definition) -> Members:
    """Give the members of a folder from which none is missing."""
    found = {role: _found(role, beside, definition) for role in KINDS}
    complete = {role: one for role, one in found.items() if one is not None}
    return Members({"definition": definition_file, **complete})


def check_manifest(members: Members, definition: Definition) -> None:
    """Refuse a manifest that speaks of other files than the members.

    Raises:
        Rejected: With the nearest right name.
    """
    names = [one.name for role, one in members.by_role.items() if role != "definition"]
    for name in definition.sha256:
        if name not in names:
            said = f"sha256 names {name!r}, which is neither the model nor the data set{nearest(name, names)}"
            raise Rejected(f"{members.by_role['definition'].name}: {said}", hint=f"name {' or '.join(names)}")


def _found(role: Role, beside: Sequence[Beside], definition: Definition) -> Beside | None:
    named = _named(role, definition)
    if named:
        return next((one for one in beside if one.name == named), None)
    return _only(role, [one for one in beside if _suffix(one.name) in KINDS[role]])


def _only(role: Role, fitting: Sequence[Beside]) -> Beside | None:
    if len(fitting) > 1:
        names = " and ".join(one.name for one in fitting[:3])
        hint = f"leave one, or write {role}: {fitting[0].name} into the definition"
        if role == "definition":
            hint = "leave one of them"
        raise Rejected(f"{names} could each be the {CALLED[role]} of this job", hint=hint)
    return fitting[0] if fitting else None


def _phrase(role: Role, definition: Definition) -> str:
    return _named(role, definition) or f"{CALLED[role]} ({', '.join(f'*{suffix}' for suffix in KINDS[role])})"


def _named(role: Role, definition: Definition) -> str | None:
    return definition.model if role == "model" else definition.dataset


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
