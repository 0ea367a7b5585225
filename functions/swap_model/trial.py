"""Two models on the rows that neither was trained on, by the same code."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.arrays import Arrays, read
from functions.datasets.definition import Definition
from functions.datasets.preprocessing import Statistics, apply
from functions.runtime.errors import Rejected
from functions.runtime.outputs import place
from functions.sandbox.walls import choose
from functions.succession.documents import HOLDOUT, Scores
from functions.succession.judging import Bench
from functions.succession.scores import compared, losses_of
from functions.swap_model.candidate import Ctx, Origin, Result
from functions.trust.evidence import TRAINED

SAME = ("columns", "label", "input_shape", "output_shape", "task")
"""Fields of a definition that two models have to share, to be held against the same rows."""


def tried(candidate: Result, current: Result, origin: Origin, ctx: Ctx) -> Scores:
    """Score both models on the rows that were kept.

    Raises:
        Rejected: One of them cannot be tried, or they answer different questions.
    """
    definitions = [Definition.model_validate(dict(each.record.definition)) for each in (candidate, current)]
    other = [name for name in SAME if getattr(definitions[0], name) != getattr(definitions[1], name)]
    if other:
        raise Rejected(f"the model in place has another {' and '.join(other)}, so both cannot be held to one score")
    path = ctx.folder.parent / HOLDOUT  # a table is told by its name
    place(ctx.read(origin.kept), path)
    try:
        rows = read(path, definitions[0])
    finally:
        path.unlink()
    losses = [_losses(each, rows, definitions[0], ctx) for each in (candidate, current)]
    return compared(losses[0], losses[1], definitions[0].task)


def _losses(result: Result, rows: Arrays, definition: Definition, ctx: Ctx) -> NDArray[Any]:
    model: Path = result.read(ctx, f"{TRAINED}.onnx", most=ctx.settings.max_bytes)
    settings = ctx.settings
    bench = Bench(
        choose(settings.sandbox), ctx.folder.parent.resolve(), settings.memory, settings.seconds, tick=ctx.progress
    )
    statistics = Statistics.model_validate(dict(result.record.data.statistics))
    outputs = bench.predict(model, apply(np.array(rows.x, np.float32), statistics), definition.output_shape)
    return losses_of(outputs, rows.y, definition.task)
