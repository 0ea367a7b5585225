"""One picture of an event: the values of each field, its windows, what tests said of them, and alarms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from functions.drifting.advancing import Told
from functions.drifting.batch import BatchState
from functions.drifting.streaming import StreamState

MOST_FIELDS = 8
MOST_POINTS = 1000
BINS = 30


def plot(path: Path, told: Sequence[Told], *, title: str) -> None:
    """Write an SVG with a row for each field that something happened to: at the left values, at the right tests."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    shown = [each for each in told if each.happened][:MOST_FIELDS]
    figure = Figure(figsize=(10, 2.8 * max(len(shown), 1) + 0.4), layout="constrained")
    FigureCanvasSVG(figure)
    figure.suptitle(_plain(title), fontsize=10)
    grid = figure.subplots(max(len(shown), 1), 2, squeeze=False)
    for (left, right), each in zip(grid, shown, strict=False):
        left.set_title(_plain(f"{each.metric} {each.name}: {each.check.test}"), fontsize=9)
        if each.kept.batch is not None:
            _windows(left, each.kept.batch, each)
            _tests(right, each.kept.batch, each)
        elif each.kept.detectors is not None:
            _trail(left, each.kept.detectors, each)
            _means(right, each.kept.detectors)
    with mpl.rc_context({"svg.hashsalt": "noria", "svg.fonttype": "path"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _windows(axes: Any, state: BatchState, told: Told) -> None:  # noqa: ANN401 - matplotlib has no stubs
    """Draw reference and window: shares of categories, or of values in bins."""
    window = state.window or state.reference
    first, second = ([row[0] for row in rows] for rows in (state.reference, window))
    drawn = [first, second] if state.window else [first]
    labels = ["reference", "window"][: len(drawn)]
    if told.check.test == "ChiSquareDrift":
        names = sorted({str(each) for each in (*first, *second)})[:20]
        for place, (values, label) in enumerate(zip(drawn, labels, strict=True)):
            shares = [sum(str(each) == name for each in values) / len(values) for name in names]
            axes.bar([at + 0.4 * place for at in range(len(names))], shares, width=0.4, label=label)
        axes.set_xticks(range(len(names)), [_plain(name[:15]) for name in names], fontsize=7)
    else:
        numbers = [[float(each) for each in values] for values in drawn]
        weights = [[1 / len(values)] * len(values) for values in numbers]
        axes.hist(numbers, bins=BINS, weights=weights, label=labels)
    axes.set_ylabel("share")
    axes.legend(fontsize=7)


def _tests(axes: Any, state: BatchState, told: Told) -> None:  # noqa: ANN401
    """Draw p-values over the tests, the level, and alarms."""
    axes.set(yscale="log", xlabel="test", ylabel="p")
    axes.plot([each.number for each in state.told], [max(each.p, 1e-12) for each in state.told], ".-", linewidth=0.7)
    axes.axhline(told.check.level, color="tab:red", linewidth=0.8, label="level")
    for each in state.told:
        if each.drifted:
            axes.plot(each.number, max(each.p, 1e-12), "v", color="tab:red", markersize=9)
            axes.set_title(f"drift: {each.measure} {each.effect:.2g}", fontsize=9)
    axes.legend(fontsize=7)


def _trail(axes: Any, state: StreamState, told: Told) -> None:  # noqa: ANN401
    """Draw the latest values, and where a detector told of a drift."""
    values = state.trail[-MOST_POINTS:]
    start = state.count - len(values)
    axes.plot(range(start + 1, state.count + 1), values, ".", markersize=2)
    for alarm in told.alarms:
        if alarm.after is not None:
            axes.axvline(alarm.after, color="tab:red", linewidth=1, label=f"drift: {_plain(alarm.test)}")
    axes.set(xlabel="value", ylabel=_plain(told.name[:40]))
    if told.alarms:
        axes.legend(fontsize=7)


def _means(axes: Any, state: StreamState) -> None:  # noqa: ANN401
    """Draw the mean of the latest values, twenty at a time."""
    values, size = state.trail, 20
    start = state.count - len(values)
    means = [sum(values[at : at + size]) / size for at in range(0, len(values) - size + 1, size)]
    axes.plot([start + size * (place + 1) for place in range(len(means))], means, drawstyle="steps-pre")
    axes.set(xlabel="value", ylabel=f"mean of {size}")


def _plain(text: str) -> str:
    """Names are a person's: a dollar sign would be read as mathematics."""
    return text.replace("$", r"\$")
