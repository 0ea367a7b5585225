"""Watching the jobs of a campaign's run on clusters: each that has ended becomes the record of a run."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from functions.profiling.campaign import Slot, milliseconds
from functions.profiling.campaign_cluster import CampaignCluster
from functions.profiling.guests import Guests
from functions.profiling.oscar_jobs import FAILURE, Job
from functions.profiling.statistics import most_at_once
from functions.profiling.supervisor_log import Place, read_log
from functions.provisioning.cluster import FINISHED
from functions.runtime.errors import MissingError, Rejected, TryAgain
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Stat, Store

SOONEST, LATEST, SHARE = 0.1, 5.0, 5
"""Seconds between two looks at clusters: SHARE times as long as a look takes, within these bounds."""
PATIENCE = 60.0
"""Seconds in which a cluster or a store that does not answer is asked again."""
_LARGEST = 65_536
"""Bytes of a dead letter that are read."""


@dataclass(frozen=True)
class Spot:
    """Where one service of a run is."""

    slot: Slot
    cluster: CampaignCluster
    store: Store


@dataclass
class JobWatch:
    """What has become of the jobs of one run.

    Attributes:
        guests: The campaign's services.
        spots: Where each service of the run is, by its name in the pipeline.
        strays: Service -> jobs that ended and of which nobody can say for which object they were.
    """

    guests: Guests
    spots: Mapping[str, Spot]
    strays: dict[str, list[str]] = field(default_factory=dict)
    _records: dict[str, Run] = field(default_factory=dict)
    _open: dict[str, Counter[str]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0
    _silent: float | None = None

    def begin(self) -> None:
        """Delete jobs of earlier runs; those that are listed yet are passed over from now on."""
        for service, spot in self.spots.items():
            spot.cluster.forget(self.guests.name(service))
            self._known |= set(spot.cluster.states(self.guests.name(service)))

    def find(self, name: str) -> Run | None:
        """Give the record of a run that has ended, after a look at the clusters if the last one is long ago.

        Raises:
            TryAgain: A cluster or store has not answered for a minute.
            Rejected: It does not let us in.
        """
        with self._lock:
            if name not in self._records and time.monotonic() >= self._next:
                self._try()
            return self._records.get(name)

    def doubts(self) -> list[str]:
        """Say of which services jobs cannot be assigned or never end, and which had more at once than they were to."""
        said = [
            f"{len(jobs)} jobs of {service} ended without saying for which object; the first is {jobs[0]}"
            for service, jobs in self.strays.items()
        ]
        for service, counts in self._open.items():
            if counts:
                how = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
                said.append(f"{counts.total()} jobs of {service} had not ended at the last look: {how}")
        for service, spot in self.spots.items():
            runs = [run for run in self._records.values() if run.function == service]
            spans = [(milliseconds(r.started), milliseconds(r.finished)) for r in runs if r.started and r.finished]
            if (most := most_at_once(spans)) > spot.slot.parallelism:
                why = "" if spot.cluster.limits_instances else f", which {spot.cluster.name} has not"
                said.append(
                    f"{most} jobs of {service} ran at once, and {spot.slot.parallelism} were to: YuniKorn{why},"
                    " keeps services to their total_cpu"
                )
        return said

    def _try(self) -> None:
        began = time.monotonic()
        try:
            self._look()
            self._silent = None
        except TryAgain:
            self._silent = self._silent or began
            if began - self._silent > PATIENCE:
                raise
        ended = time.monotonic()
        self._next = ended + min(LATEST, max(SOONEST, SHARE * (ended - began)))

    def _look(self) -> None:
        for service, spot in self.spots.items():
            states = spot.cluster.states(self.guests.name(service)).items()
            new = {job: state for job, state in states if job not in self._known}
            self._open[service] = Counter(str(s["status"]) for s in new.values() if s["status"] not in FINISHED)
            for job, state in new.items():
                if state["status"] not in FINISHED:
                    continue
                run = self._record(service, spot, Job(
                    name=job,
                    service=service,
                    resource=spot.slot.resource,
                    image=str(self.guests.definitions[service].get("image") or ""),
                    state=state,
                    log=read_log(spot.cluster.log(self.guests.name(service), job) or ""),
                ))  # fmt: skip
                self._known.add(job)
                if run is None:
                    self.strays.setdefault(service, []).append(job)
                else:
                    self._records.setdefault(run.name, run)  # a second notification of one object is a second job

    def _record(self, service: str, spot: Spot, job: Job) -> Run | None:
        given = self._stat(spot.store, job.log.read) if job.log.read else None
        if job.log.read is None or given is None:
            return None
        outputs = [one for place in dict.fromkeys(job.log.written) if (one := self._output(spot, place)) is not None]
        return job.record(
            _stored(job.log.read, given),
            outputs,
            queued=given.modified,
            failure=self._failure(spot, outputs),
            must_give=bool(self.guests.services[service].outputs),
        )

    def _output(self, spot: Spot, place: Place) -> StoredObject | None:
        """Look an output up where those are who read it, else where it was made."""
        for store in self._stores(spot, place):
            if (stat := self._stat(store, place)) is not None:
                return _stored(place, stat)
        return None

    def _stores(self, spot: Spot, place: Place) -> Iterator[Store]:
        for service, other in self.spots.items():
            if any(path.holds(*place) for path in self.guests.inner(service).inputs):
                yield other.store
        yield spot.store

    def _failure(self, spot: Spot, outputs: list[StoredObject]) -> str:
        """Give the reason in the dead letter that a function wrote in place of its results."""
        letter = next((each for each in outputs if each.key.endswith(FAILURE)), None)
        if letter is None:
            return ""
        said = "it gave a dead letter"
        if letter.size <= _LARGEST:
            try:
                content = json.loads(spot.store.read(letter.bucket, letter.key)[0])
                said = str(content["reason"])[:300] or said
            except (MissingError, ValueError, TypeError, KeyError, RecursionError):
                pass
        return said

    @staticmethod
    def _stat(store: Store, place: Place) -> Stat | None:
        """Give an object as the store lists it: with the time to the millisecond where it knows that."""
        bucket, key = place
        path = PurePosixPath(key)
        folder = "" if str(path.parent) == "." else str(path.parent)
        try:
            return next((each for each in store.beginning(bucket, folder, path.name) if each.key == key), None)
        except (MissingError, Rejected):
            return None


def _stored(place: Place, stat: Stat) -> StoredObject:
    return StoredObject(bucket=place[0], key=place[1], etag=stat.etag, size=stat.size)
