"""Streams with drifts at places that are known, and what detectors make of them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from river import tree
from river.drift import datasets

from functions.drifting.configuration import Check, Detector
from functions.drifting.streaming import Stream, StreamState

EVERY, WIDTH, NOISE, ACCEPTED = 20_000, 50, 0.1, 250
"""SINE1 of the published protocol: a drift each 20,000, over 50, with 10 % wrong labels; found within 250 or missed."""
Column = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Followed:
    """One run: delays of the drifts that were found, alarms that were none, accuracy in percent, errors a thousand."""

    delays: tuple[int, ...]
    drifts: int
    false: int
    accuracy: float
    errors: tuple[float, ...] = ()
    alarms: tuple[int, ...] = ()


def sine1(seed: int, count: int = 100_000) -> Iterator[tuple[dict[str, float], bool]]:
    """Give SINE1 (Gama et al. 2004): whether y < sin x, the other way round after each drift.

    The transition begins at each drift and is a logistic curve, as in MOA and Tornado's generators.
    """
    random = np.random.default_rng(seed)
    place = np.arange(count)
    x, y = random.random(count), random.random(count)
    since, concept = place % EVERY, place // EVERY
    share = np.where(concept > 0, 1 / (1 + np.exp(np.clip(-4 * (since - WIDTH / 2) / WIDTH, -50, 50))), 1)
    concept = np.where(random.random(count) < share, concept, concept - 1)
    labels = (y < np.sin(x)) ^ (concept % 2 == 1) ^ (random.random(count) < NOISE)
    for each, other, label in zip(x.tolist(), y.tolist(), labels.tolist(), strict=True):
        yield {"x": each, "y": other}, label


def followed(test: Detector | None, seed: int) -> Followed:
    """Learn SINE1 with a Hoeffding tree, which is begun anew at each alarm."""
    model: Any = tree.HoeffdingTreeClassifier()  # river tells the types of some of its methods only
    watch = Stream(StreamState(), Check(test=test, direction="up")) if test else None
    wrong, alarms = [], []
    for place, (values, label) in enumerate(sine1(seed)):
        wrong.append(float(model.predict_one(values) != label))
        if watch and watch.feed(wrong[-1]):
            alarms.append(place)
            model = tree.HoeffdingTreeClassifier()
        model.learn_one(values, label)
    starts = range(EVERY, len(wrong), EVERY)
    found = [next((each - start for each in alarms if 0 <= each - start <= ACCEPTED), None) for start in starts]
    delays = tuple(each for each in found if each is not None)
    errors = tuple(float(np.mean(wrong[start : start + 1000])) for start in range(0, len(wrong), 1000))
    accuracy = 100 * (1 - float(np.mean(wrong)))
    return Followed(delays, len(starts), len(alarms) - len(delays), accuracy, errors, tuple(alarms))


def delays(check: Check, before: Column, after: Column) -> tuple[list[int | None], int]:
    """Give by stream, a row of both, how many values after the change it was found, and alarms before it."""
    found: list[int | None] = []
    false = 0
    for first, second in zip(before, after, strict=True):
        values = [*first.tolist(), *second.tolist()]
        stream, place = Stream(StreamState(), check), 0
        hit = stream.feed_all(values)
        while hit and place + hit[0] < len(first):
            false += 1
            place += hit[0] + 1
            hit = stream.feed_all(values[place:])
        found.append(place + hit[0] - len(first) if hit else None)
    return found, false


def alarms(check: Check, values: Sequence[float]) -> tuple[int, float]:
    """Give the alarms of a stream, and the values that were taken a second of CPU."""
    stream, place, count = Stream(StreamState(), check), 0, 0
    began = time.process_time()
    while hit := stream.feed_all(values[place:]):
        place += hit[0] + 1
        count += 1
    return count, len(values) / (time.process_time() - began)


def changes() -> Iterator[tuple[str, list[float], set[int]]]:
    """Give annotated series that river has: name, values, and the points that most annotators have.

    Only those whose rows are those that were annotated: Apple, Bitcoin and Brent are longer here than where they were
    annotated (van den Burg and Williams, An evaluation of change point detection algorithms, 2020).
    """
    for kind in (datasets.RunLog, datasets.Occupancy, datasets.AirlinePassengers, datasets.UKCoalEmploy):
        series = kind()
        rows = [target for _, target in series]
        names = list(rows[0]) if isinstance(rows[0], dict) else [""]
        points = [point for each in series.annotations.values() for point in set(each)]
        most = {point for point in points if points.count(point) > len(series.annotations) / 2}
        for name in names:
            yield f"{kind.__name__} {name}".strip(), [float(row[name] if name else row) for row in rows], most
