"""The files of a designed application, in AI-SPRINT's tree, and how they replace those of an earlier design."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from functions.continuum.annotations import write_annotations
from functions.continuum.application import found
from functions.continuum.degraded import write_deployments_performance
from functions.continuum.deployments import read_deployments
from functions.continuum.designs import BASE
from functions.continuum.production import read_production
from functions.continuum.qos import (
    DeploymentConstraints,
    MultiClusterQos,
    file_name,
    write_multi_cluster_qos,
    write_qos,
)
from functions.continuum.writing import json_text, yaml_text
from functions.designing.deployments import Deployment
from functions.designing.design import Design
from functions.designing.pipeline import HEADER, MadePipeline, made_pipeline
from functions.runtime.errors import Rejected
from functions.runtime.outputs import written
from functions.runtime.workspace import private_folder, sweep

ROOT = "aisprint"
DESIGNS = f"{ROOT}/designs"
DEPLOYMENTS = f"{ROOT}/deployments"
ANNOTATIONS = "common_config/annotations.yaml"
SUMMARY = f"{ROOT}/design.json"
PIPELINES = "oscar"
OPTIMAL = f"{DEPLOYMENTS}/optimal_deployment/production_deployment.yaml"
TOOLS = ("ams", "im", "oscar", "oscarp", "pycompss", "space4ai-d", "space4ai-r")
"""Folders of an application that each deployment has too, for what is made of it later."""
SETTINGS = "space4ai-d/SPACE4AI-D.yaml"
_OURS = re.compile(rf"{BASE}|deployment[0-9]+")


def files(design: Design, folder: Path) -> Iterator[tuple[str, bytes | Path]]:
    """Give all files: path below the application's folder -> content, or the file that it is a copy of."""
    yield ANNOTATIONS, write_annotations(design.components.annotations).encode()
    for component, designed in design.designs.items():
        for each in designed.designs:
            below = f"{DESIGNS}/{component}/{each.name}"
            yield from ((f"{below}/{name}", path) for name, path in each.copied.items())
            yield from ((f"{below}/{name}", content) for name, content in each.written.items())
    yield f"{DESIGNS}/component_partitions.yaml", yaml_text(design.partitions).encode()
    for deployment in design.deployments:
        yield from _deployment(design, deployment, folder / SETTINGS)
    layers = {each.name: design.asked.layers(each) for each in design.deployments}
    yield f"{DEPLOYMENTS}/multi_cluster_qos_constraints.yaml", _text(MultiClusterQos(deployments=layers))
    yield f"{DEPLOYMENTS}/{BASE}/production_deployment.yaml", design.production.text().encode()
    yield OPTIMAL, design.production.text().encode()
    base = design.asked.constraints(design.deployments[0], application=design.name)
    yield f"space4ai-d/{file_name()}", write_qos(base).encode()
    if design.performance:
        text = write_deployments_performance(design.performance)
        yield "space4ai-r/deployments_performance.yaml", text.encode()
    yield SUMMARY, json_text(design.document()).encode()
    if made := pipeline(design, folder):
        fdl_file = folder / PIPELINES / f"{design.name}.yaml"
        yield from ((f"{PIPELINES}/{path}", text.encode()) for path, text in made.files(fdl_file).items())


def pipeline(design: Design, folder: Path, warnings: list[str] | None = None) -> MadePipeline | None:
    """Give the pipeline for this machine; None where a person has written one, or none can be made.

    Args:
        warnings: Gets a sentence that says why there is none.
    """
    said = [] if warnings is None else warnings
    if has_own_pipeline(folder):
        said.append(f"{PIPELINES}/ has a pipeline of your own, so none is written there")
        return None
    sources = {name: each.folder for name, each in design.components.by_name.items()}
    try:
        return made_pipeline(design.dag, read_deployments(found(folder)["deployments"]), folder, sources=sources)
    except Rejected as error:
        said.append(f"there is no pipeline for this machine: {error}")
        return None


def has_own_pipeline(folder: Path) -> bool:
    """Tell whether a person has put a pipeline into the application; what we made begins with our own line."""
    return any(not is_ours(path) for path in (folder / PIPELINES).glob("*.yaml") if path.is_file())


def is_ours(path: Path) -> bool:
    """Tell whether ``noria design`` made a pipeline, and nobody has taken that line out."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER.encode()


def links(design: Design) -> Iterator[tuple[str, str]]:
    """Give the links from each deployment to the designs that it uses: path of the link -> where it leads."""
    for deployment in design.deployments:
        for parts in deployment.chosen.values():
            for part in parts:
                name = part.component if deployment.name == BASE else f"{part.component}_{part.design}"
                target = f"../../../designs/{part.component}/{part.design}"
                yield f"{DEPLOYMENTS}/{deployment.name}/src/{name}", target


def write(design: Design, folder: Path) -> list[Path]:
    """Write the design into the application's folder, in the place of an earlier one; gives the files.

    What is written there by hand below ``aisprint/designs`` and the deployments is replaced; a deployment that was
    optimised stays, as the file that ``optimal_deployment`` has.

    Raises:
        Rejected: There is a link or a file where a folder should be.
    """
    for place in (ROOT, DESIGNS, DEPLOYMENTS, "common_config", "space4ai-d", "space4ai-r", PIPELINES):
        if (folder / place).is_symlink():
            raise Rejected(f"{place} is a link, not a folder", hint="put the folder itself there")
        if (folder / place).exists() and not (folder / place).is_dir():
            raise Rejected(f"{place} is a file, not a folder", hint="what is designed goes there: move the file away")
    (folder / ROOT).mkdir(exist_ok=True)
    sweep(folder / ROOT)  # what a design that was killed has left
    optimised = is_optimised(folder)
    with private_folder(folder / ROOT) as private:
        for path, content in files(design, folder):
            if not (optimised and path == OPTIMAL):
                _put(private / path, content)
        made = [path.relative_to(private) for path in written(private)]
        _complete(design, folder, private)
        _remove(folder)
        for top in sorted(private.iterdir()):
            _merge(top, folder / top.name)
    return [folder / path for path in made]


def is_optimised(folder: Path) -> bool:
    """Tell whether the optimal deployment is another than the base one that a design writes."""
    path = folder / OPTIMAL
    try:
        return path.is_file() and read_production(path).deployment_name not in ("", BASE)
    except Rejected:
        return False


def _deployment(design: Design, deployment: Deployment, settings: Path) -> Iterator[tuple[str, bytes | Path]]:
    below = f"{DEPLOYMENTS}/{deployment.name}"
    yield f"{below}/application_dag.yaml", yaml_text({"System": deployment.dag.plain()}).encode()
    for number, layer in design.asked.layers(deployment).execution_layers.items():
        text = write_qos(DeploymentConstraints(name=design.name, **{field: getattr(layer, field) for field in _FIELDS}))
        yield f"{below}/ams/{file_name(int(number))}", text.encode()
    total = design.asked.constraints(deployment, application=design.name)
    yield f"{below}/space4ai-d/{file_name()}", write_qos(total).encode()
    if settings.is_file():
        yield f"{below}/{SETTINGS}", settings


_FIELDS = ("local_constraints", "global_constraints", "throughput_component")


def _text(constraints: MultiClusterQos) -> bytes:
    return write_multi_cluster_qos(constraints).encode()


def _put(path: Path, content: bytes | Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, path)
        shutil.copymode(content, path)
    else:
        path.write_bytes(content)


def _complete(design: Design, folder: Path, private: Path) -> None:
    """Add what are no files: the links, and the folders of tools that the application has."""
    for path, target in links(design):
        (private / path).parent.mkdir(parents=True, exist_ok=True)
        (private / path).symlink_to(target, target_is_directory=True)
    for deployment in design.deployments:
        for tool in TOOLS:
            if (folder / tool).is_dir():
                (private / DEPLOYMENTS / deployment.name / tool).mkdir(parents=True, exist_ok=True)


def _remove(folder: Path) -> None:
    """Remove an earlier design."""
    shutil.rmtree(folder / DESIGNS, ignore_errors=True)
    for path in (folder / DEPLOYMENTS).glob("*"):
        if _OURS.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)


def _merge(made: Path, target: Path) -> None:
    """Move what was made to its place, into folders that are there."""
    if made.is_dir() and not made.is_symlink() and target.is_dir():
        for path in sorted(made.iterdir()):
            _merge(path, target / path.name)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        made.replace(target)
