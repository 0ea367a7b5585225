"""A campaign of one component as it was planned, and commit records that its requests could have."""

from datetime import UTC, datetime, timedelta

from events import ObjectCreated
from functions.profiling.campaign import Campaign, FinishedRun, Load, PlannedRun, Report, Request, Slot
from functions.runtime.runs import Failure, Run, StoredObject, run_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SERVICE = "copy"


def later(milliseconds: float) -> datetime:
    return NOON + timedelta(milliseconds=milliseconds)


def planned(name: str = "copy-deployment1-run1-1", *, requests: int = 2, parallelism: int = 2) -> PlannedRun:
    slot = Slot(component="Copy", service=SERVICE, resource="VM1", parallelism=parallelism, cores=0.5, memory=10**9)
    load = Load(way="batches", times=(0.0,) * requests)
    return PlannedRun(name=name, unit=SERVICE, deployment="deployment1", repetition=1, slots=(slot,), load=load)


def request(index: int, service: str = SERVICE) -> Request:
    event = ObjectCreated(bucket="inbox", key=f"a/{index}", etag=f"e{index}")
    names = (f"{service}/{run_id(service, event)}",)
    return Request(bucket="inbox", key=event.key, etag=event.etag, size=100, sent=NOON, records=names)


def committed(index: int, *, queued: float, started: float, finished: float, compute: float) -> Run:
    """Give the commit record of a request; times in milliseconds after noon."""
    asked = request(index)
    return Run(
        state="committed",
        id=asked.records[0].partition("/")[2],
        function=SERVICE,
        host="jetstream",
        resource="VM1",
        input=StoredObject(bucket="inbox", key=asked.key, etag=asked.etag, size=100),
        outputs=(StoredObject(bucket="outbox", key="b/1", etag="x", size=40, sha256="0" * 64),),
        queued=later(queued),
        started=later(started),
        finished=later(finished),
        cpu_seconds=0.005,
        handler_seconds=compute / 1000,
        peak_memory=30_000_000,
    )


def failed(index: int, *, queued: float, finished: float) -> Run:
    run = committed(index, queued=queued, started=queued, finished=finished, compute=0)
    failure = Failure(reason="it is no picture", error="Rejected")
    return run.model_copy(update={"state": "failed", "failures": (failure,), "outputs": ()})


def report(records: tuple[Run, ...], run: PlannedRun | None = None) -> Report:
    """Give the report of a campaign of one run, whose requests have these records, or none."""
    run = run or planned()
    requests = tuple(request(index) for index in range(len(run.load.times)))
    campaign = Campaign(name="test", application="copying", seed=0, runs=(run,))
    return Report(campaign=campaign, finished=(FinishedRun(name=run.name, requests=requests, records=records),))
