"""Clusters of OSCAR that answer over HTTP and really pass objects on, with all the delays in which one can be lost."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from functions.continuum.writing import json_text, yaml_text
from functions.placement.system import Candidate, Component, Partition, Placement, Queue, Resource, System
from functions.provisioning.names import Names
from functions.redeployment.steps import Step, document, steps
from tests.unit.provisioning.landscape import written
from tests.unit.provisioning.oscar_server import PASSWORD, Oscar, running

CHAIN = ("aaa", "bbb", "ccc")
RESOURCES = ("VM1", "VM2", "Rack")
SLOWEST = 0.05
"""Seconds that a notification takes at most, and a job."""


@dataclass
class Job:
    """One object that a service works on, as the service was when the job was made."""

    service: str
    item: str
    outputs: Sequence[Mapping[str, Any]]
    ends: float
    status: str = "Running"


@dataclass
class World:
    """Everything that lies and runs on all clusters; one lock for all of it.

    Attributes:
        coming: (when, cluster, folder, object): notifications under way.
        unread: (cluster, folder) -> objects in it that nobody has read.
        lost: Objects whose job was killed.
    """

    dice: Random = field(default_factory=lambda: Random(7))
    lock: threading.RLock = field(default_factory=threading.RLock)
    clusters: dict[str, "Live"] = field(default_factory=dict)
    coming: list[tuple[float, str, str, str]] = field(default_factory=list)
    unread: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def write(self, cluster: str, folder: str, item: str) -> None:
        """Write an object into a folder."""
        with self.lock:
            when = time.monotonic() + self.dice.uniform(0, SLOWEST)
            self.coming.append((when, cluster, folder, item))

    def tick(self) -> None:
        """Do what is due."""
        with self.lock:
            now = time.monotonic()
            due = [each for each in self.coming if each[0] <= now]
            self.coming = [each for each in self.coming if each[0] > now]
            for _, cluster, folder, item in due:
                self._notify(self.clusters[cluster], folder, item, now)
            for name, live in self.clusters.items():
                for job in live.work:
                    if job.status == "Running" and job.ends <= now:
                        job.status = "Succeeded"
                        for output in job.outputs:
                            kind, _, other = output["storage_provider"].partition(".")
                            assert kind == "minio"
                            self.write(other if other not in ("", "default") else name, output["path"], job.item)

    def _notify(self, cluster: "Live", folder: str, item: str, now: float) -> None:
        readers = [
            name
            for name, each in cluster.services.items()
            if folder in [one["path"] for one in each.get("input") or ()]
        ]
        for name in readers:
            ends = now + self.dice.uniform(0, SLOWEST)
            cluster.work.append(Job(name, item, cluster.services[name].get("output") or (), ends))
        if not readers:
            self.unread.setdefault((cluster.name, folder), Counter())[item] += 1

    def quiet(self) -> bool:
        """Whether nothing is under way."""
        with self.lock:
            return not self.coming and not any(
                job.status == "Running" for c in self.clusters.values() for job in c.work
            )


@dataclass
class Live(Oscar):
    """One cluster of the world."""

    name: str = ""
    world: World = field(default_factory=World)
    work: list[Job] = field(default_factory=list)

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        with self.world.lock:
            self.world.tick()  # whoever asks finds what is due done, however late the thread is that does it
            kind, name = path.split("/")[2], path.split("/")[3:]
            if kind != "logs" or name[0] not in self.services:
                return super().get(path, query)
            jobs = {f"{name[0]}-{number}": {"status": job.status} for number, job in enumerate(self.work)}
            return 200, {
                "jobs": {k: v for k, v in jobs.items() if self.work[int(k.rpartition("-")[2])].service == name[0]}
            }

    def change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self.world.lock:
            self.world.tick()
            if method == "DELETE":
                killed = [
                    job for job in self.work if job.service == path.rpartition("/")[2] and job.status == "Running"
                ]
                self.world.lost += [job.item for job in killed]
                self.work = [job for job in self.work if job not in killed]
            return super().change(method, path, body)


@dataclass
class Landscape:
    """Clusters by the resources that they are, and deployments of a chain of three components on them."""

    folder: Path
    world: World
    names: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)

    def deployment(self, name: str, *placed: str) -> Path:
        """Write a deployment's folder: component after component on these resources."""
        folder = self.folder / name
        made = written(dict(zip(CHAIN, placed, strict=True)), chain(), names=Names(self.drawn))
        self.drawn |= made.drawn
        made.write(folder)
        self.names |= {placed[CHAIN.index(each.components[0])]: each.name for each in made.sites}
        resources = {each: {each: resource} for each, resource in zip(CHAIN, placed, strict=True)}
        (folder / "result.json").write_text(json_text({"placement": {"resources": resources, "nodes": {}}}))
        (folder / "names.json").write_text(json_text(self.drawn))
        return folder

    def access(self) -> Path:
        """Write how all clusters are reached."""
        path = self.folder / "access.yaml"
        known = {
            name: {"endpoint": self.world.clusters[name].endpoint, "auth_user": "oscar", "auth_password": PASSWORD}
            for name in self.names.values()
        }
        path.write_text(yaml_text({"oscar": known}))
        return path

    def cluster(self, resource: str) -> Live:
        """Give the cluster of a resource."""
        return self.world.clusters[self.names[resource]]

    @property
    def results(self) -> Counter[str]:
        """What came out of the last component, anywhere."""
        return sum((each for (_, folder), each in self.world.unread.items() if folder == "ccc/output"), Counter())

    @property
    def stranded(self) -> list[tuple[str, str]]:
        """Folders with objects that nobody reads, of all but the last component."""
        return [place for place in self.world.unread if place[1] != "ccc/output"]


def chain() -> list[tuple[str, str, float]]:
    return [("aaa", "bbb", 1), ("bbb", "ccc", 1)]


def between(old: Sequence[str], new: Sequence[str]) -> tuple[Step, ...]:
    """Give the steps from one placement of the chain, or from nothing, to another."""
    return steps(system(), placement(old), placement(new))


def placement(placed: Sequence[str]) -> Placement:
    if not placed:
        return Placement({}, {}, {})
    resources = {(each, each): resource for each, resource in zip(CHAIN, placed, strict=True)}
    return Placement(dict.fromkeys(CHAIN, "base"), resources, dict.fromkeys(placed, 1))


def system() -> System:
    candidates = {name: Candidate(name, 100.0, Queue(0.01)) for name in RESOURCES}
    components = {
        each: Component(each, {"base": (each,)}, {each: Partition(each, candidates)}, {after: 1.0} if after else {})
        for each, after in zip(CHAIN, (*CHAIN[1:], ""), strict=True)
    }
    resources = {name: Resource(name, name, "cloud", 1.0, 8000.0, 4) for name in RESOURCES}
    return System("chain", components, resources, (), 1.0)


@contextmanager
def landscape(folder: Path, *placements: Sequence[str]) -> Iterator[tuple[Landscape, list[Path]]]:
    """Give running clusters, and a folder for each of the placements; the first one's services run."""
    world = World()
    made = Landscape(folder, world)
    folders = [made.deployment(f"deployment{number}", *placed) for number, placed in enumerate(placements)]
    with ExitStack() as stack:
        for name in made.names.values():
            world.clusters[name] = Live(name=name, world=world)
            stack.enter_context(running(world.clusters[name]))
        ended = threading.Event()
        thread = threading.Thread(target=_turn, args=(world, ended))
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.set)
        yield made, folders


def _turn(world: World, ended: threading.Event) -> None:
    while not ended.wait(0.005):
        world.tick()


def save(given: Sequence[Step], path: Path) -> Path:
    """Write steps.json."""
    path.write_text(json_text(document(given)))
    return path
