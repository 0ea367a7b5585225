"""The pipeline of an application for this machine: one service a component, plain OSCAR FDL.

Each component writes into a bucket of its own, ``<application>-<component>/output``, and reads where those before it
write: what several follow is read by each of them, and what follows several reads all of their folders.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fdl
from functions.continuum.application import Application
from functions.continuum.dag import Dag, read_dag
from functions.continuum.deployments import CandidateContainer, CandidateDeployments, part_of
from functions.continuum.designs import BASE
from functions.continuum.writing import yaml_text
from functions.designing.components import SOURCES
from functions.designing.own_functions import PLACES, Shipped, is_own, shipped
from functions.designing.part_code import HAND_OVER
from functions.designing.scripts import OWN_SCRIPT, RESULT, script_of_component, script_of_function
from functions.provisioning.quantities import written
from functions.provisioning.tasks import slug
from functions.runtime.errors import Rejected
from functions.runtime.publication import FAILURE_SUFFIX
from functions.runtime.settings import nearest

HEADER = "# Made by noria design, and made again by the next one. Remove this line to keep your own changes."
DEPLOYMENTS, DESIGNS = "aisprint/deployments", "aisprint/designs"
PROVIDER, FAILED = "minio.default", "failed"
_LONGEST = 63
"""Characters of a bucket's name (Amazon S3 user guide, "General purpose bucket naming rules")."""


@dataclass(frozen=True)
class MadePart:
    """One service to be: a component, or a part of one.

    Attributes:
        source: The folder of its code; none of noria's own functions.
        joins: Whether several components lead to it.
        exits: Whether a request may end here instead of going on to the next part.
    """

    name: str
    service: str
    container: CandidateContainer
    source: Path | None
    joins: bool = False
    exits: bool = False
    own: Shipped | None = None


@dataclass(frozen=True)
class MadePipeline:
    """A pipeline that can be written anywhere."""

    application: str
    dag: Dag
    parts: Mapping[str, MadePart]

    @property
    def own(self) -> tuple[str, ...]:
        """Components whose work noria's own functions do, by their names."""
        return tuple(part.name for part in self.parts.values() if part.own)

    def files(self, path: Path) -> dict[str, str]:
        """Give the FDL that is to lie at ``path`` and its scripts: path from there -> text."""
        folder = path.parent / "scripts"
        entries = [{"local": self._service(part, path.parent)} for part in self.parts.values()]
        text = f"{HEADER}\n{yaml_text({'functions': {'oscar': entries}})}"
        scripts = {f"scripts/{part.service}.sh": _script(part, folder) for part in self.parts.values()}
        return {path.name: text, **scripts}

    def write(self, path: Path) -> Path:
        """Write the FDL to ``path`` and its scripts beside it; gives the path."""
        for name, text in self.files(path).items():
            (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
            (path.parent / name).write_text(text)
        return path

    def _service(self, part: MadePart, folder: Path) -> dict[str, Any]:
        container = part.container
        inputs, outputs = list(self._inputs(part)), list(self._outputs(part))
        image = container.images[0] if container.images else f"localhost:5001/{self.application}/{part.service}"
        return {
            "name": part.service,
            "image": image,
            "script": f"scripts/{part.service}.sh",
            "cpu": written(container.computing_units),
            "memory": f"{written(container.memory_size)}Mi",
            "environment": {"Variables": _variables(part, inputs, folder)},
            "input": [{"storage_provider": PROVIDER, "path": each} for each in inputs],
            "output": [{"storage_provider": PROVIDER, **each} for each in outputs],
        }

    def _inputs(self, part: MadePart) -> Iterator[str]:
        before = [self.parts[source] for source, target, _ in self.dag.dependencies if target == part.name]
        for other in before:
            is_next = other.exits and _component(other.name) == _component(part.name)
            yield f"{self._bucket(other)}/{'hand-over' if is_next else 'output'}"
        if not before:
            yield f"{self._bucket(part)}/input"

    def _outputs(self, part: MadePart) -> Iterator[dict[str, Any]]:
        bucket = self._bucket(part)
        yield {"path": f"{bucket_of(self.application, FAILED)}/{part.service}", "suffix": [FAILURE_SUFFIX]}
        if part.own:
            yield {"path": f"{bucket}/output", **_filters(part.own.main)}
            for number, other in enumerate(part.own.others, start=2):
                yield {"path": f"{bucket}/{Path(other.prefix).name or 'output'}{number}", **_filters(other)}
        elif part.exits:
            yield {"path": f"{bucket}/hand-over", "suffix": [HAND_OVER]}
            yield {"path": f"{bucket}/output", "prefix": [f"{RESULT}/"]}
        else:
            yield {"path": f"{bucket}/output"}

    def _bucket(self, part: MadePart) -> str:
        return bucket_of(self.application, part.service)


def application_slug(name: str) -> str:
    """Give an application's name as buckets have it."""
    return re.sub(r"[^a-z0-9-]+", "-", slug(name)).strip("-") or "application"


def bucket_of(application: str, service: str) -> str:
    """Name a component's bucket; an application whose name is too long for both is named in short."""
    return f"{application[: max(_LONGEST - len(service) - 1, 0)].rstrip('-')}-{service}".lstrip("-")


def pipeline_of(application: Application, folder: Path, *, deployment: str = BASE) -> MadePipeline:
    """Give the pipeline of an application, or of one of its deployments.

    Args:
        application: What its files say.
        folder: Where it lies.
        deployment: ``base``, every component whole, or one of ``aisprint/deployments``.

    Raises:
        Rejected: There is no such deployment, or a service cannot be called as a component is.
    """
    dag = application.dag if deployment == BASE else _designed(folder, deployment)
    return made_pipeline(dag, application.deployments, folder, sources=_sources(application, folder))


def designs_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Give a deployment for each different set of parts that was designed, ``base`` first: its name -> its parts."""
    found: dict[tuple[str, ...], str] = {}
    paths = (folder / DEPLOYMENTS).glob("*/application_dag.yaml")
    for path in sorted(paths, key=lambda path: (path.parent.name != BASE, len(path.parent.name), path.parent.name)):
        found.setdefault(tuple(sorted(read_dag(path).components)), path.parent.name)
    return {name: parts for parts, name in found.items()}


def made_pipeline(
    dag: Dag, candidates: CandidateDeployments, folder: Path, *, sources: Mapping[str, Path]
) -> MadePipeline:
    """Give the pipeline of a graph of components or parts; ``sources`` has the folders of components.

    Raises:
        Rejected: A service cannot be called as a component is, or nobody says what it needs.
    """
    parts = {name: _part(name, dag, candidates, _source(name, folder, sources)) for name in dag.components}
    made = MadePipeline(application_slug(dag.name), dag, parts)
    text = made.files(folder / "oscar" / "pipeline.yaml")["pipeline.yaml"]
    problems = [each for each in fdl.check([fdl.loads(text, source="the pipeline")]) if each.level == "error"]
    if problems:
        raise Rejected(f"no pipeline can be made: {problems[0].sentence}", hint=problems[0].hint)
    return made


def _designed(folder: Path, deployment: str) -> Dag:
    path = folder / DEPLOYMENTS / deployment / "application_dag.yaml"
    there = sorted(each.parent.name for each in (folder / DEPLOYMENTS).glob("*/application_dag.yaml"))
    if deployment not in there:
        said = f"{folder.name} has no deployment {deployment}{nearest(deployment, there)}"
        raise Rejected(said, hint="noria design writes all deployments below aisprint/deployments")
    return read_dag(path)


def _part(name: str, dag: Dag, candidates: CandidateDeployments, source: Path) -> MadePart:
    entry = candidates.find(name) or candidates.find(_stands_for(name, dag))
    if entry is None:
        raise Rejected(f"candidate_deployments.yaml has no entry for {name}", hint="add one, or design it again")
    own = shipped(name) if is_own(name) and not (source / OWN_SCRIPT).is_file() else None
    following = {target for origin, target, _ in dag.dependencies if origin == name}
    inner = {other for other in following if _component(other) == _component(name)}
    return MadePart(
        name=name,
        service=slug(name),
        container=next(iter(entry.containers.values())),
        source=None if own else source,
        joins=sum(target == name for _, target, _ in dag.dependencies) > 1,
        exits=bool(inner and following - inner),
        own=own,
    )


def _stands_for(name: str, dag: Dag) -> str:
    component = _component(name)
    others = dag.alternative_components.items()
    return next((whole for whole, instead in others if component in instead), component)


def _component(name: str) -> str:
    part = part_of(name)
    return part.component if part else name


def _sources(application: Application, folder: Path) -> dict[str, Path]:
    """Give the folders of components that are not called as their folders are, as far as annotations.yaml says so."""
    said = application.annotations.root if application.annotations else {}
    return {each.name: folder / SOURCES / Path(script).parent.name for script, each in said.items()}


def _source(name: str, folder: Path, sources: Mapping[str, Path]) -> Path:
    """Give the folder of the code of a component, or of a part that was designed."""
    part = part_of(name)
    if part is None:
        return sources.get(name, folder / SOURCES / name)
    return folder / DESIGNS / part.component / f"partition{part.cut}_{part.half}"


def _script(part: MadePart, folder: Path) -> str:
    if part.source is None:
        return script_of_function(part.service)
    return script_of_component(part.name, part.source, folder, joins=part.joins, exits=part.exits)


def _filters(output: fdl.OutputPath) -> dict[str, list[str]]:
    given = {"prefix": output.prefixes, "suffix": output.suffixes}
    return {name: list(values) for name, values in given.items() if values}


def _variables(part: MadePart, inputs: list[str], folder: Path) -> dict[str, str]:
    if part.own is None:
        units = int(part.container.computing_units)
        threads = {"OMP_NUM_THREADS": str(units)} if units > 1 else {}  # noria's workers say 1 where nobody else does
        # The walls of noria up leave the script its component's folder to read.
        read = {"NORIA_FILES": os.path.relpath(part.source.absolute(), folder.absolute())} if part.source else {}
        return {"NORIA_FUNCTION": "run-script", "COMPONENT_NAME": part.name, **threads, **read}
    watched = ",".join(inputs)
    told = {name: value for name, value in part.own.variables.items() if name not in PLACES}
    looks = (name for name in PLACES if set(part.own.watched) & set(part.own.variables.get(name, "").split(",")))
    return told | dict.fromkeys(looks, watched)
