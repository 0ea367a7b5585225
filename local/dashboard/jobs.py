"""Jobs: what learns now, and what has learnt, with the curves."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from starlette.responses import Response

from functions.runtime.errors import MissingError
from functions.runtime.runs import Run
from local.dashboard.curves import METRICS, Seen, epochs_of, plots_of
from local.dashboard.index import Wanted
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.services import running
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

pages = Pages("Jobs", "/jobs")
TRAINING = "train-on-upload"
UNFINISHED = ("running", "retrying", "lost")
MOST_UNFINISHED, MOST_ENDED, READERS = 200, 50, 16
_seen = Seen()


@pages.get("/jobs")
def jobs(visit: Visit) -> Response:
    """List what learns now, and what has, the newest first."""
    sources = visit.sources
    return answer(visit, "jobs.html", "jobs_tables.html", learning=_learning(sources), ended=_ended(sources))


@pages.get("/job")
def job(visit: Visit) -> Response:
    """Show the curves of one run, live while it learns."""
    name = visit.asked("name")
    run = visit.sources.ledger.find(name) if name.count("/") == 1 else None
    if run is None:
        raise MissingError(f"there is no run {name[:200]!r}")
    epochs = epochs_of(run, visit.sources, _seen)
    names = list(dict.fromkeys(name for numbers in epochs.values() for name in numbers))
    return answer(
        visit,
        "job.html",
        "job_curves.html",
        run=run,
        epochs=list(epochs.items())[-100:],
        names=names[:12],
        plots=plots_of(epochs),
    )


@pages.live("jobs")
def tell(sources: Sources) -> dict[str, str]:
    """Say how far everything is that learns now."""
    found = {run.name: _far(run) for run in _learning(sources)}
    return {
        **found,
        "ended": str(sum(sources.index.counts().get(name, {}).get("committed", 0) for name in _names(sources))),
    }


def _learning(sources: Sources) -> list[Run]:
    """Give the runs that say in which epoch they are."""
    rows = [row for state in UNFINISHED for row in sources.index.page(Wanted(state=state), MOST_UNFINISHED)]
    found = [run for run in _read(sources, (row.name for row in rows)) if "epoch" in run.progress]
    for run in found:
        _seen.note(run)
    return sorted(found, key=lambda run: run.name)


def _ended(sources: Sources) -> list[Run]:
    """Give the newest runs that have published how they learnt, and those of training that have failed."""
    rows = [row for name in _names(sources) for row in sources.index.page(Wanted(function=name), 4 * MOST_ENDED)]
    rows = sorted((row for row in rows if row.outputs and row.state not in UNFINISHED), key=lambda row: -row.at)
    found = _read(sources, (row.name for row in rows[:MOST_ENDED]))
    return [run for run in found if run.state == "failed" or any(e.key.endswith(METRICS) for e in run.outputs)]


def _names(sources: Sources) -> list[str]:
    """Name the services that train, and those that were seen to."""
    seen = {name.partition("/")[0] for name in _seen.runs}
    return sorted({*running(sources.services, TRAINING), *seen})


def _read(sources: Sources, names: Iterable[str]) -> list[Run]:
    with ThreadPoolExecutor(READERS) as pool:
        return [run for run in pool.map(sources.ledger.find, names) if run]


def _far(run: Run) -> str:
    """Say how far a run is, with its losses."""
    numbers = run.progress
    of = f" of {numbers['epochs']:.0f}" if "epochs" in numbers else ""
    losses = [f"{name} {numbers[name]:.4g}" for name in ("loss", "val_loss") if name in numbers]
    return ", ".join([f"epoch {numbers['epoch']:.0f}{of}", *losses])
