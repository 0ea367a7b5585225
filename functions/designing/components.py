"""All components of an application: what each ``main.py`` says, checked alone, together and with the graph."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from functions.continuum.agreement import Names, disagreements
from functions.continuum.annotations import Annotations, ComponentAnnotations
from functions.continuum.dag import Dag
from functions.continuum.model import Fault, unknown
from functions.continuum.reading import MalformedError, refuse
from functions.continuum.resources import CandidateResources
from functions.designing.annotated import Annotated, annotated
from functions.designing.python_file import read_python
from functions.documents.document import Document, Place, Problem
from functions.documents.wording import dotted, problems
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

SOURCES = "src"
SCRIPT = "main.py"
NETWORKS = "onnx"


@dataclass(frozen=True)
class Component:
    """One component.

    Attributes:
        folder: Where its files lie.
        source: Its ``main`` and what stands above it.
        annotations: The same, checked.
    """

    folder: Path
    source: Annotated
    annotations: ComponentAnnotations

    @property
    def name(self) -> str:
        """What it is called everywhere."""
        return self.annotations.name

    def network(self, file: str) -> Path | None:
        """Give the file of its network, below ``onnx`` or beside ``main.py``."""
        return next((path for path in self._places(file) if path.is_file()), None)

    def _places(self, file: str) -> tuple[Path, ...]:
        return (self.folder / NETWORKS / file, self.folder / file)


@dataclass(frozen=True)
class Components:
    """All components by name, in the order of their folders, and the file that says so."""

    by_name: Mapping[str, Component]
    annotations: Annotations
    warnings: tuple[str, ...]


def read_components(folder: Path, application: str) -> Components:
    """Read and check all components of the application in ``folder``, each alone and with the others.

    Raises:
        Rejected: A ``main.py`` is missing or cannot be read.
        MalformedError: What is said cannot be used; file, line and the nearest right name are given.
    """
    sources = [(path, annotated(read_python(path, _shown(path)))) for path in _scripts(folder)]
    found = [Component(path.parent, source, _checked(source)) for path, source in sources]
    by_script = {f"{application}/{_shown(each.folder / SCRIPT)}": each for each in found}
    annotations = _together({script: each.source.said for script, each in by_script.items()})
    _refused(by_script, annotations.faults())
    _refused(by_script, (fault for script, each in by_script.items() for fault in _missing(script, each)))
    doubts = (_sentence(by_script[str(each.place[0])], each) for each in annotations.doubts())
    warnings = (*(said for each in found for said in each.source.warnings), *doubts)
    return Components({each.name: each for each in found}, annotations, warnings)


def agree(components: Components, dag: Dag, resources: CandidateResources, *, dag_file: Path) -> None:
    """Hold the components against the application's graph.

    Raises:
        MalformedError: Either names what the other does not have, or a path leads where the graph does not.
    """
    by_script = dict(zip(components.annotations.root, components.by_name.values(), strict=True))
    for _, faults in disagreements({"annotations": components.annotations}, Names(dag, resources)):
        _refused(by_script, faults)
    refuse(dag_file, list(_unwritten(components, dag)))


def _unwritten(components: Components, dag: Dag) -> Iterator[Fault]:
    """Give the components of the graph that no ``main.py`` is."""
    named: list[tuple[Place, str]] = [(("components", index), name) for index, name in enumerate(dag.components)]
    for word, others in dag.alternative_components.items():
        named += [(("alternative_components", word, index), name) for index, name in enumerate(others)]
    for place, name in named:
        if name not in components.by_name:
            known = tuple(components.by_name)
            yield unknown(("System", *place), name, what=f"component_name of a {SCRIPT} below {SOURCES}", known=known)


def _scripts(folder: Path) -> list[Path]:
    """Give the ``main.py`` of each component."""
    sources = folder / SOURCES
    there = sorted(sources.iterdir()) if sources.is_dir() and not sources.is_symlink() else []
    folders = [path for path in there if path.is_dir() and not path.name.startswith((".", "__"))]
    if not folders:
        hint = f"an application has a folder for each component, such as {SOURCES}/filter/{SCRIPT}"
        raise Rejected(f"{folder.name}: there is no component below {SOURCES}", hint=hint)
    for path in folders:
        if not (path / SCRIPT).is_file():
            others = [each.name for each in path.glob("*.py")]
            raise Rejected(
                f"{SOURCES}/{path.name}: {SCRIPT} is missing{nearest(SCRIPT, others)}",
                hint=f"each folder below {SOURCES} is a component; its {SCRIPT} has the function main",
            )
    return [path / SCRIPT for path in folders]


def _shown(script: Path) -> str:
    return f"{SOURCES}/{script.parent.name}/{SCRIPT}"


def _checked(source: Annotated) -> ComponentAnnotations:
    source.lines.setdefault((), source.main.lineno)
    try:
        return ComponentAnnotations.model_validate(source.said, by_alias=True, by_name=False)
    except ValidationError as error:
        found = problems(error, Document(source.said, source.lines), ComponentAnnotations)
        raise _malformed(source, found) from None


def _together(said: Mapping[str, object]) -> Annotations:
    try:
        return Annotations.model_validate(dict(said), by_alias=True, by_name=False)
    except ValidationError as error:  # each was checked: only the paths are new
        where, message = error.errors()[0]["loc"], error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Rejected(f"{where[0]}: its path cannot be written down: {message}") from None


def _missing(script: str, component: Component) -> Iterator[Fault]:
    """Give the networks and functions that a component names and does not have."""
    said = component.annotations
    models = {"partitionable_model": said.partitionable_model, "early_exits_model": said.early_exits_model}
    for kind, model in models.items():
        if model and not component.network(model.onnx_file):
            there = [path.name for path in (component.folder / NETWORKS).glob("*.onnx")]
            where = f"{SOURCES}/{component.folder.name}/{NETWORKS}"
            sentence = f"is {model.onnx_file!r}, which is not in {where}{nearest(model.onnx_file, there)}"
            yield Fault((script, kind, "onnx_file"), sentence)
    if said.early_exits_model and said.early_exits_model.condition_function not in component.source.file.functions:
        place = (script, "early_exits_model", "condition_function")
        known = tuple(component.source.file.functions)
        yield unknown(place, said.early_exits_model.condition_function, what="function of the file", known=known)


def _refused(by_script: Mapping[str, Component], faults: Iterable[Fault]) -> None:
    """Raise for the first file with faults, naming all of its."""
    found = list(faults)
    for script, component in by_script.items():
        own = [_problem(component, fault) for fault in found if fault.place[0] == script]
        if own:
            raise _malformed(component.source, own)


def _problem(component: Component, fault: Fault) -> Problem:
    place = fault.place[1:]
    line = Document({}, component.source.lines).line(place)
    return Problem(place, f"{dotted(place)} {fault.sentence}".lstrip(), line)


def _sentence(component: Component, doubt: Fault) -> str:
    return f"{component.source.file.name}: {_problem(component, doubt)}"


def _malformed(source: Annotated, found: Iterable[Problem]) -> MalformedError:
    return MalformedError(source.file.name, tuple(sorted(found, key=lambda each: each.line)))
