"""The campaign's services on OSCAR clusters: put there before a testing unit's runs, taken away after them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fdl
from functions.continuum.reading import LARGEST_YAML
from functions.datasets.files import opened
from functions.documents.document import parse
from functions.profiling.campaign import PlannedRun, Slot
from functions.profiling.campaign_cluster import CampaignCluster
from functions.profiling.guests import Guests, order
from functions.profiling.job_watch import JobWatch, Spot
from functions.profiling.own_buckets import remove_buckets
from functions.provisioning.cluster import Definition
from functions.runtime.configuration import Configuration
from functions.runtime.errors import FunctionError, Rejected, TryAgain
from functions.runtime.runs import Run
from functions.runtime.store import Store
from local.cli.profile.designs import Design

PATIENCE = 120.0
"""Seconds in which a cluster's store must serve a new folder: OSCAR restarts MinIO for each new service."""
OURS = Path(fdl.__file__).resolve().parent
"""The folder of the pipelines that come with noria."""


class OscarStage:
    """Puts services on clusters and takes them away.

    Args:
        guests: The campaign's services, by the design that has them.
        clusters: Resource -> the cluster that it is.
    """

    def __init__(self, guests: Mapping[str, Guests], clusters: Mapping[str, CampaignCluster]) -> None:
        self._guests, self._clusters = guests, clusters
        self._all = {cluster.name: cluster for cluster in clusters.values()}
        self._stores: dict[str, Store] = {}
        self._there: dict[str, tuple[Slot, str]] = {}
        self._design = ""

    @classmethod
    def of(
        cls, designs: Mapping[str, Design], clusters: Mapping[str, CampaignCluster], token: str, *, folder: Path
    ) -> "OscarStage":
        """Give the stage for an application's designs.

        Args:
            folder: The application's: only what lies there, or below a pipeline's own folder, is sent to a cluster.

        Raises:
            Rejected: A script cannot be read, or lies elsewhere.
        """
        guests = {}
        for name, design in designs.items():
            sources = [Path(pipeline.source) for pipeline in design.pipelines]
            definitions = {key: each for source in sources for key, each in _definitions(source, folder)}
            guests[name] = Guests(token, design.services, definitions)
        return cls(guests, clusters)

    def ready(self, run: PlannedRun) -> tuple["OscarGround", bool]:
        """Have the run's services, and no other of the campaign's, on the run's clusters.

        Raises:
            TryAgain: A cluster or its store does not answer.
            Rejected: A cluster does not take a service.
        """
        wanted = {slot.service: (slot, self._clusters[slot.resource].name) for slot in run.slots}
        places = {name: place for name, (_, place) in wanted.items()}
        moved = (run.design, places) != (self._design, {name: place for name, (_, place) in self._there.items()})
        # OSCAR sets YuniKorn's limits when a service is created, and never again: pkg/handlers/update.go
        is_other = moved or wanted != self._there
        if is_other:
            self.close()
        spots = {name: Spot(slot, self._all[place], self._store(place)) for name, (slot, place) in wanted.items()}
        if is_other:
            self._put(self._guests[run.design], spots)
        self._there, self._design = wanted, run.design
        watch = JobWatch(self._guests[run.design], spots)
        watch.begin()
        return OscarGround(watch), moved

    def close(self) -> None:
        """Delete every service that the campaign has anywhere, with its jobs, and then all its buckets.

        What keeps one cluster's things there keeps no other's: that is said when all has been tried.

        Raises:
            TryAgain: A cluster or its store does not answer.
            Rejected: A cluster does not let us in, or has such a service that is not the campaign's.
        """
        self._there = {}
        failed = [error for cluster in self._all.values() for error in self._clear(cluster)]
        if failed:
            raise failed[0]

    def _clear(self, cluster: CampaignCluster) -> list[FunctionError]:
        """Take away what one cluster has; gives what went wrong. A service that stays keeps its buckets."""
        failed: list[FunctionError] = []
        services = [(each.name(key), each.token) for each in self._guests.values() for key in each.services]
        try:
            there = set(cluster.names())
            for name, token in services:
                try:
                    if name in there:
                        cluster.dismiss(name, token)
                except FunctionError as error:
                    failed.append(error)
            if not failed:
                buckets = [each.buckets for each in self._guests.values()]
                remove_buckets(cluster.store, frozenset().union(*buckets))
        except FunctionError as error:
            failed.append(error)
        return failed

    def _put(self, guests: Guests, spots: Mapping[str, Spot]) -> None:
        places = {name: spot.cluster.name for name, spot in spots.items()}
        stores = {spot.cluster.name: spot.cluster.store for spot in spots.values()}
        for name in order([guests.inner(name) for name in spots]):
            slot, cluster = spots[name].slot, spots[name].cluster
            cluster.admit(guests.definition(slot, cluster=cluster.name, others=places, stores=stores))
        for name, spot in spots.items():
            for path in guests.inner(name).inputs:
                _await_folder(spot, path)

    def _store(self, cluster: str) -> Store:
        if cluster not in self._stores:
            known = self._all[cluster].store
            given = {
                "store_url": known.endpoint.rstrip("/"),
                "store_region": known.region,
                "store_access_key": known.access_key,
                "store_secret_key": known.secret_key,
            }
            self._stores[cluster] = Store(Configuration.model_validate(given))
        return self._stores[cluster]


def _definitions(path: Path, folder: Path) -> Iterator[tuple[str, Definition]]:
    """Give each service of an FDL file as it stands there, with its script's text; fdl has checked the file."""
    with opened(path, LARGEST_YAML) as file:
        content: Any = parse(file.read().decode("utf-8-sig"), largest=LARGEST_YAML, aliases=True).content
    for entry in content["functions"].get("oscar") or ():
        for given in entry.values():
            yield str(given["name"]), {**given, "script": _script(given, path, folder)}


def _script(given: Definition, path: Path, folder: Path) -> str:
    """Read a service's script, which whoever wrote the pipeline may have called anything."""
    said = f"{path}: the script {given.get('script')} of {given['name']}"
    folders = [folder.resolve(), path.parent.resolve()]
    if folders[1] == OURS:  # whose scripts lie beside them, in images/
        folders.append(OURS.parent)
    try:
        script = (path.parent / str(given.get("script") or "")).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, or no name of a file
        raise Rejected(f"{said} is not found", hint="a cluster is sent its text") from error
    if not any(script.is_relative_to(each) for each in folders):
        hint = "a cluster is sent its text: put it into the application's folder, or below the pipeline's"
        raise Rejected(f"{said} lies elsewhere", hint=hint)
    try:
        with opened(script, LARGEST_YAML) as file:
            return file.read().decode("utf-8", "replace")
    except Rejected as error:
        raise Rejected(f"{said} cannot be read: {error.message}", hint="a cluster is sent its text") from error


def _await_folder(spot: Spot, path: fdl.StoragePath) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            next(spot.store.list(path.bucket, path.prefix), None)
            return
        except TryAgain as error:
            if time.monotonic() > deadline:
                hint = "if it is reached elsewhere from here, say where in physical_nodes.yaml: minio: {endpoint, ...}"
                raise TryAgain(f"the store of {spot.cluster.name}: {error.message}", hint=hint) from error
        time.sleep(0.5)


class OscarGround:
    """The clusters' stores, and records that are made of their jobs."""

    session = None

    def __init__(self, watch: JobWatch) -> None:
        self._watch = watch
        self.services = tuple(watch.guests.inner(name) for name in watch.spots)
        self.stores = {name: spot.store for name, spot in watch.spots.items()}

    def find(self, name: str) -> Run | None:
        """Give the record of a job that has ended."""
        return self._watch.find(name)

    def doubts(self) -> Sequence[str]:
        """Say which jobs nobody can assign, and what ran more often at once than it was to."""
        return self._watch.doubts()
