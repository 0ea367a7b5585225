"""Which of two models is better on the same rows, and whether that may be chance."""

from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.vocabulary import Task
from functions.succession.documents import Scores

Outputs = NDArray[np.float32]
Losses = NDArray[np.float64]


def compared(candidate: Losses, current: Losses, task: Task) -> Scores:
    """Compare what each row costs both models: 0 or 1 for classes, the distance for numbers; (N,) each."""
    wins, losses = int((candidate < current).sum()), int((candidate > current).sum())
    means = float(candidate.mean()), float(current.mean())
    is_share = task != "regression"
    return Scores(
        measure="share" if is_share else "error",
        candidate=1 - means[0] if is_share else means[0],
        current=1 - means[1] if is_share else means[1],
        rows=len(candidate),
        wins=wins,
        losses=losses,
        p=sign_test(wins, losses),
    )


def sign_test(wins: int, losses: int) -> float:
    """Give P(W >= wins) of a fair coin thrown ``wins + losses`` times, exactly; 1 where no row tells them apart."""
    thrown = wins + losses
    ways = total = comb(thrown, wins)
    for each in range(wins, thrown):
        ways = ways * (thrown - each) // (each + 1)
        total += ways
    return total / (1 << thrown)


def level_of(level: float, comparison: int) -> float:
    """Give the level of the n-th comparison with the same model: ``level / (n (n + 1))``.

    For any number of comparisons these add up to ``level`` at the most, and so does the probability that one of them
    errs (Boole's inequality), however often it is tried again.
    """
    return level / (comparison * (comparison + 1))


def losses_of(outputs: Outputs, labels: NDArray[Any], task: Task) -> Losses:
    """Give what each row costs.

    Args:
        outputs: (N, *output shape): probabilities or scores of classes, or values.
        labels: (N,) class numbers, (N, 1) chances of a binary task, or values of the outputs' shape.
        task: What the outputs mean.
    """
    rows = len(outputs)
    if task == "regression":
        distance = np.abs(outputs.astype(np.float64) - labels.reshape(outputs.shape).astype(np.float64))
        means: Losses = distance.reshape(rows, -1).mean(axis=1)
        return means
    flat = labels.reshape(rows)
    true = (flat >= 0.5 if flat.dtype.kind == "f" else flat).astype(np.int64)
    wrong: Losses = (_decided(outputs.reshape(rows, -1), task) != true).astype(np.float64)
    return wrong


def _decided(outputs: Outputs, task: Task) -> NDArray[np.int64]:
    """Give the class that is the most likely one; what is outside of 0 to 1 is a score, whose 0 is a chance of half."""
    if task == "binary" and outputs.shape[1] == 1:
        is_chance = bool(((outputs >= 0) & (outputs <= 1)).all())
        chosen: NDArray[np.int64] = (outputs[:, 0] > (0.5 if is_chance else 0.0)).astype(np.int64)
        return chosen
    found: NDArray[np.int64] = np.argmax(outputs, axis=1).astype(np.int64)
    return found
