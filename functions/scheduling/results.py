"""What is written of a schedule: the JSON document, and the CSV file with a row a piece."""

import csv
import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from functions.scheduling.checking import Verdict
from functions.scheduling.instance import Piece, Schedule

if TYPE_CHECKING:
    from functions.scheduling.answer import ScheduleAnswer

SCHEMA = "noria.schedule/1"
COLUMNS = (
    "UniqueJobsID",
    "Node",
    "VMtype",
    "GpuType",
    "GpuNumber",
    "StartTime",
    "FinishTime",
    "Tardiness",
    "VMcost",
    "TardinessCost",
    "TotalCost",
)
"""Of the CSV file; the names are GPUScheduler's."""


def document(answer: "ScheduleAnswer") -> dict[str, object]:
    """Give the result as JSON takes it; ``seconds`` is all in it that differs between equal runs."""
    verdict = answer.verdict
    return {
        "schema": SCHEMA,
        "method": answer.method,
        "seed": answer.seed,
        "interruptions": answer.interruptions,
        "cost": verdict.cost,
        "node_cost": verdict.node_cost,
        "tardiness_cost": verdict.tardiness_cost,
        "bound": answer.bound,
        "gap": answer.gap,
        "proven": answer.proven,
        "stopped": answer.stopped,
        "seconds": answer.seconds,
        "jobs": len(answer.instance.jobs),
        "nodes": len(answer.instance.nodes),
        "instance_sha256": answer.instance.digest,
        "schedule_sha256": digest(answer.schedule),
        "baselines": {name: _costs(each, answer.cost) for name, each in answer.baselines.items()},
        "schedule": rows(answer),
    }


def _costs(verdict: Verdict, cost: float) -> dict[str, float]:
    saved = 1 - cost / verdict.cost if verdict.cost else 0.0
    return {
        "cost": verdict.cost,
        "node_cost": verdict.node_cost,
        "tardiness_cost": verdict.tardiness_cost,
        "saved": saved,
    }


def digest(schedule: Schedule) -> str:
    """SHA-256 of the pieces, in hexadecimal digits."""
    told = [
        [each.job, each.node, each.setup.configuration.vm, each.setup.gpus, each.start, each.end] for each in schedule
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def rows(answer: "ScheduleAnswer") -> list[dict[str, object]]:
    """Give one mapping a piece; tardiness (seconds) and its cost stand at a job's last, a node's cost is shared out."""
    endings = {each.job: each for each in answer.verdict.endings}
    last = {piece.job: piece for piece in answer.schedule}
    paid = shares(answer.schedule)
    found: list[dict[str, object]] = []
    for piece, cost in zip(answer.schedule, paid, strict=True):
        ending = endings[piece.job] if last[piece.job] is piece else None
        late = ending.tardiness_cost if ending else 0.0
        found.append(
            {
                "job": piece.job,
                "node": piece.node,
                "vm": piece.setup.configuration.vm,
                "gpu": piece.setup.configuration.gpu,
                "gpus": piece.setup.gpus,
                "start": piece.start,
                "end": piece.end,
                "tardiness": ending.tardiness if ending else 0.0,
                "node_cost": cost,
                "tardiness_cost": late,
                "cost": cost + late,
            }
        )
    return found


def shares(schedule: Sequence[Piece]) -> list[float]:
    """Share what each node costs out among what runs on it, by the GPUs in use (money, one number a piece)."""
    found = [0.0] * len(schedule)
    for node in sorted({piece.node for piece in schedule}):
        own = [(place, piece) for place, piece in enumerate(schedule) if piece.node == node]
        moments = sorted({moment for _, piece in own for moment in (piece.start, piece.end)})
        for begin, end in pairwise(moments):
            here = [(place, piece) for place, piece in own if piece.start <= begin and piece.end >= end]
            used = sum(piece.setup.gpus for _, piece in here)
            for place, piece in here:
                found[place] += (end - begin) * piece.setup.configuration.rate * piece.setup.gpus / used
    return found


def write_csv(answer: "ScheduleAnswer", path: Path) -> None:
    """Write a row a piece."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(list(row.values()) for row in rows(answer))
