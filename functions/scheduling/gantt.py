"""A picture of a schedule: a lane a node, as high as the node has GPUs; late jobs are red from their deadline on."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from functions.scheduling.instance import HOUR, Piece

if TYPE_CHECKING:
    from functions.scheduling.answer import ScheduleAnswer

COLOURS = ("#1f6f8b", "#6a994e", "#bc6c25", "#5e548e", "#2a9d8f", "#8d99ae")
"""One for each configuration, in turn."""
LATE = "#d1495b"
LEGIBLE = 120
"""Pieces up to which each has its job's name in it."""
LANES = 60
"""Nodes that are drawn at most; the first that are used."""


def gantt(answer: "ScheduleAnswer") -> bytes:
    """Draw a schedule as SVG: hours to the right, nodes downwards; the same schedule gives the same bytes."""
    used = [node for node in answer.instance.nodes if any(piece.node == node.name for piece in answer.schedule)]
    lanes = {node.name: place for place, node in enumerate(used[:LANES])}
    kinds = sorted({piece.setup.configuration for piece in answer.schedule})
    colours = {kind: COLOURS[place % len(COLOURS)] for place, kind in enumerate(kinds)}
    deadlines = {job.name: job.deadline for job in answer.instance.jobs}
    figure = Figure(figsize=(11, 1.2 + 0.45 * max(1, len(lanes))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, lane in lanes.items():
        own = [piece for piece in answer.schedule if piece.node == name]
        for piece, below in stacked(own):
            _bar(axes, piece, lane + below / piece.setup.configuration.gpus, colours[piece.setup.configuration])
            _late(axes, piece, lane + below / piece.setup.configuration.gpus, deadlines[piece.job])
            if len(answer.schedule) <= LEGIBLE:
                _label(axes, piece, lane + below / piece.setup.configuration.gpus)
    axes.set_yticks([lane + 0.5 for lane in lanes.values()], list(lanes))
    axes.set_ylim(len(lanes), 0)
    axes.autoscale(axis="x")
    axes.set_xlabel("hours")
    more = f", the first {LANES} of {len(used)} nodes" if len(used) > LANES else ""
    axes.set_title(f"{answer.method}: cost {answer.cost:,.2f}, no schedule below {answer.bound:,.2f}{more}")
    for kind, colour in colours.items():
        axes.barh(0, 0, color=colour, label=f"{kind.vm}, {kind.gpus} {kind.gpu}")
    axes.barh(0, 0, color=LATE, label="late")
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return _saved(figure)


def _saved(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "noria", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def stacked(pieces: Sequence[Piece]) -> Iterable[tuple[Piece, int]]:
    """Give each piece of one node the lowest GPUs that are free all the time it runs; else those from 0 on."""
    placed: list[tuple[Piece, int]] = []
    for piece in sorted(pieces):
        beside = [(each, low) for each, low in placed if each.start < piece.end and each.end > piece.start]
        free = (
            low
            for low in range(piece.setup.configuration.gpus - piece.setup.gpus + 1)
            if all(low + piece.setup.gpus <= other or low >= other + each.setup.gpus for each, other in beside)
        )
        placed.append((piece, next(free, 0)))
    return placed


def _bar(axes: Axes, piece: Piece, top: float, colour: str) -> None:
    height = piece.setup.gpus / piece.setup.configuration.gpus
    start, width = piece.start / HOUR, (piece.end - piece.start) / HOUR
    axes.barh(
        top, width, left=start, height=0.92 * height, align="edge", color=colour, edgecolor="white", linewidth=0.5
    )


def _late(axes: Axes, piece: Piece, top: float, deadline: float) -> None:
    start = max(piece.start, deadline)
    if piece.end > start:
        height = 0.92 * piece.setup.gpus / piece.setup.configuration.gpus
        axes.barh(top, (piece.end - start) / HOUR, left=start / HOUR, height=height, align="edge", color=LATE)


def _label(axes: Axes, piece: Piece, top: float) -> None:
    middle, height = (piece.start + piece.end) / 2 / HOUR, piece.setup.gpus / piece.setup.configuration.gpus
    axes.text(
        middle,
        top + 0.46 * height,
        piece.job,
        ha="center",
        va="center",
        fontsize=min(8.0, 5 + 6 * height),
        color="white",
        clip_on=True,
        parse_math=False,
    )
