"""The campaign's own plane: new for each testing unit, with as many workers as a run asks for."""

import os
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import fdl
from functions.profiling.campaign import PlannedRun
from functions.runtime.belongings import FILES, rooted
from functions.runtime.errors import Rejected, TryAgain
from local.cli import lifecycle
from local.cli.profile.beside import PLACE
from local.cli.profile.designs import Design
from local.cli.profile.ground import PlaneGround
from local.cli.session import Session
from local.connection import Home
from local.groups import Group, Groups, change
from local.permissions import READS
from local.process import Process

Entry = dict[str, dict[str, Any]]
PATIENCE = 90.0
"""Seconds in which all workers of a run must listen, and those of the run before end."""


class PlaneStage:
    """Starts and stops the plane. A worker takes one event at a time: the others wait in the queue."""

    def __init__(self, home: Path, designs: Mapping[str, Design]) -> None:
        for name in ("NORIA_STORE_URL", "NORIA_NATS_URL"):
            if os.environ.get(name):
                raise Rejected(f"a campaign has servers of its own, and {name} is set", hint=f"unset {name}")
        self._home = Home(home)
        self._designs = designs
        self._unit = ("", "")
        self._staffed: tuple[tuple[str, str, int], ...] = ()

    def ready(self, run: PlannedRun) -> tuple[PlaneGround, bool]:
        """Have the plane of the run's testing unit, with exactly the run's workers, all of them listening.

        Gives whether the workers are new, so that they have not done anything yet.
        """
        os.environ |= {"NORIA_HOME": str(self._home.path), "NORIA_RUNNERS": "1", "NORIA_CONCURRENCY": "1"}
        is_new = (run.unit, run.design) != self._unit
        if is_new:
            self.close()
            shutil.rmtree(self._home.path, ignore_errors=True)
            self._home.path.mkdir(parents=True, mode=0o700)
        staff = tuple((slot.service, slot.resource, slot.parallelism) for slot in run.slots)
        if is_cold := staff != self._staffed:
            change(self._home.path, lambda groups: _staffed(groups, run))
        if is_new:
            lifecycle.start(self._files(self._designs[run.design], {slot.service for slot in run.slots}), detach=True)
        self._unit, self._staffed = (run.unit, run.design), staff
        self._await_workers()
        return PlaneGround(Session.open()), is_cold

    def close(self) -> None:
        """Stop the plane, whoever started it."""
        os.environ["NORIA_HOME"] = str(self._home.path)
        lifecycle.stop()
        self._unit, self._staffed = ("", ""), ()

    def _files(self, design: Design, services: Collection[str]) -> list[Path]:
        """Write pipelines that have these services alone."""
        made = []
        for number, pipeline in enumerate(design.pipelines):
            content = yaml.safe_load(Path(pipeline.source).read_text())
            found = [each for each in content["functions"]["oscar"] if _name(each) in services]
            if len(services) < len(design.services):  # it reads what its producers would leave
                found = [_reading(each, design.services[_name(each)]) for each in found]
            if found:
                content["functions"]["oscar"] = [_rooted(each, Path(pipeline.source).parent) for each in found]
                made.append(self._home.path / f"pipeline{number}.yaml")
                made[-1].write_text(yaml.safe_dump(content, sort_keys=False))
        return made

    def _await_workers(self) -> None:
        wanted = [group.part(number) for group in self._groups() for number in range(group.workers or 0)]
        deadline = time.monotonic() + PATIENCE
        while silent := [*self._silent(wanted), *self._leaving(wanted)]:
            if time.monotonic() > deadline:
                said = self._process(silent[0]).last_words(1)
                raise TryAgain(f"{silent[0]} is not ready after {PATIENCE:g} s: {said}", hint=f"see {self._home.run}")
            if not self._home.supervisor.alive:
                raise TryAgain("the campaign's plane has ended", hint=f"see {self._home.supervisor.log}, then --resume")
            time.sleep(0.1)

    def _groups(self) -> tuple[Group, ...]:
        return Groups.read(self._home.path).groups

    def _silent(self, wanted: Sequence[str]) -> list[str]:
        return [part for part in wanted if not self._listens(part)]

    def _leaving(self, wanted: Sequence[str]) -> list[str]:
        parts = [file.stem for file in self._home.run.glob("worker-*.pid")]
        return [part for part in parts if part not in wanted and self._process(part).alive]

    def _listens(self, part: str) -> bool:
        process = self._process(part)
        return process.alive and process.log.is_file() and b'"listening"' in process.log.read_bytes()

    def _process(self, part: str) -> Process:
        return Process(part, [], folder=self._home.run)


def _staffed(groups: Groups, run: PlannedRun) -> Groups:
    """Give new groups for all services: workers' names are never given twice."""
    number = groups.last + 1
    made = (
        Group(service=slot.service, resource=slot.resource, number=number, workers=slot.parallelism)
        for slot in run.slots
    )
    return Groups(last=number, groups=tuple(made))


def _name(entry: Entry) -> str:
    return str(next(iter(entry.values()))["name"])


def _rooted(entry: Entry, folder: Path) -> Entry:
    """Give a service's entry with the whole paths of its script and of what it may read; FDL's lie beside its file."""
    return {cluster: _with_paths(given, folder) for cluster, given in entry.items()}


def _with_paths(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    if given.get("script"):
        given = {**given, "script": str((folder / given["script"]).absolute())}
    variables = given.get("environment", {}).get("Variables") or {}
    if FILES in variables:
        variables = {**variables, FILES: rooted(variables[FILES], folder)}
        given = {**given, "environment": {**given["environment"], "Variables": variables}}
    return given


def _reading(entry: Entry, service: fdl.Service) -> Entry:
    """Give a service's entry with leave to read what the campaign puts beside its inputs."""
    places = [service.environment.get(READS, ""), *(f"{path.bucket}/{PLACE}" for path in service.inputs)]
    variables = {**service.environment, READS: ",".join(place for place in places if place)}
    return {
        cluster: {**given, "environment": {**given.get("environment", {}), "Variables": variables}}
        for cluster, given in entry.items()
    }
