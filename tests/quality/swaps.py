"""How often a model that is no better takes another's place, and how often a better one does."""

import numpy as np
from numpy.typing import NDArray

from functions.succession.scores import compared, level_of
from tests.quality.report import Figures, Floor

LEVEL, SERIES, COMPARISONS, KEPT, SHARE = 0.05, 2000, 10, 150, 0.8
BETTER = (0.85, 0.9, 0.95)
ROWS = (50, 150, 500)
SOURCE = "issue 9.3"
SAID = (
    f"Swaps: {SERIES:,} series of {COMPARISONS} candidates that get {SHARE:.0%} of {KEPT} kept rows right, as the one "
    f"in place does; at most {LEVEL:.0%} of the series may end with a swap. 'Uncorrected' takes whichever has the "
    "better share. Rows are got right independently of one another: models that err on the same rows are told apart by"
    " fewer."
)
Losses = NDArray[np.float64]


def figures() -> tuple[Figures, list[Floor]]:
    """Draw right and wrong answers, independently, and compare them as swap-model does; seconds of CPU."""
    draw = np.random.default_rng(9)
    swapped, better = _series(draw)
    power = [[f"{share:.2f} against {SHARE:.2f}", *(_found(draw, share, rows) for rows in ROWS)] for share in BETTER]
    none = [[f"{SHARE:.2f} against {SHARE:.2f}, {COMPARISONS} times", "", 100 * swapped / SERIES, ""]]
    none += [["the same, uncorrected", "", 100 * better / SERIES, ""]]
    columns = ["share of rows got right", *(f"swapped, % of {rows} rows " for rows in ROWS)]
    floor = Floor("swaps: series of models alike that end with one", 100 * swapped / SERIES, "at most", 5, " %", SOURCE)
    return Figures("swaps", columns, [*none, *power]), [floor]


def _series(draw: np.random.Generator) -> tuple[int, int]:
    """Give how many series have a swap, and in how many some candidate only looks better."""
    swapped = better = 0
    for _ in range(SERIES):
        current = _losses(draw, SHARE, KEPT)
        scores = [compared(_losses(draw, SHARE, KEPT), current, "multiclass") for _ in range(COMPARISONS)]
        better += any(each.is_better for each in scores)
        swapped += any(each.is_better and each.p <= level_of(LEVEL, n) for n, each in enumerate(scores, start=1))
    return swapped, better


def _found(draw: np.random.Generator, share: float, rows: int, times: int = 500) -> float:
    """Give how many in 100 better candidates are swapped in the first comparison."""
    scores = [compared(_losses(draw, share, rows), _losses(draw, SHARE, rows), "multiclass") for _ in range(times)]
    return 100 * sum(each.is_better and each.p <= level_of(LEVEL, 1) for each in scores) / times


def _losses(draw: np.random.Generator, share: float, rows: int) -> Losses:
    wrong: Losses = (draw.random(rows) >= share).astype(np.float64)
    return wrong
