"""Instances like those of ANDREAS's experiments, and the three files that describe one.

The rules are those of GPUScheduler's generator (``generate_data_new.py``): ten jobs a node; a deadline of the
submission plus 1 to 3 times the shortest execution time; a tardiness weight of twice 0.0015 to 0.0075 a second;
submissions at the rate ``1.3 / 3`` (high) or ``1.3 / 12`` (low) of what the nodes' GPUs could take one job a GPU,
``mixed`` in turns of ten jobs, or ``exponential`` with a mean of 30,000 s divided by the number of nodes. ``together``
is ours: all at one moment. Its tables of execution times were never published; here they are drawn: 2 to 24 hours on
one GPU, and a speed-up of ``g ** e`` on g GPUs, e from 0.75 to 0.97.
"""

import csv
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Literal, get_args

from functions.scheduling.instance import HOUR, Configuration, Instance, Job, Node, Setup

Arrivals = Literal["high", "low", "mixed", "exponential", "together"]
ARRIVALS: tuple[Arrivals, ...] = get_args(Arrivals)

JOBS_A_NODE = 10
SPACING = 30_000.0
"""Mean seconds between two submissions of ``exponential``, times the nodes."""
APPLICATIONS = ("image classification", "speech recognition", "translation", "object detection")
PRICES = {
    ("NC6", "K80", 1): 0.90,
    ("NC12", "K80", 2): 1.80,
    ("NC24", "K80", 4): 3.60,
    ("NV6", "M60", 1): 1.14,
    ("NV12", "M60", 2): 2.28,
    ("NV24", "M60", 4): 4.56,
}
"""Azure's list prices of 2020 for the N series (USD an hour): the machines of ANDREAS's experiments."""
SPEEDS = {"K80": 1.0, "M60": 1.45}


def configurations() -> tuple[Configuration, ...]:
    """Give what a node can be: the six machines of ``PRICES``."""
    return tuple(Configuration(vm, gpu, gpus, cost) for (vm, gpu, gpus), cost in PRICES.items())


def generated(
    nodes: int, jobs: int | None = None, *, seed: int, arrivals: Arrivals = "mixed", fixed: bool = False
) -> Instance:
    """Draw an instance.

    Args:
        nodes: How many nodes.
        jobs: How many jobs; ten a node by default.
        seed: The same seed gives the same instance.
        arrivals: How the jobs come in.
        fixed: Nodes of one configuration each, the large ones of both types in turn, in place of rented ones.
    """
    dice = random.Random(seed)  # noqa: S311 - drawn, not secret
    known = configurations()
    most = max(each.gpus for each in known)
    big = sorted(each for each in known if each.gpus == most)
    offers = [((big[place % len(big)],) if fixed else tuple(sorted(known))) for place in range(nodes)]
    known = tuple(sorted({each for offer in offers for each in offer}))
    bodies = [_setups(known, dice) for _ in range(jobs or JOBS_A_NODE * nodes)]
    moments = _submissions([_alone(setups) for setups in bodies], nodes * most, arrivals, nodes, dice)
    drawn = []
    for place, (setups, submission) in enumerate(zip(bodies, moments, strict=True), 1):
        shortest = min(setup.seconds for setup in setups)
        deadline = submission + dice.uniform(shortest, 3 * shortest)
        weight = 2 * dice.uniform(0.0015, 0.0075)
        about = (("Application", dice.choice(APPLICATIONS)), ("Images", "50000"), ("Epochs", "90"), ("Batchsize", "64"))
        drawn.append(Job(f"JJ{place}", submission, round(deadline, 3), round(weight, 6), setups, about))
    return Instance(tuple(drawn), tuple(Node(f"n{place}", offer) for place, offer in enumerate(offers, 1)))


def _setups(known: Sequence[Configuration], dice: random.Random) -> tuple[Setup, ...]:
    alone, exponent = dice.uniform(2 * HOUR, 24 * HOUR), dice.uniform(0.75, 0.97)
    taste = dice.uniform(0.85, 1.15)  # how much more or less than others it gains from the faster GPU
    speeds = {gpu: speed**taste for gpu, speed in SPEEDS.items()}
    sizes = (1, 2, 3, 4)
    return tuple(
        sorted(
            Setup(each, gpus, round(alone / speeds[each.gpu] / gpus**exponent, 3))
            for each, gpus in product(known, sizes)
            if gpus <= each.gpus
        )
    )


def _alone(setups: Sequence[Setup]) -> float:
    return min(setup.seconds for setup in setups if setup.gpus == 1)


def _submissions(alone: Sequence[float], gpus: int, arrivals: Arrivals, nodes: int, dice: random.Random) -> list[float]:
    capacity = [gpus / seconds for seconds in alone]
    moments, moment = [], 0.0
    for place in range(len(alone)):
        moments.append(0.0 if arrivals == "together" else round(moment, 3))
        turn = place // 10
        busy = arrivals == "high" or (arrivals == "mixed" and turn % 2 == 0)
        cluster = capacity[10 * turn : 10 * turn + 10]
        rate = sum(cluster) / len(cluster) * 1.3 / (3 if busy else 12)
        moment += dice.expovariate(nodes / SPACING if arrivals == "exponential" else rate)
    return moments


def write(instance: Instance, folder: Path) -> None:
    """Write ``Lof_Selectjobs.csv``, ``SelectJobs_times.csv`` and ``tNodes.csv`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    head = ("Application", "Images", "Epochs", "Batchsize", "Jobs")
    jobs: list[Sequence[object]] = [
        (*head, "UniqueJobsID", "SubmissionTime", "Deadline", "Tardinessweight", "MinExecTime", "MaxExecTime")
    ]
    times: list[Sequence[object]] = [
        ("UniqueJobsID", "VMtype", "GpuType", "GpuNumber", "maxGpuNumber", "cost", "ExecutionTime")
    ]
    for job in instance.jobs:
        seconds = [setup.seconds for setup in job.setups]
        about = dict(job.about)
        told = [about.get(name, "") for name in head]
        jobs.append((*told, job.name, job.submission, job.deadline, job.weight, min(seconds), max(seconds)))
        for setup in job.setups:
            each = setup.configuration
            times.append((job.name, each.vm, each.gpu, setup.gpus, each.gpus, each.cost, setup.seconds))
    nodes: list[Sequence[object]] = [("Nodes", "VMtype", "GpuType", "maxGpuNumber")]
    for node in instance.nodes:
        only = node.configurations[0] if len(node.configurations) == 1 else None
        nodes.append((node.name, only.vm, only.gpu, only.gpus) if only else (node.name, "", "", ""))
    for name, rows in (("Lof_Selectjobs.csv", jobs), ("SelectJobs_times.csv", times), ("tNodes.csv", nodes)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
