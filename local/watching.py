"""What watch-constraints knows, read from the objects that it keeps; for the API, the dashboard and reports."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from fdl import OutputPath, Service
from functions.runtime.errors import FunctionError, MissingError
from functions.runtime.publication import joined
from functions.runtime.store import Stat, Store
from functions.watching.state import SLOTS, STATE_ENDING, State, parse_state

_NAME = re.compile(r"(.+)\.(\d)" + re.escape(STATE_ENDING))


def states(store: Store, services: Sequence[Service]) -> list[State]:
    """Give the newest state of each application that is watched, by name; none where nothing is watched.

    Raises:
        StoreUnavailableError: The store does not answer.
    """
    found: dict[str, State] = {}
    for place, stats in _newest(store, services):
        for stat in stats:
            with suppress(MissingError):
                state = _read(store, place.bucket, stat.key)
                known = found.get(state.application) if state else None
                if state and (known is None or state.sequence > known.sequence):
                    found[state.application] = state
    return [found[name] for name in sorted(found)]


def is_watched(services: Sequence[Service]) -> bool:
    """Tell whether a service among these watches constraints."""
    return bool(places(services, STATE_ENDING))


def places(services: Sequence[Service], suffix: str) -> list[OutputPath]:
    """Give the folders that are for objects with this very suffix, each once: ``.watch-state.json``."""
    found = [path for service in services for path in service.outputs if suffix in path.suffixes]
    return list({(path.bucket, path.prefix): path for path in found}.values())


def _newest(store: Store, services: Sequence[Service]) -> Iterator[tuple[OutputPath, list[Stat]]]:
    """Give for each application the objects that may be its newest: they take turns."""
    for place in places(services, STATE_ENDING):
        groups: dict[str, list[Stat]] = {}
        with suppress(MissingError):
            for stat in store.list(place.bucket, joined(place.prefix, "")):
                if name := _NAME.fullmatch(stat.key.rpartition("/")[2]):
                    groups.setdefault(name[1], []).append(stat)
        for stats in groups.values():
            stats.sort(key=lambda stat: stat.modified, reverse=True)
            latest = stats[0].modified - timedelta(seconds=1)  # the store's times have whole seconds
            yield place, [stat for stat in stats[:SLOTS] if stat.modified >= latest]


def _read(store: Store, bucket: str, key: str) -> State | None:
    """Give one; None for what is no state: whoever may write there may have put anything there."""
    body, _ = store.read(bucket, key)
    try:
        return parse_state(body)
    except FunctionError:
        return None
