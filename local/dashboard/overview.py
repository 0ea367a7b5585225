"""The first page: each pipeline as a graph with what goes through it now, and the newest objects."""

import time

from starlette.responses import Response

from local.dashboard.graph import graph
from local.dashboard.index import Wanted
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.rows import Row
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

pages = Pages("Pipelines", "/")
COLUMNS = ("queued", "running", "retrying", "committed", "failed", "last minute")
NEWEST = 12
MINUTE = 60.0
BROKER = 0.1
"""Seconds that the page waits for the broker's first answer."""


@pages.get("/")
def overview(visit: Visit) -> Response:
    """Show every pipeline."""
    sources = visit.sources
    graphs = [
        graph(each, [service for other in sources.pipelines if other is not each for service in other.services])
        for each in sources.pipelines
    ]
    shown = {"graphs": graphs, "counts": tell(sources), "columns": COLUMNS}
    return answer(visit, "overview.html", "flow.html", flow=_flow(sources), **shown)


def _flow(sources: Sources) -> list[tuple[Row, list[tuple[str, str]]]]:
    """Give the newest runs, each with what it made."""
    return [(row, sources.index.made_by(row.name)) for row in sources.runs(Wanted(), NEWEST)]


@pages.live("counts")
def tell(sources: Sources) -> dict[str, str]:
    """Say for each service how many events wait, how many runs are in which state, and how many end a minute."""
    counts, backlogs = sources.index.counts(), sources.pulse.backlogs(patience=BROKER)
    lately = sources.index.finished_since(time.time() - MINUTE)
    told: dict[str, str] = {}
    for service in sources.services:
        states, backlog = counts.get(service.name, {}), backlogs.get(service.name)
        numbers = {state: states.get(state, 0) for state in ("running", "retrying", "committed", "failed")}
        numbers["retrying"] += states.get("lost", 0)
        numbers["last minute"] = lately.get(service.name, 0)
        told |= {f"{service.name}.{name}": f"{number:,}" for name, number in numbers.items()}
        told[f"{service.name}.queued"] = f"{backlog.queued:,}" if backlog else "?"
    return told


@pages.live("flow")
def tell_flow(sources: Sources) -> dict[str, str]:
    """Say that there is something new."""
    return {"revision": str(sources.index.revision)}
