"""aMLLibrary's techniques as families: on the features that its file asks for, with each of its settings tried.

Targets are the seconds themselves, as there. Ridge regression, support vectors and trees are scikit-learn's in both.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, product
from math import comb
from typing import Any, cast

import numpy as np

from functions.modelling.families import MOST_FITTED, MOST_TERMS, Family
from functions.modelling.features import Base, Features, Term, products, unique
from functions.modelling.graph import Numbers
from functions.modelling.model import Model, PlainTarget
from functions.modelling.regressors import Linear, not_negative, squared
from functions.modelling.requests import Preparation, Technique
from functions.modelling.sample import Sample
from functions.modelling.support_vectors import MOST_ROWS, Kernel, vectors
from functions.modelling.trees import Ensemble, trees
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

MOST_SETTINGS = 6
"""Combinations of a technique's settings that are tried; of more, so many of them at even distances."""
MOST_TREES, DEEPEST = 300, 12
PLAIN = PlainTarget()
_USUAL = {"C": 1.0, "epsilon": 0.1, "gamma": 0.1}
_TREES: Mapping[str, Ensemble] = {"DecisionTree": "tree", "RandomForest": "forest", "XGBoost": "boosted"}


def technique_families(sample: Sample, techniques: Sequence[Technique], preparation: Preparation) -> tuple[Family, ...]:
    """Give a family for each technique and combination of its settings.

    Raises:
        Rejected: A feature is wanted of a column that is not there or cannot have it.
    """
    features = Features(_terms(sample, preparation))
    found = []
    for technique in techniques:
        for settings in _combinations(technique.settings):
            said = ", ".join(f"{name} {_said(value)}" for name, value in settings.items())
            name = f"{technique.name}{f' ({said})' if said else ''}"
            fit = partial(_tried, name, technique.name, settings, features, preparation.most)
            found.append(Family(name, fit, most_rows=MOST_ROWS if technique.name == "SVR" else MOST_FITTED))
    if not found:
        raise Rejected("none of the techniques can be fitted here", hint="leave techniques out to have one chosen")
    return tuple(found)


def _combinations(settings: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    count = int(np.prod([float(len(values)) for values in settings.values()])) if settings else 1
    wanted = dict.fromkeys(np.linspace(0, min(count, 100_000) - 1, min(count, MOST_SETTINGS)).astype(int).tolist())
    for place, values in enumerate(islice(product(*settings.values()), 100_000)):
        if place in wanted:
            yield dict(zip(settings, values, strict=True))


def _said(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _tried(
    said: str, name: str, settings: Mapping[str, object], features: Features, most: int, sample: Sample, quick: bool
) -> Model:
    try:
        return _fit(name, settings, features, most, sample, quick)
    except (ValueError, TypeError, OverflowError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Rejected(f"{said[:200]} cannot be fitted: {reason}", hint=f"correct the section {name}") from None


def _fit(
    name: str, settings: Mapping[str, object], features: Features, most: int, sample: Sample, _quick: bool
) -> Model:
    z, t = features.of(sample.x), PLAIN.of(sample.x, sample.y)
    if name in ("LRRidge", "NNLS", "Stepwise"):
        few = most if name != "Stepwise" else most or z.shape[1]
        chosen = _selected(z, t, few) if few else list(range(z.shape[1]))
        part = Features(tuple(features.terms[place] for place in chosen))
        return Model(name, part, _linear(name, settings, z[:, chosen], t), PLAIN)
    if name == "SVR":
        numbers: Mapping[str, Any] = settings
        c, epsilon, gamma = (float(numbers.get(key, usual)) for key, usual in _USUAL.items())
        kernel, degree = cast("Kernel", settings.get("kernel", "rbf")), int(numbers.get("degree", 3))
        fitted = vectors(z, t, c=c, epsilon=epsilon, gamma=gamma, kernel=kernel, degree=degree)
        return Model(name, features, fitted, PLAIN)
    return Model(name, features, trees(z, t, _TREES[name], options=dict(_tree_options(name, settings))), PLAIN)


def _linear(name: str, settings: Mapping[str, object], z: Numbers, t: Numbers) -> Linear:
    if name == "NNLS":
        return not_negative(z, t)
    alpha = float(cast("float", settings.get("alpha", 0.0))) if name == "LRRidge" else 0.0
    if not alpha >= 0:
        raise ValueError(f"alpha is {alpha:g}, but is at least 0")
    # scikit-learn's alpha is for the sum over the rows, ours for the mean.
    return squared(z, t, alphas=(alpha / len(z) or 1e-12,))[0]


def _selected(z: Numbers, t: Numbers, most: int) -> list[int]:
    """Add features one by one, each time that with the least leave-one-out error, for as long as it falls."""
    chosen: list[int] = []
    least = float(np.mean((t - t.mean()) ** 2)) * (len(t) / (len(t) - 1)) ** 2
    while len(chosen) < min(most, z.shape[1], max(1, len(z) // 3)):
        errors = {place: _left_out(z[:, [*chosen, place]], t) for place in range(z.shape[1]) if place not in chosen}
        place = min(errors, key=lambda each: errors[each])
        if errors[place] >= least and chosen:
            break
        least = errors[place]
        chosen.append(place)
    return chosen


def _left_out(z: Numbers, t: Numbers) -> float:
    design = np.column_stack([np.ones(len(z)), z / np.maximum(np.abs(z).max(axis=0), 1e-300)])
    left, values, _ = np.linalg.svd(design, full_matrices=False)
    left = left[:, values > 1e-10 * values[0]]
    residuals = (t - left @ (left.T @ t)) / np.maximum(1 - (left**2).sum(axis=1), 1e-9)
    return float(np.mean(residuals**2))


def _tree_options(name: str, settings: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in settings.items():
        number = float(value) if isinstance(value, int | float) else 0.0
        if key == "n_estimators":
            yield key, int(min(number, MOST_TREES))
        elif key == "max_depth":
            yield key, int(min(number, DEEPEST))
        elif key == "min_child_weight":
            yield "min_samples_leaf", max(1, int(number))
        else:
            yield key, value
    if name == "RandomForest" and "min_samples_leaf" not in settings:
        yield "min_samples_leaf", 1


def _terms(sample: Sample, preparation: Preparation) -> tuple[Term, ...]:
    if preparation.ernest:
        return _ernest(sample)
    bases: list[Base] = []
    for place in range(len(sample.names)):
        if sample.is_word(place):
            bases += [Base(place, "is", float(each)) for each in range(1, len(sample.words[sample.names[place]]))]
        else:
            bases.append(Base(place, "plain"))
    numbers = [place for place in range(len(sample.names)) if not sample.is_word(place)]
    for place in _places(sample, preparation.inverse, numbers, what="inverse"):
        bases.append(Base(place, "inverse"))
    for place in _places(sample, preparation.log, numbers, what="log"):
        bases.append(Base(place, "log"))
    most = [1] * len(bases) if preparation.interactions_only else None
    if not bases:
        raise Rejected("no column is left as an input", hint="skip fewer of them")
    terms = _products(bases, preparation.products, most)
    for names in preparation.selected:
        terms += (tuple(Base(_place(sample, name), "plain") for name in names),)
    return unique(terms)


def _products(bases: Sequence[Base], wanted: int, most: Sequence[int] | None) -> tuple[Term, ...]:
    """Give products of up to the wanted degree; without one of the highest that makes not too many features."""
    terms = products(bases, 1, most=most)
    for degree in range(2, (wanted or len(bases)) + 1):
        # So many there are at least, without the powers: those of a high degree are not even listed.
        more = products(bases, degree, most=most) if comb(len(bases), degree) <= MOST_TERMS else None
        if more is None or len(more) > MOST_TERMS:
            if wanted:
                said = f"products of degree {wanted} are more than {MOST_TERMS} features"
                raise Rejected(said, hint="lower product_max_degree")
            break
        terms = more
    return terms


def _ernest(sample: Sample) -> tuple[Term, ...]:
    cores, size = (_place(sample, name) for name in ("cores", "datasize"))
    for place in (cores, size):
        _positive(sample, place, "ernest")
    return (
        (Base(size, "plain"), Base(cores, "inverse")),
        (Base(cores, "log"),),
        (Base(cores, "plain"),),
    )  # fmt: skip


def _places(sample: Sample, names: Sequence[str], every: Sequence[int], *, what: str) -> list[int]:
    places = list(every) if "*" in names else [_place(sample, name) for name in names]
    for place in places:
        _positive(sample, place, what)
    return places


def _place(sample: Sample, name: str) -> int:
    if name not in sample.names:
        near = nearest(name, sample.names)
        raise Rejected(f"a feature is wanted of {name[:60]}, which is no input{near}", hint="correct DataPreparation")
    return sample.names.index(name)


def _positive(sample: Sample, place: int, what: str) -> None:
    least = sample.x[:, place].min()
    if sample.is_word(place) or least <= 0:
        said = "has words" if sample.is_word(place) else f"is {least:g} in some rows"
        raise Rejected(f"{what} is wanted of {sample.names[place]}, which {said}", hint="correct DataPreparation")
