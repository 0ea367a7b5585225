"""The recipe: what was asked for, by the uploaded definition, is what the record says was used."""

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from pydantic import JsonValue

from functions.datasets.definition import read_definition
from functions.datasets.vocabulary import METRICS_OF_TASK, TASK_OF_LOSS
from functions.runtime.errors import Rejected
from functions.training.record import TrainingRecord
from functions.trust.errors import TrustError

CLOSE = 1e-6
"""Relative; settings are read back from 32-bit numbers."""
PLAIN = ("seed", "epochs", "batch_size", "task", "loss", "early_stopping")
"""Fields of a definition that the recipe has under the same name."""


def doubts_of_definition(record: TrainingRecord, definition: Path) -> Iterator[TrustError]:
    """Give what the record says was asked for and the uploaded file does not; ``definition`` has its own name."""
    try:
        asked = read_definition(definition).model_dump(mode="json")
    except Rejected as refusal:
        yield TrustError("E_DEFINITION", f"the uploaded definition is none: {refusal.message}")
        return
    for name in sorted(asked.keys() | record.definition.keys()):
        if name not in record.definition or asked.get(name) != record.definition[name]:
            yield TrustError("E_DEFINITION", f"{name} is not in {definition.name} what the record says was asked for")


def doubts_of_recipe(record: TrainingRecord) -> Iterator[TrustError]:
    """Name each setting that was asked for and not used."""
    used = record.recipe.model_dump(mode="json")
    for name, wanted, found in chain(_settings(record, used), _defaults(record), _shares(record)):
        if not _is(wanted, found):
            yield TrustError(
                "E_RECIPE_NOT_USED", f"{name} was asked to be {_shown(wanted)}, and {_shown(found)} was used"
            )
    epochs, ran = record.recipe.epochs, record.epochs_run
    over = ran > epochs or (record.stopped_by == "epochs" and ran < epochs)
    if over or (record.stopped_by == "early_stopping" and record.recipe.early_stopping is None):
        said = f"{ran} of {epochs} epochs ran, and the record says that {record.stopped_by} ended it"
        yield TrustError("E_RECIPE_NOT_USED", said)


Wish = tuple[str, JsonValue, JsonValue]
"""A setting: its name, what was asked for, and what was used."""


def _settings(record: TrainingRecord, used: Mapping[str, JsonValue]) -> Iterator[Wish]:
    asked = record.definition
    for name in PLAIN:
        if asked.get(name) is not None or name == "early_stopping":
            yield name, asked.get(name), used[name]
    optimizer = asked.get("optimizer")
    for name, wanted in (optimizer if isinstance(optimizer, dict) else {}).items():
        if wanted is not None:
            yield f"optimizer.{name}", wanted, record.recipe.optimizer.get(name)
    yield "class_weights", _class_weights(record), used["class_weights"]


def _defaults(record: TrainingRecord) -> Iterator[Wish]:
    """Give what is used where nothing was asked for: a loss of the task, and the first of its metrics."""
    asked, recipe = record.definition, record.recipe
    yield "task", recipe.task, TASK_OF_LOSS.get(recipe.loss)
    yield "metrics", asked.get("metrics") or list(METRICS_OF_TASK[recipe.task][:1]), list(recipe.metrics)


def _class_weights(record: TrainingRecord) -> JsonValue:
    """Give the weight of each class's number; what is balanced comes from the counts of the training part."""
    wanted, classes = record.definition.get("class_weights"), record.data.classes
    if wanted == "balanced":
        rows = {name: counts.get("train", 0) for name, counts in classes.items()}
        total = sum(rows.values())
        return {str(n): total / (len(rows) * count) if count else 0.0 for n, count in enumerate(rows.values())}
    if isinstance(wanted, dict):
        return {str(number): wanted.get(name) for number, name in enumerate(classes)}
    return wanted


def _shares(record: TrainingRecord) -> Iterator[Wish]:
    """Give the rows of each part that ``split`` asks for, where others were used."""
    split, rows = record.definition.get("split"), record.data.rows
    if not isinstance(split, dict):
        return
    test, validation = (float(str(split.get(name) or 0)) for name in ("test", "validation"))
    tests = _part(rows, test)
    wanted = {"test": tests, "validation": _part(rows - tests, validation / (1 - test))}
    for name, most in wanted.items():
        found = record.data.parts.get(name, 0)
        if abs(found - most) > 1:  # parts of classes are rounded each
            yield f"split.{name}", f"{most} rows", f"{found} rows"


def _part(rows: int, share: float) -> int:
    return max(1, round(share * rows)) if share else 0


def _is(wanted: JsonValue, found: JsonValue) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(_is(value, found[name]) for name, value in wanted.items())
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return math.isclose(wanted, found, rel_tol=CLOSE)
    return wanted == found


def _shown(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
