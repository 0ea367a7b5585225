"""Drift: every stream that is watched, what tests have said of it lately, its alarms, and the models swapped for it."""

from pydantic import ValidationError
from starlette.responses import Response

from functions.runtime.errors import FunctionError, Rejected
from functions.succession.documents import Changes
from local.dashboard.drift_streams import CHECK, newest, streams
from local.dashboard.pages import Pages
from local.dashboard.parts import answer
from local.dashboard.services import running
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit
from local.models import Models

pages = Pages("Drift", "/drift")
MOST_MODELS = 20


@pages.get("/drift")
def drift(visit: Visit) -> Response:
    """Show every stream, and the models in place."""
    sources = visit.sources
    return answer(
        visit,
        "drift.html",
        "drift_part.html",
        streams=streams(sources),
        models=_models(sources),
        is_watched=bool(running(sources.services, CHECK)),
    )


@pages.live("drift")
def tell(sources: Sources) -> dict[str, str]:
    """Name the newest runs that may have changed what is known."""
    return newest(sources)


def _models(sources: Sources) -> list[Changes]:
    """Give what was decided about each model; nothing where nobody swaps any."""
    try:
        known = Models.of(sources.services, sources.store, sources.ledger)
        names = known.names()[:MOST_MODELS]
    except Rejected:
        return []
    found = []
    for name in names:
        try:
            found.append(known.changes(name))
        except (FunctionError, ValidationError):  # deleted just now, or somebody else's
            continue
    return found
