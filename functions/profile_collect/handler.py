"""Turn the commit records of a profiling campaign into tables, once its report is uploaded."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from events import ObjectCreated
from functions.profiling.campaign import FinishedRun, read_report
from functions.profiling.jobs import jobs
from functions.profiling.writing import write_tables
from functions.runtime import Context, Rejected, Settings, function
from functions.runtime.runs import Run

HEX = 12


class ProfileCollect(Settings):
    """Set from the environment as ``PROFILE_COLLECT_MAX_JOBS``."""

    max_jobs: int = Field(default=100_000, gt=0, description="Runs of functions in one campaign.")


@function(settings=ProfileCollect)
def profile_collect(event: ObjectCreated, ctx: Context[ProfileCollect]) -> None:
    """Write ``<campaign>/<digest>/jobs.csv``, and for each testing unit its tables, all of them as Parquet too.

    A record that the ledger has counts as the ledger has it; of one that it has not, the report's own copy does.

    Raises:
        Rejected: The object is no report of a campaign, or too large a one.
    """
    file = ctx.fetch(event)
    report = read_report(file, source=event.name)
    count = sum(len(request.records) for each in report.finished for request in each.requests)
    if count > ctx.settings.max_jobs:
        raise Rejected(f"{event.name} has {count:,} jobs, more than {ctx.settings.max_jobs:,}", hint="split it")
    report = report.model_copy(update={"finished": tuple(_checked(report.finished, ctx))})
    folder = f"{report.campaign.name}/{ctx.digest(file)[:HEX]}"  # campaigns of one name are not each other's
    write_tables(report, lambda name: ctx.output(f"{folder}/{name}"))
    rows = jobs(report)
    ctx.metric("jobs", len(rows))
    ctx.metric("failures", sum(row.failed for row in rows))
    ctx.log.info("collected", extra={"campaign": report.campaign.name, "runs": len(report.finished)})


def _checked(finished: Iterable[FinishedRun], ctx: Context[ProfileCollect]) -> Iterator[FinishedRun]:
    """Give the runs with the ledger's records, where it has them, and no others than their requests name."""
    for each in finished:
        names = dict.fromkeys(name for request in each.requests for name in request.records)
        found = (ctx.record(name) or each.record_of.get(name) for name in names)
        records: tuple[Run, ...] = tuple(record for record in found if record is not None)
        yield each.model_copy(update={"records": records})
