"""The designs of a component: ``base``, which is the component itself, and the parts of each place where it is cut."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from functions.continuum.annotations import EarlyExitsModel, PartitionableModel
from functions.continuum.designs import BASE
from functions.designing.components import NETWORKS, SCRIPT, Component
from functions.designing.part_code import MODULE, Code, Role, UncuttableError
from functions.runtime.errors import Rejected

if TYPE_CHECKING:
    from onnx import ModelProto

    from functions.partitioning.exits import Exit

PASSED_OVER = ("__pycache__", ".DS_Store", ".git")
MOST_FILES = 10_000
MOST_BYTES = 1 << 30
"""Of all halves of a network together; those of one cut are about as large as the network."""
GROUP = "design-application"


@dataclass(frozen=True)
class Design:
    """One design of a component.

    Attributes:
        name: ``base`` or ``partition1_2``.
        copied: Files of the component that are in it too, by their paths in it.
        written: Its other files.
    """

    name: str
    copied: Mapping[str, Path]
    written: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Cutting:
    """Where a component is cut.

    Attributes:
        name: ``partition1``.
        tensors: What goes from each part to the next.
        bytes: Bytes of that for one sample, from each part; 0 where it is not known.
        parts: Names of its parts, ``partition1_1`` and so on.
    """

    name: str
    tensors: tuple[tuple[str, ...], ...]
    bytes: tuple[int, ...]
    parts: tuple[str, ...]


@dataclass
class Designed:
    """All designs of one component."""

    component: Component
    designs: list[Design] = field(default_factory=list)
    cuttings: list[Cutting] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def designed(component: Component) -> Designed:
    """Give the designs of a component, cut where its annotations say that it may be.

    Raises:
        Rejected: A file of it is no file, its network cannot be read, or the package that reads it is missing.
    """
    found = Designed(component, [Design(BASE, _files(component.folder))])
    said = component.annotations.partitionable_model
    early = component.annotations.early_exits_model
    try:
        if said:
            _halve(found, said)
        elif early:
            _end_early(found, early)
    except ModuleNotFoundError as error:
        said_so = f"{component.name} has a network to cut, and the package {error.name} is not installed"
        raise Rejected(said_so, hint=f"pip install --group {GROUP}") from None
    return found


def _halve(found: Designed, said: PartitionableModel) -> None:
    """Add two parts for each cut that is asked for, the smallest tensor first."""
    from functions.partitioning.cuts import cuts, smallest
    from functions.partitioning.network import read_network
    from functions.partitioning.parts import halves

    path = _network(found.component, said.onnx_file)
    network = read_network(path, name=_shown(path, found.component.folder))
    chosen = smallest(cuts(network))[: said.num_partitions]
    if path.stat().st_size * len(chosen) > MOST_BYTES:
        size = f"{len(chosen)} times its {path.stat().st_size:,} bytes"
        raise Rejected(f"{said.onnx_file}: halves of {len(chosen)} cuts are {size}", hint="ask for fewer partitions")
    if len(chosen) < said.num_partitions:
        where = f"{len(chosen)} places" if chosen else "no place"
        found.warnings.append(f"{found.component.name}: {said.onnx_file} has {where} where one tensor alone goes on")
    for number, cut in enumerate(chosen, start=1):
        models = halves(network, cut.tensor)
        cutting = _cutting(number, ((cut.tensor,),), (cut.bytes or 0,))
        roles = [Role(name, index == 0, index == 1) for index, name in enumerate(cutting.parts)]
        _add(found, cutting, said.onnx_file, dict(zip(roles, models, strict=True)))


def _end_early(found: Designed, said: EarlyExitsModel) -> None:
    """Add one part more than there are exits."""
    from functions.partitioning.exits import FILE_NAME, parts_of_exits, read_exits
    from functions.partitioning.network import read_network

    path = _network(found.component, said.onnx_file)
    exits = read_exits(path.with_name(FILE_NAME))
    if not said.transition_probabilities:
        found.warnings.append(
            f"{found.component.source.file.name}: early_exits_model has no transition_probabilities; constraints and "
            "placement are made as if no exit was ever taken"
        )
    elif len(said.transition_probabilities) != len(exits):
        given = len(said.transition_probabilities)
        name = found.component.source.file.name
        raise Rejected(
            f"{name}: early_exits_model.transition_probabilities has {given} entries for {len(exits)} exits",
            hint=f"give one for each row of {FILE_NAME}",
        )
    network = read_network(path, name=_shown(path, found.component.folder))
    models = list(parts_of_exits(network, exits))
    sizes = (sum(network.fact(name).bytes or 0 for name in each.tensors) for each in exits)
    cutting = _cutting(1, tuple(each.tensors for each in exits), tuple(sizes))
    roles = [_role_of_exit(cutting, index, exits, said.condition_function) for index in range(len(models))]
    _add(found, cutting, said.onnx_file, dict(zip(roles, models, strict=True)))


def _role_of_exit(cutting: Cutting, index: int, exits: "tuple[Exit, ...]", condition: str) -> Role:
    name = cutting.parts[index]
    if index == len(exits):
        return Role(name, is_first=False, is_last=True)
    return Role(name, is_first=index == 0, is_last=False, results=exits[index].results, condition=condition)


def _cutting(number: int, tensors: tuple[tuple[str, ...], ...], sizes: tuple[int, ...]) -> Cutting:
    name = f"partition{number}"
    return Cutting(name, tensors, sizes, tuple(f"{name}_{part}" for part in range(1, len(tensors) + 2)))


def _add(found: Designed, cutting: Cutting, onnx_file: str, models: "Mapping[Role, ModelProto]") -> None:
    """Add the parts of a cut; without ``main.py``, and a warning, where the code does not tell how."""
    component = found.component
    whole = _network(component, onnx_file).relative_to(component.folder).as_posix()
    copied = {name: path for name, path in _files(component.folder).items() if name not in (whole, SCRIPT)}
    texts: dict[str, bytes] = {}
    try:
        code = Code(component.source, onnx_file.split("/")[-1])
        texts = {role.name: code.of(role).encode() for role in models}
    except UncuttableError as error:
        found.warnings.append(f"{error}; the parts of {cutting.name} have no {SCRIPT} ({error.hint})")
    for role, model in models.items():
        written = {f"{NETWORKS}/{role.name}.onnx": model.SerializeToString(deterministic=True)}
        if role.name in texts:
            written |= {SCRIPT: texts[role.name], f"{MODULE}.py": _hand_over()}
        found.designs.append(Design(role.name, copied, written))
    found.cuttings.append(cutting)


def _hand_over() -> bytes:
    """Give the module that hands tensors over; it needs nothing of ours."""
    from functions.partitioning import hand_over

    return Path(hand_over.__file__).read_bytes()


def _network(component: Component, onnx_file: str) -> Path:
    path = component.network(onnx_file)
    if path is None:  # it was there when the annotations were checked
        raise Rejected(f"{component.source.file.name}: {onnx_file} is gone")
    return path


def _shown(path: Path, folder: Path) -> str:
    """Give a path as it lies in the application, ``src/filter/onnx/filter.onnx``."""
    return path.relative_to(folder.parent.parent).as_posix()


def _files(folder: Path) -> dict[str, Path]:
    """Give every file below a component's folder by its path there.

    Raises:
        Rejected: There is something else than files, or a link that leads out of the application.
    """
    return dict(_walked(folder, folder))


def _walked(folder: Path, root: Path) -> Iterator[tuple[str, Path]]:
    waiting, count = [folder], 0
    application = root.parent.parent.resolve()
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name in PASSED_OVER:
                continue
            count += 1
            shown = _shown(path, root)
            if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(application)):
                raise Rejected(f"{shown} is a link out of the application, or to a folder", hint="put the files there")
            if not (path.is_file() or path.is_dir()) or count > MOST_FILES:
                said = "is no file" if count <= MOST_FILES else f"is more than the {MOST_FILES} files of a component"
                raise Rejected(f"{shown} {said}")
            if path.is_dir():
                waiting.append(path)
            else:
                yield path.relative_to(root).as_posix(), path
