"""Average precision of labelled boxes (Everingham et al. 2010, "The PASCAL VOC Challenge", section 4.2; all points)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from functions.vision.faces import Box
from tests.quality.coverage import overlap


@dataclass(frozen=True)
class Labelled:
    """A box with a label, in one of several pictures, and how sure it is; what is true has 1."""

    picture: str
    box: Box
    label: str
    score: float = 1.0


def average_precision(truth: Sequence[Labelled], given: Sequence[Labelled], *, least: float = 0.5) -> float:
    """Give the area under precision over recall of one label's boxes; each true box is found once at most.

    Args:
        truth: Of one label; not empty.
        given: Of the same label.
        least: Intersection over union from which on a box is at its place.
    """
    free = dict.fromkeys(range(len(truth)))
    hits = []
    for each in sorted(given, key=lambda one: -one.score):
        overlaps = {i: overlap(truth[i].box, each.box) for i in free if truth[i].picture == each.picture}
        best = max(overlaps, key=lambda i: overlaps[i], default=None)
        is_hit = best is not None and overlaps[best] >= least
        if best is not None and is_hit:
            del free[best]
        hits.append(is_hit)
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]  # of this recall or a larger one
    return float(np.sum(highest[np.array(hits, bool)]) / len(truth))


def precisions(truth: Sequence[Labelled], given: Sequence[Labelled]) -> Mapping[str, float]:
    """Give the average precision of every label that is true somewhere."""
    labels = sorted({each.label for each in truth})
    return {
        label: average_precision(
            [each for each in truth if each.label == label], [each for each in given if each.label == label]
        )
        for label in labels
    }
