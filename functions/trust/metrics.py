"""Metrics: the numbers in ``metrics.json``, which people read, are those in the record, which the bill is made from."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from functions.runtime.hashing import read_file
from functions.training.record import TrainingRecord
from functions.trust.documents import parsed
from functions.trust.errors import TrustError

METRICS = "metrics.json"
PREFIXES = {"train": "", "validation": "val_", "test": "test_"}
"""Part of the data -> what the record puts before the names of its numbers."""


def doubts_of_metrics(record: TrainingRecord, outputs: Mapping[str, Path]) -> Iterator[TrustError]:
    """Give what ``metrics.json`` says otherwise than the record; numbers that are undefined are in neither."""
    if METRICS not in outputs:
        return
    document = parsed(read_file(outputs[METRICS]), METRICS)
    if document.get("kept_epoch") != record.kept_epoch:
        yield TrustError("E_METRICS", f"{METRICS} is not about the epoch {record.kept_epoch} that was kept")
    final = document.get("final")
    found = {
        f"{PREFIXES[part]}{name}": value
        for part, numbers in (final if isinstance(final, dict) else {}).items()
        if part in PREFIXES and isinstance(numbers, dict)
        for name, value in numbers.items()
        if value is not None
    }
    differing = sorted(name for name in found.keys() | record.metrics.final.keys() if not _same(record, found, name))
    if differing:
        yield TrustError("E_METRICS", f"{METRICS} and the record do not say the same of {differing[0][:80]}")


def _same(record: TrainingRecord, found: Mapping[str, object], name: str) -> bool:
    return name in found and found[name] == record.metrics.final.get(name)
