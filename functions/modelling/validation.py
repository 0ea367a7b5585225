"""Ways to hold rows back: at random by configuration, beyond the largest values, or values in between."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.modelling.graph import Numbers
from functions.modelling.sample import Sample

Mask = npt.NDArray[np.bool_]
FOLDS = 5
LEAST_TESTED = 3
LEAST_FITTED = 8
MOST_CUTS = 6


@dataclass(frozen=True)
class Split:
    """Rows that a model is not fitted to, (N,), but tested on; ``name`` says which they are."""

    name: str
    held: Mask


def mape(predicted: Numbers, measured: Numbers) -> float:
    """Give the mean absolute percentage error."""
    return float(100 * np.mean(np.abs(predicted - measured) / measured))


def folds(sample: Sample, *, count: int = FOLDS, seed: int = 0) -> list[Split]:
    """Divide the rows at random; measurements of one configuration stay together, as a new one has none."""
    groups = sample.groups()
    if not groups.max():  # one configuration: what remains is how far its measurements are apart
        groups = np.arange(len(sample))
    different = int(groups.max()) + 1
    count = min(count, different)
    number = np.random.default_rng(seed).permutation(different) % count
    return [Split(f"fold {each + 1} of {count}", number[groups] == each) for each in range(count)]


def held_out(sample: Sample, *, share: float, seed: int = 0) -> Split:
    """Hold back a share of the rows at random, whatever their configurations, as aMLLibrary's HoldOut does."""
    held = np.zeros(len(sample), bool)
    held[np.random.default_rng(seed).permutation(len(sample))[: max(1, round(share * len(sample)))]] = True
    return Split(f"{share:.0%} at random", held)


def beyond(sample: Sample, places: Sequence[int] | None = None) -> list[Split]:
    """Hold back the rows with the largest values of a column, half and a quarter of its values, for each of some."""
    found = []
    for place in sample.beyond if places is None else places:
        values = np.unique(sample.x[:, place])
        cuts = dict.fromkeys(min(max(int(np.ceil(len(values) * share)), 2), len(values) - 1) for share in (0.5, 0.75))
        for cut in cuts if len(values) > 2 else ():
            held = sample.x[:, place] > values[cut - 1]
            if held.sum() >= LEAST_TESTED and (~held).sum() >= LEAST_FITTED:
                found.append(Split(f"{sample.names[place]} > {values[cut - 1]:g}", held))
    return found[:MOST_CUTS]


def above(sample: Sample, bounds: dict[int, float]) -> Split:
    """Hold back rows in which any column is above its bound, as aMLLibrary's Extrapolation does."""
    held = np.zeros(len(sample), bool)
    for place, bound in bounds.items():
        held |= sample.x[:, place] > bound
    return Split(", ".join(f"{sample.names[place]} > {bound:g}" for place, bound in bounds.items()), held)


def between(sample: Sample, wanted: dict[int, Sequence[float] | int]) -> Split:
    """Hold back rows with some values of a column, or each so-manyth of its values, as aMLLibrary's Interpolation."""
    held = np.zeros(len(sample), bool)
    for place, which in wanted.items():
        values = np.unique(sample.x[:, place])[which - 1 :: which] if isinstance(which, int) else np.array(which)
        held |= np.isin(sample.x[:, place], values)
    return Split(f"values of {', '.join(sample.names[place] for place in wanted)}", held)
