"""The exporter of one plane, put together."""

from typing import TYPE_CHECKING

from functions.runtime.engine import VERSION
from functions.runtime.store import Store
from local.metrics.discovery import address_of, folder_of
from local.metrics.exporter import Exporter
from local.metrics.plane_sources import Letters, Looks, Processes, Queues
from local.metrics.sources import Source
from local.reconcile import Reconciler

if TYPE_CHECKING:
    from local.plane import Plane

LETTERS_EVERY = 15.0
"""Seconds between listings of the dead letters, at least."""


def exporter_of(plane: "Plane", reconciler: Reconciler) -> Exporter:
    """Give what serves the plane's metrics."""
    given, services = reconciler.given, reconciler.services
    queues = Queues(given, services)
    letters = Letters(Store(given), services, given.ledger)
    looks = Looks(reconciler.looks)
    processes = Processes(plane.parts, plane.restarts, plane.home.path, VERSION)
    sources = (
        Source("broker", queues.figures),
        Source("store", letters.figures, LETTERS_EVERY),
        Source("ledger", looks.figures),
        Source("processes", processes.figures),
    )

    def is_alive(part: str) -> bool:
        process = plane.processes.get(part) or plane.retiring.get(part)
        return process is not None and process.alive

    return Exporter(folder_of(plane.home), address_of(plane.home, plane.given), sources, is_alive)
