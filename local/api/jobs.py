"""Jobs: what has become of each, told from the objects of its folder and the ledger alone.

A job is the folder ``<input of the training function>/<job id>/``. It makes no difference who put it there, or whether
the API was running meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal, get_args

from events import ObjectCreated
from fdl import Service, StoragePath
from functions.runtime.errors import CancelledError, MissingError
from functions.runtime.keeping import cancel_key
from functions.runtime.ledger import Ledger
from functions.runtime.runs import Run, StoredObject, run_id
from functions.runtime.store import Stat, Store
from local.api.members import is_job_id
from local.api.objects import Objects
from local.chain import look

State = Literal["queued", "waiting", "running", "retrying", "signing", "cancelling", "completed", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
ENDED: frozenset[State] = frozenset({"completed", "failed", "cancelled"})
_MOST_MEMBERS = 1000
_MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class Job:
    """One job as it is now.

    Attributes:
        submitted: When its last member came, UTC.
        run: The training run, if it has begun.
        runs: The names of the runs of all members, that of the training among them.
        reason: How it ended, or why it is tried again; ``hint`` is what a person can do.
        progress: Epoch, loss and so on, while it trains.
        artifacts: File name -> object, of what has been committed; signed copies before unsigned ones.
    """

    id: str
    state: State
    submitted: datetime
    run: Run | None = None
    runs: tuple[str, ...] = ()
    reason: str = ""
    hint: str = ""
    progress: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, StoredObject] = field(default_factory=dict)


@dataclass(frozen=True)
class Jobs:
    """The jobs of the training function ``trainer``; ``services`` are all that are served with it."""

    store: Store
    objects: Objects
    ledger: Ledger
    ledger_bucket: str
    services: Sequence[Service]
    trainer: Service
    _ended: dict[str, tuple[Job, str]] = field(default_factory=dict)

    @property
    def place(self) -> StoragePath:
        """The folder with the jobs' folders."""
        return self.trainer.inputs[0]

    def ids(self, after: str = "") -> list[str]:
        """Name the jobs, the newest first; those older than ``after`` if it is given."""
        found = filter(is_job_id, self.objects.folders(self.place.bucket, self.place.prefix))
        return sorted((each for each in found if not after or each < after), reverse=True)

    def find(self, job: str) -> Job | None:
        """Give a job; None if nobody ever submitted it, or its inputs were deleted."""
        members = self._members(job)
        if not members:
            return None
        names = tuple(self._run_of(member) for member in members)
        if remembered := self._remembered(job, names):
            return remembered
        runs = {name: seen for name in names if (seen := self.ledger.look(name))}
        training = self._training(names[-1], runs)
        if training is None:
            return self._with_wish(Job(job, "queued", members[-1].modified, runs=names))
        run, record = training
        known = Job(job, "queued", members[-1].modified, run, names)
        found = self._after_training(known, run) if run.state == "committed" else self._in_training(known, run)
        if found.state == "completed" or run.state == "failed":
            self._remember(found, record)
        return found

    def cancel(self, job: Job) -> None:
        """Write down that nobody wants the job any more; the training sees it at its next step, or before its first."""
        wanted = (job.run.name,) if job.run and job.run.members else job.runs
        for name in wanted:
            self.store.write(self.ledger_bucket, cancel_key(name), b"{}", metadata={"Content-Type": "application/json"})

    def _members(self, job: str) -> list[Stat]:
        """List the objects of the job's folder, not those in folders below it; the latest is the last."""
        folder = "/".join(filter(None, (self.place.prefix, job)))
        found = islice(self.store.list(self.place.bucket, folder), _MOST_MEMBERS)
        here = [stat for stat in found if "/" not in stat.key.removeprefix(f"{folder}/")]
        return sorted(here, key=lambda stat: (stat.modified, stat.key))

    def _run_of(self, member: Stat) -> str:
        event = ObjectCreated(bucket=self.place.bucket, key=member.key, etag=member.etag)
        return f"{self.trainer.name}/{run_id(self.trainer.name, event)}"

    def _remembered(self, job: str, names: tuple[str, ...]) -> Job | None:
        """Give what is known of an ended job, if its members and its training's record are still the same."""
        found, etag = self._ended.get(job, (None, ""))
        if found is None or found.run is None or found.runs != names:
            return None
        record = self.ledger.look(found.run.name)
        return found if record and record[1].etag == etag else None

    def _remember(self, job: Job, record: Stat) -> None:
        """Save a long list the trouble of reading every run again; what is remembered can be told anew at any time."""
        self._ended[job.id] = job, record.etag
        while len(self._ended) > _MOST_REMEMBERED:
            self._ended.pop(next(iter(self._ended)), None)

    def _training(self, latest: str, runs: Mapping[str, tuple[Run, Stat]]) -> tuple[Run, Stat] | None:
        """Give the run that works on the set: the one that leads, else what the latest member's has come to."""
        for run, record in reversed(list(runs.values())):
            if run.members and not run.member_of and run.state not in {"failed", "superseded"}:
                return run, record
        found = runs.get(latest)
        return self.ledger.look(found[0].member_of) if found and found[0].member_of else found

    def _in_training(self, known: Job, run: Run) -> Job:
        last = run.failures[-1] if run.failures else None
        told = {"reason": last.reason, "hint": last.hint} if last else {}
        if run.state in {"failed", "superseded"}:
            state: State = "cancelled" if last and last.error == CancelledError.__name__ else "failed"
            return _changed(known, state, **told)
        if run.state == "running":
            return self._with_wish(_changed(known, "running", progress=dict(run.progress)))
        if run.waiting_since is not None and run.attempt == 0:
            return self._with_wish(_changed(known, "waiting"))
        return self._with_wish(_changed(known, "retrying", **told))

    def _after_training(self, known: Job, run: Run) -> Job:
        """Follow the training's results on to who signs them."""
        chains = [look(output, self.services, self.ledger) for output in run.outputs]
        after = [each for chain in chains for each in chain.runs]
        artifacts = {_file(output): output for each in (run, *after) for output in _committed(each)}
        failed = next((each for each in after if each.state == "failed"), None)
        if failed is not None:  # not remembered: the signing may be sent round again
            why = failed.failures[-1]
            reason = f"the model was trained, but {failed.function} refused it: {why.reason}"
            return _changed(known, "failed", reason=reason, hint=why.hint, artifacts=artifacts)
        if not all(chain.is_quiet for chain in chains):
            return _changed(known, "signing", artifacts=artifacts)
        signed = any(each.outputs for each in after)
        reason = "Training completed successfully" + (" and AIBoM generated." if signed else ".")
        return _changed(known, "completed", reason=reason, artifacts=artifacts)

    def _with_wish(self, job: Job) -> Job:
        """See whether somebody has cancelled a job that has not ended."""
        name = job.run.name if job.run else job.runs[-1]
        try:
            self.store.stat(self.ledger_bucket, cancel_key(name))
        except MissingError:
            return job
        return _changed(job, "cancelling")


def _changed(job: Job, state: State, **update: object) -> Job:
    return Job(**{**vars(job), "state": state, **update})


def _committed(run: Run) -> Iterator[StoredObject]:
    yield from run.outputs if run.state == "committed" else ()


def _file(one: StoredObject) -> str:
    return one.key.rpartition("/")[2]
