"""A folder with ``Lof_Selectjobs.csv``, ``SelectJobs_times.csv`` and ``tNodes.csv``, to an instance.

The names of the files and columns are GPUScheduler's. Its generator writes other names for some columns than its
experiments' data has; both are read. ``tNodes.csv`` has the one column ``Nodes`` there: each node can be any of the
configurations, anew whenever it is empty. With ``VMtype`` (and ``GpuType``, ``maxGpuNumber`` where that is not enough)
a node is what they say, as a server is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from functions.documents.wording import shown
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.scheduling.instance import Configuration, Instance, Job, Node, Setup
from functions.scheduling.rows import Row, refuse, rows

JOBS, TIMES, NODES = "Lof_Selectjobs.csv", "SelectJobs_times.csv", "tNodes.csv"
FILES = (JOBS, TIMES, NODES)
SPELLINGS = {
    "GPUtype": "GpuType",
    "nGPUs": "GpuNumber",
    "max_nGPUs": "maxGpuNumber",
    "VMType": "VMtype",
    "Cost": "cost",
    "Node": "Nodes",
}
LATEST = 1e9
"""Seconds: thirty years; times beyond it are slips of the pen (milliseconds, or a date)."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Moment = Annotated[float, Field(ge=0, le=LATEST)]
Seconds = Annotated[float, Field(gt=0, le=LATEST)]
Count = Annotated[int, Field(ge=1, le=1024)]


class JobRow(Row):
    """One row of ``Lof_Selectjobs.csv``; times in seconds, the weight in money a second."""

    name: Text = Field(alias="UniqueJobsID")
    submission: Moment = Field(alias="SubmissionTime")
    deadline: Moment = Field(alias="Deadline")
    weight: Annotated[float, Field(ge=0, le=1e9)] = Field(alias="Tardinessweight")
    application: str = Field(default="", alias="Application", max_length=200)
    images: str = Field(default="", alias="Images", max_length=200)
    epochs: str = Field(default="", alias="Epochs", max_length=200)
    batch_size: str = Field(default="", alias="Batchsize", max_length=200)
    kind: str = Field(default="", alias="Jobs", max_length=200)


class TimeRow(Row):
    """One row of ``SelectJobs_times.csv``: seconds of a job with ``gpus`` of a machine, and what that costs an hour."""

    name: Text = Field(alias="UniqueJobsID")
    vm: Text = Field(alias="VMtype")
    gpu: Text = Field(alias="GpuType")
    gpus: Count = Field(alias="GpuNumber")
    most: Count = Field(alias="maxGpuNumber")
    cost: Annotated[float, Field(ge=0, le=1e9)]
    seconds: Seconds = Field(alias="ExecutionTime")


class NodeRow(Row):
    """One row of ``tNodes.csv``; a node without a machine can be any."""

    name: Text = Field(alias="Nodes")
    vm: str = Field(default="", alias="VMtype")
    gpu: str = Field(default="", alias="GpuType")
    most: Count | None = Field(default=None, alias="maxGpuNumber")


def read(folder: Path) -> Instance:
    """Read an instance.

    Raises:
        Rejected: A file is missing, or something in it is wrong; the sentence names file, line and column.
    """
    for name in FILES:
        if not (folder / name).is_file():
            there = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
            close = nearest(name, there).replace("did you mean", "is it")
            raise Rejected(f"{name} is missing{close}", hint=f"an instance is the three files {', '.join(FILES)}")
    jobs = rows(folder / JOBS, JobRow, spellings=SPELLINGS)
    times = rows(folder / TIMES, TimeRow, spellings=SPELLINGS)
    nodes = rows(folder / NODES, NodeRow, spellings=SPELLINGS)
    _unique(JOBS, "job", [(line, row.name) for line, row in jobs])
    _unique(NODES, "node", [(line, row.name) for line, row in nodes])
    setups = _setups(times, [row.name for _, row in jobs])
    offered = _nodes(nodes, tuple(sorted({each.configuration for own in setups.values() for each in own})))
    can_be = {each for node in offered for each in node.configurations}
    drawn, wrong = [], []
    for line, row in jobs:
        own = tuple(sorted(each for each in setups.get(row.name, ()) if each.configuration in can_be))
        if own:
            drawn.append(Job(row.name, row.submission, row.deadline, row.weight, own, _about(row)))
        elif row.name in setups:
            wrong.append(f"line {line}: {shown(row.name)} has no setup that a node of {NODES} can give")
        else:
            wrong.append(f"line {line}: {shown(row.name)} has no row in {TIMES}{nearest(row.name, setups)}")
    refuse(JOBS, wrong)
    return Instance(tuple(drawn), tuple(offered))


def _about(row: JobRow) -> tuple[tuple[str, str], ...]:
    told = {
        "Application": row.application,
        "Images": row.images,
        "Epochs": row.epochs,
        "Batchsize": row.batch_size,
        "Jobs": row.kind,
    }
    return tuple((name, value) for name, value in told.items() if value)


def _unique(file: str, what: str, names: Sequence[tuple[int, str]]) -> None:
    seen: dict[str, int] = {}
    wrong = []
    for line, name in names:
        if name in seen:
            wrong.append(f"line {line}: {what} {shown(name)} is there already, on line {seen[name]}")
        seen.setdefault(name, line)
    refuse(file, wrong)


def _setups(times: Sequence[tuple[int, TimeRow]], known: Sequence[str]) -> dict[str, list[Setup]]:
    wrong: list[str] = []
    prices: dict[tuple[str, str, int], tuple[int, float]] = {}
    found: dict[str, dict[tuple[str, str, int, int], Setup]] = {}
    names = frozenset(known)
    for line, row in times:
        if row.name not in names:
            wrong.append(f"line {line}: UniqueJobsID {shown(row.name)} is no job of {JOBS}{nearest(row.name, known)}")
            continue
        if row.gpus > row.most:
            wrong.append(f"line {line}: GpuNumber {row.gpus} is more than maxGpuNumber {row.most}")
            continue
        first, price = prices.setdefault((row.vm, row.gpu, row.most), (line, row.cost))
        if price != row.cost:
            wrong.append(f"line {line}: cost {row.cost:g} of {row.vm} is {price:g} on line {first}")
        own = found.setdefault(row.name, {})
        if (row.vm, row.gpu, row.most, row.gpus) in own:
            wrong.append(f"line {line}: {row.name} has a row for {row.gpus} GPUs of {row.vm} already")
        configuration = Configuration(row.vm, row.gpu, row.most, row.cost)
        own[row.vm, row.gpu, row.most, row.gpus] = Setup(configuration, row.gpus, row.seconds)
    refuse(TIMES, wrong)
    return {name: list(own.values()) for name, own in found.items()}


def _nodes(given: Sequence[tuple[int, NodeRow]], known: tuple[Configuration, ...]) -> list[Node]:
    wrong, nodes = [], []
    for line, row in given:
        fitting = tuple(
            each
            for each in known
            if row.vm in ("", each.vm) and row.gpu in ("", each.gpu) and row.most in (None, each.gpus)
        )
        if not fitting:
            names = sorted({each.vm for each in known} | {each.gpu for each in known})
            strange = [word for word in (row.vm, row.gpu) if word and word not in names]
            close = nearest(strange[0], names) if strange else ""
            what = " ".join(str(each) for each in (row.vm, row.gpu, row.most) if each)
            wrong.append(f"line {line}: no row of {TIMES} is for {shown(what)}{close}")
        nodes.append(Node(row.name, fitting))
    refuse(NODES, wrong)
    return nodes
