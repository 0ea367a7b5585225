"""The members of a set: which objects of a folder describe one problem together, by their names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.continuum.application import NAMES, PLACES, REQUIRED
from functions.optimize.occasion import is_occasion
from functions.optimize.regressors import ENDING
from functions.optimize.regressors import FOLDER as MODELS
from functions.optimize.request import FILE_NAMES as REQUESTS
from functions.runtime.desk import Beside
from functions.runtime.errors import Rejected
from functions.scheduling.reading import FILES as JOBS

Kind = Literal["application", "system", "jobs"]

NEEDED = (*REQUIRED, "performance_models", "data_sizes")
"""What a set has to have to be an application that can be placed."""
_TREE = {place for places in PLACES.values() for place in places} | {f"common_config/{name}" for name in REQUESTS}
_MODELS = {f"{folder}/{below}" for folder in ("space4ai-d", "oscarp") for below in ("", f"{MODELS}/")}
"""Where learnt models lie in the tree; in a flat folder they lie beside the other files."""
_FOLDERS = {place.partition("/")[0] for place in _TREE} | {"src"}
FITTED = "fit.json"
"""What ``noria fit`` says of all models, beside them."""
_NEUTRAL = {"system", "system_description"}
CALLED: Mapping[Kind, str] = {"application": "an application", "system": "a system", "jobs": "jobs"}


@dataclass(frozen=True)
class Members:
    """The set that an object belongs to: what is there of it, and the names of what is not."""

    kind: Kind
    there: tuple[Beside, ...]
    missing: tuple[str, ...] = ()


def base(name: str) -> str:
    """Give the last part of a name."""
    return name.rpartition("/")[2]


def is_system(name: str) -> bool:
    """Whether an object is a system in JSON, by its name: any JSON that has no meaning of its own."""
    last = base(name)
    known = (*NAMES.values(), FITTED)
    return last.endswith(".json") and not (last in known or is_occasion(last) or last.startswith("Output"))


def is_part(name: str) -> bool:
    """Whether an object, named from its set's root, is a file of an application."""
    return name in NAMES.values() or (name in _TREE and base(name) not in REQUESTS)


def is_model(name: str) -> bool:
    """Whether an object, named from its set's root, can be a learnt model; an application may have some or none."""
    folder = name.removesuffix(base(name))
    return name.endswith(ENDING) and (not folder or folder in _MODELS)


def can_be_member(name: str) -> bool:
    """Whether an object, named from its set's root, could belong to a set."""
    return is_part(name) or _is_request(name) or name in JOBS or is_system(name) or is_model(name)


def _is_request(name: str) -> bool:
    return base(name) in REQUESTS and (name in REQUESTS or name in _TREE)


def levels(key: str) -> int:
    """Tell how many folders lie between an object and the root of its set: none, but in an application's tree."""
    if key.endswith(ENDING):
        folder = f"/{key.removesuffix(base(key))}"
        return max((place.count("/") for place in _MODELS if folder.endswith(f"/{place}")), default=0)
    return max((place.count("/") for place in _TREE if key.endswith(f"/{place}")), default=0)


def is_stray(key: str) -> bool:
    """Whether an object lies in an application's tree and is none of the files that are known there."""
    return not levels(key) and bool(_FOLDERS.intersection(key.split("/")[:-1]))


def set_of(name: str, beside: Sequence[Beside]) -> Members | None:
    """Give the set that the object ``name`` belongs to, as far as it is there; None when it belongs to none.

    Raises:
        Rejected: It could belong to more than one.
    """
    if not can_be_member(name):
        return None
    kinds = {kind for one in beside if (kind := _kind(one.name))}
    cards = {f"{one.name.removesuffix(ENDING)}.json" for one in beside if is_model(one.name)}
    if name in cards:
        return None  # what is in it is in the model, too
    systems = [one for one in beside if is_system(one.name) and one.name not in cards]
    if is_system(name) or (_is_request(name) and not kinds and systems):
        return _system(name, systems, beside)
    if is_model(name) and "application" not in kinds:
        return None  # the application's own files will find it
    if len(kinds) > 1:
        hint = "upload each into a folder of its own"
        raise Rejected("files of an application and of jobs lie in one folder", hint=hint)
    if "jobs" in kinds:
        there = [one for one in beside if one.name in (*JOBS, *REQUESTS)]
        return Members("jobs", tuple(there), _absent(JOBS, there))
    there = [one for one in beside if is_part(one.name) or is_model(one.name) or _is_request(one.name)]
    return Members("application", tuple(there), _absent((NAMES[part] for part in NEEDED), there))


def deployment_of(kind: Kind, key: str, members: Members, up: int) -> str:
    """Name the deployment that comes of a set: its folder's name, or that of the system's file if that says more."""
    folders = key.split("/")[:-1]
    folder = folders[len(folders) - 1 - up] if len(folders) > up else ""
    if kind == "system":
        stem = next(base(one.name) for one in members.there if is_system(one.name)).removesuffix(".json")
        return folder if stem in _NEUTRAL and folder else stem
    return folder or kind


def _system(name: str, systems: Sequence[Beside], beside: Sequence[Beside]) -> Members:
    if not is_system(name) and len(systems) > 1:
        names = " and ".join(one.name for one in systems[:3])
        raise Rejected(f"{name} could speak of {names}", hint="upload each system into a folder of its own")
    chosen = name if is_system(name) else systems[0].name
    there = [one for one in beside if one.name == chosen or one.name in REQUESTS]
    return Members("system", tuple(there), () if any(one.name == chosen for one in there) else (chosen,))


def _kind(name: str) -> Kind | None:
    if is_part(name):
        return "application"
    return "jobs" if name in JOBS else None


def _absent(wanted: Iterable[str], there: Iterable[Beside]) -> tuple[str, ...]:
    names = {base(one.name) for one in there}
    return tuple(name for name in wanted if name not in names)
