"""The dead letters of failed runs: the index says which runs failed, their records where the letters lie."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice

from fdl import Service
from functions.runtime.errors import FunctionError
from functions.runtime.publication import failure_folder, joined, spare_folder
from local.dashboard.index import Wanted
from local.dashboard.rows import Row
from local.dashboard.sources import Sources
from local.letters import READERS, Letters, StoredLetter, oldest_first

PAGE = 50
BATCHES = 10
"""Pages of failed runs that are looked through for letters: those thrown away leave their runs behind."""
MOST_ODD = 100
ODD = "events"
"""The folder, among a service's letters, of those that tell of messages that are no events."""
log = logging.getLogger("noria.dashboard")


@dataclass(frozen=True)
class Shown:
    """Some letters, the newest first, and the run behind which the next page begins, None at the end."""

    letters: list[StoredLetter]
    last: Row | None


@dataclass(frozen=True)
class FailedRuns:
    """Finds the letters of failed runs in the store."""

    sources: Sources

    @property
    def letters(self) -> Letters:
        """Give the way to the letters themselves."""
        given, sources = self.sources.given, self.sources
        return Letters(sources.store, sources.ledger, given.ledger, sources.services, _leave_out)

    def page(self, wanted: Wanted) -> Shown:
        """Give the letters of the failed runs that are wanted."""
        found: list[StoredLetter] = []
        last: Row | None = None
        with ThreadPoolExecutor(READERS) as pool:
            for _ in range(BATCHES):
                rows = self.sources.index.page(wanted, PAGE)
                for row, letter in zip(rows, pool.map(self._of_run, [row.name for row in rows]), strict=True):
                    last = row
                    found += [letter] if letter else []
                    if len(found) == PAGE:
                        return Shown(found, last)
                if len(rows) < PAGE:
                    return Shown(found, None)
                assert last is not None
                wanted = Wanted(wanted.function, wanted.state, wanted.text, (last.at, last.name))
        return Shown(found, last)

    def named(self, names: Sequence[str]) -> list[StoredLetter]:
        """Give the letters of runs by their names, the oldest first; those that are gone are left out."""
        with ThreadPoolExecutor(READERS) as pool:
            return oldest_first(filter(None, pool.map(self._of_run_or_message, names)))

    def no_events(self, function: str) -> list[StoredLetter]:
        """Give letters of messages that were no events, of one function or of all; a hundred at most."""
        services = [service for service in self.sources.services if function in {"", service.name}]
        places = chain.from_iterable(self._odd_places(service) for service in services)
        found = (self.letters.readable(*place) for place in islice(places, MOST_ODD))
        return oldest_first(letter for letter in found if letter and letter.letter.input is None)[::-1]

    def _odd_places(self, service: Service) -> list[tuple[str, str]]:
        ledger = self.sources.given.ledger
        found = []
        for bucket, folder in dict.fromkeys((failure_folder(service, ledger), (ledger, spare_folder(service)))):
            try:
                stats = islice(self.sources.store.list(bucket, joined(folder, ODD)), MOST_ODD)
                found += [(bucket, stat.key) for stat in stats]
            except FunctionError as error:
                _leave_out(error)
        return found

    def _of_run(self, name: str) -> StoredLetter | None:
        run = self.sources.ledger.find(name)
        if run is None or run.state != "failed":
            return None
        found = (self.letters.readable(each.bucket, each.key) for each in run.outputs)
        return next((each for each in found if each and each.letter.run == name), None)

    def _of_run_or_message(self, name: str) -> StoredLetter | None:
        if name.count("/") != 1:
            return None
        found = self._of_run(name)
        return found or next((each for each in self.no_events(name.partition("/")[0]) if each.letter.run == name), None)


def _leave_out(error: FunctionError) -> None:
    log.info("left out", extra={"reason": error.message})
