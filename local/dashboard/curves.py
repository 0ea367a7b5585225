"""Learning curves: the numbers of each epoch, from a worker's log, the lease and, at the end, ``metrics.json``."""

import json
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from functions.runtime.errors import FunctionError
from functions.runtime.runs import Run
from local.dashboard.plots import Plot, plot
from local.dashboard.sources import Sources

METRICS = "metrics.json"
LARGEST = 8_000_000
"""Bytes of a ``metrics.json`` that is read."""
TAIL = 4_000_000
"""Bytes of a log's end that are looked through."""
MOST_RUNS, MOST_EPOCHS = 200, 20_000
MOST_NAMES, MOST_PLOTS = 64, 12
"""Names of numbers in all epochs together, and plots: a training process that was taken over may name anything."""
COUNTERS = frozenset({"epoch", "epochs", "step", "steps"})


class Epochs(dict[int, dict[str, float]]):
    """Epoch -> its numbers by name."""

    def __init__(self) -> None:
        super().__init__()
        self._names: set[str] = set()

    def take(self, numbers: Mapping[str, Any], *, is_over: bool = False) -> None:
        """Add an epoch's numbers, if it is over: while one is under way there is a step, and nothing to show."""
        epoch = numbers.get("epoch")
        if not _is_number(epoch) or ("step" in numbers and not is_over) or len(self) >= MOST_EPOCHS:
            return
        named = {name: float(value) for name, value in numbers.items() if name not in COUNTERS and _is_number(value)}
        new = (name for name in named if name not in self._names)
        self._names.update(list(islice(new, MOST_NAMES - len(self._names))))
        assert epoch is not None
        if kept := {name: value for name, value in named.items() if name in self._names}:
            self[int(epoch)] = kept

    @property
    def ordered(self) -> "Epochs":
        """Give the same, the first epoch first."""
        found = Epochs()
        for epoch in sorted(self):
            found.take({"epoch": epoch, **self[epoch]})
        return found


class Seen:
    """What leases have shown while somebody looked: where a worker's log lies elsewhere, there is nothing else."""

    def __init__(self) -> None:
        self.runs: dict[str, Epochs] = {}

    def note(self, run: Run) -> None:
        """Keep the numbers of an epoch that is over."""
        self.runs.setdefault(run.name, Epochs()).take(run.progress)
        while len(self.runs) > MOST_RUNS:
            self.runs.pop(next(iter(self.runs)))


def epochs_of(run: Run, sources: Sources, seen: Seen) -> Epochs:
    """Give the epochs of a run in their order, as far as they are known."""
    found = seen.runs.get(run.name, Epochs()).ordered
    if run.state == "committed":
        return _told(run, sources) or found
    for numbers in logged(sources.given.home / "run", run):
        found.take(numbers)
    found.take(run.progress)
    return found.ordered


def logged(folder: Path, run: Run) -> Iterator[Mapping[str, float]]:
    """Give the epochs that the workers on this machine have logged of a run, the latest last."""
    wanted = json.dumps(run.name).encode()
    for file in sorted(folder.glob(f"worker-{run.function}-*.log")):
        with file.open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - TAIL, 0))
            lines = [line for line in log if wanted in line and b'"epoch"' in line]
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:  # it was cut
                continue
            if told.get("event") == "epoch" and told.get("run") == run.name and isinstance(told.get("numbers"), dict):
                yield told["numbers"]


def plots_of(epochs: Mapping[int, Mapping[str, float]], *, kept: int = 0) -> list[Plot]:
    """Draw each metric over the epochs, the loss first, validation beside training; ``kept`` is marked."""
    names = {name.removeprefix("val_") for numbers in epochs.values() for name in numbers}
    chosen = sorted(names, key=lambda each: (each != "loss", each))[:MOST_PLOTS]
    return [found for name in chosen if (found := _curve(epochs, name, kept))]


def _curve(epochs: Mapping[int, Mapping[str, float]], name: str, kept: int) -> Plot | None:
    parts = {"training": name, "validation": f"val_{name}"}
    lines = {
        part: [(float(epoch), numbers[key]) for epoch, numbers in epochs.items() if key in numbers]
        for part, key in parts.items()
    }
    at = epochs.get(kept, {}).get(f"val_{name}", epochs.get(kept, {}).get(name))
    marks = [] if at is None else [(float(kept), at, f"epoch {kept} was kept")]
    return plot(name.replace("_", " "), "epoch", lines, marks=marks)


def _told(run: Run, sources: Sources) -> Epochs:
    """Read the history that a training has published."""
    one = next((each for each in run.outputs if each.key.endswith(f"/{METRICS}") and each.size <= LARGEST), None)
    try:
        return taken(sources.store.read(one.bucket, one.key)[0]) if one else Epochs()
    except FunctionError:
        return Epochs()


def taken(body: bytes) -> Epochs:
    """Take the epochs out of a ``metrics.json``: whoever made it may have written anything there."""
    epochs = Epochs()
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return epochs
    history = found.get("history") if isinstance(found, dict) else None
    for each in history if isinstance(history, list) else []:
        if isinstance(each, dict):
            parts = {"": each.get("train"), "val_": each.get("validation")}
            named = {f"{start}{name}": value for start, part in parts.items() for name, value in _items(part)}
            epochs.take({"epoch": each.get("epoch"), **named}, is_over=True)
    return epochs


def _items(part: object) -> Iterator[tuple[str, Any]]:
    yield from part.items() if isinstance(part, dict) else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
