"""Plots of a training: the same numbers give the same bytes on one machine, so that a result can be compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

LEGIBLE = 20
"""Classes up to which a cell of a confusion matrix has room for its number."""
POINTS = 5000
"""Points of a residual plot at most, the first of each part."""
COLOURS = {"train": "#1f6f8b", "validation": "#d1495b"}


def learning_curve(history: Sequence[Mapping[str, float]], folder: Path, *, kept: int = 0) -> tuple[str, ...]:
    """Write ``learning_curve.png`` and ``.svg``: each metric over the epochs, validation beside training.

    Args:
        history: One mapping an epoch; ``val_x`` belongs to ``x``.
        folder: Where they go.
        kept: The epoch whose weights were kept; marked, unless 0.

    Returns:
        The names of the files.
    """
    names = sorted({name.removeprefix("val_") for epoch in history for name in epoch}, key=lambda n: (n != "loss", n))
    figure = Figure(figsize=(4.2 * max(1, min(3, len(names))), 3.4 * max(1, -(-len(names) // 3))), layout="constrained")
    FigureCanvasAgg(figure)
    rows = -(-len(names) // 3) or 1
    for place, name in enumerate(names, 1):
        _curve(figure.add_subplot(rows, min(3, len(names)), place), history, name, kept)
    return _saved(figure, folder, "learning_curve", vector=True)


def confusion_matrix(
    actual: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str], folder: Path
) -> tuple[str, ...]:
    """Write ``confusion_matrix.png``: rows are the labels, columns what the model says, each a count.

    Args:
        actual: Class numbers, shape (N,).
        predicted: The same.
        classes: Their names.
        folder: Where it goes.
    """
    count = len(classes)
    matrix = np.zeros((count, count), np.int64)
    np.add.at(matrix, (actual, predicted), 1)
    side = min(12.0, 2.6 + 0.42 * count)
    figure = Figure(figsize=(side, side), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="labelled", title=f"{int(np.trace(matrix)):,} of {matrix.sum():,} right")
    if count <= LEGIBLE:
        short = [_short(name) for name in classes]
        axes.set_xticks(range(count), short, rotation=45, ha="right", parse_math=False)
        axes.set_yticks(range(count), short, parse_math=False)
        for (row, column), value in np.ndenumerate(matrix):
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, f"{value:,}", ha="center", va="center", color=colour, fontsize=8)
    return _saved(figure, folder, "confusion_matrix")


def residuals(actual: NDArray[np.float32], predicted: NDArray[np.float32], folder: Path) -> tuple[str, ...]:
    """Write ``residuals.png``: what the model says less the label, over the label; both (N,) or (N, outputs)."""
    labels = actual.reshape(len(actual), -1)[:POINTS]
    errors = predicted.reshape(len(predicted), -1)[:POINTS] - labels
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for column in range(labels.shape[1]):
        axes.plot(labels[:, column], errors[:, column], ".", markersize=3, alpha=0.6)
    axes.axhline(0, color="black", linewidth=0.8)
    spread = float(np.sqrt(np.mean(np.square(errors, dtype=np.float64)))) if errors.size else 0.0
    axes.set(xlabel="label", ylabel="prediction - label", title=f"root mean square {spread:.4g}")
    return _saved(figure, folder, "residuals")


def _curve(axes: Axes, history: Sequence[Mapping[str, float]], name: str, kept: int) -> None:
    for part, key in (("train", name), ("validation", f"val_{name}")):
        points = [(number, epoch[key]) for number, epoch in enumerate(history, 1) if key in epoch]
        if points:
            marker = "o" if len(points) == 1 else ""
            axes.plot(*zip(*points, strict=True), color=COLOURS[part], label=part, marker=marker)
    if kept:
        axes.axvline(kept, color="black", linewidth=0.8, linestyle=":", label="kept")
    axes.set(title=name.replace("_", " "), xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _short(name: str) -> str:
    plain = "".join(char if char.isprintable() else "?" for char in name)
    return plain if len(plain) <= 12 else f"{plain[:11]}…"


def _saved(figure: Figure, folder: Path, name: str, *, vector: bool = False) -> tuple[str, ...]:
    figure.savefig(folder / f"{name}.png", dpi=120, metadata={"Software": None})
    if not vector:
        return (f"{name}.png",)
    with rc_context({"svg.hashsalt": "noria", "svg.fonttype": "none"}):
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    return (f"{name}.png", f"{name}.svg")
