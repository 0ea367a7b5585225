"""Measured against predicted, as one picture."""

from pathlib import Path
from textwrap import wrap

import numpy as np

from functions.modelling.graph import Numbers

MOST_POINTS = 1000


def plot(
    path: Path, *, title: str, measured: Numbers, predicted: Numbers, lower: Numbers, upper: Numbers, error: str
) -> None:
    """Write an SVG with a point for each row, (N,) seconds each, in logs; on the line both are equal."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    order = np.argsort(predicted)
    if len(order) > MOST_POINTS:  # more would make the file large, and nobody could tell them apart
        order = order[np.linspace(0, len(order) - 1, MOST_POINTS).astype(int)]
    figure = Figure(figsize=(6, 5), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.set(xscale="log", yscale="log", xlabel="predicted, seconds", ylabel="measured, seconds")
    axes.fill_between(predicted[order], lower[order], upper[order], alpha=0.2, linewidth=0, label="interval")
    axes.plot(predicted[order], measured[order], ".", markersize=3, alpha=0.6, label="measurements")
    ends = [float(min(predicted.min(), measured.min())), float(max(predicted.max(), measured.max()))]
    axes.plot(ends, ends, linewidth=0.8, color="black")
    # Names are a table's: a dollar sign would be read as mathematics.
    figure.suptitle(title.replace("$", r"\$"), fontsize=10)
    axes.set_title("\n".join(wrap(error.replace("$", r"\$"), 90)), fontsize=8)
    axes.legend(loc="upper left", fontsize=8)
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "noria", "svg.fonttype": "path"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
