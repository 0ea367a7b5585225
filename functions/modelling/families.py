"""The families that the automatic choice tries: each fits its own features and regression to rows of a sample."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import comb
from typing import cast

import numpy as np

from functions.modelling.features import Base, Features, Term, products
from functions.modelling.gaussian_process import MOST_ROWS as PROCESS_ROWS
from functions.modelling.gaussian_process import process
from functions.modelling.graph import Numbers
from functions.modelling.model import ColdTarget, LogTarget, Model, PlainTarget
from functions.modelling.queueing import is_queue, queueing
from functions.modelling.regressors import Linear, absolute, squared
from functions.modelling.sample import Sample
from functions.modelling.steady_state import SteadyState
from functions.modelling.support_vectors import MOST_ROWS as VECTOR_ROWS
from functions.modelling.support_vectors import vectors
from functions.modelling.trees import Ensemble, trees

MOST_FITTED = 20_000
"""Rows that a model is fitted to."""
MOST_TERMS = 200
MOST_COLUMNS = 20
"""Inputs up to which a Gaussian process is tried, with a length for each to be found."""
_LISTED = 5000
AMDAHL, ERNEST = 2, 1
"""How lawful the families are of which any is."""
LOG = LogTarget()


@dataclass(frozen=True)
class Family:
    """One way to fit a model.

    Attributes:
        fit: Fits rows of a sample; those of ``quick`` fits may be a little worse, as they are many.
        lawful: Of families whose errors beyond what was measured cannot be told apart, the most lawful is preferred:
            a law that holds everywhere to a form that fits here.
        most_rows: More than these are thinned out before.
        too_few: Rows below which it is not tried.
        too_many: Rows above which it is not tried: thinned out, it would not be itself.
        patient: Whether it has all tests, whatever the first says: it is quick, and few rows tell little.
    """

    name: str
    fit: Callable[[Sample, bool], Model]
    lawful: int = 0
    most_rows: int = MOST_FITTED
    too_few: int = 4
    too_many: int = 200_000
    patient: bool = False

    def __call__(self, sample: Sample, *, quick: bool = False) -> Model:
        """Fit the family to a sample."""
        if len(sample) > self.most_rows:
            sample = sample.rows(np.sort(np.random.default_rng(0).permutation(len(sample))[: self.most_rows]))
        return self.fit(sample, quick)


def families(sample: Sample) -> Iterator[Family]:
    """Give what can be tried on a sample, the quick ones first."""
    yield from _models(sample)
    for name, regression in (("squared errors", _squared), ("absolute errors", absolute)):
        for degree in (1, 2, 3):
            yield Family(f"polynomial {degree}, {name}", partial(_polynomial, degree, regression), too_few=4 * degree)
        for degree in (1, 2, 3) if sample.scale else ():
            yield Family(f"Amdahl {degree}, {name}", partial(_amdahl, degree, regression), AMDAHL, too_few=6 * degree)
        for degree in (1, 2) if sample.scale else ():
            yield Family(f"Ernest {degree}, {name}", partial(_ernest, degree, regression), ERNEST, too_few=8 * degree)
        if sample.function:
            for degree in (1, 2, 3):
                fit = partial(_cold, degree, regression)
                yield Family(f"cold starts {degree}, {name}", fit, AMDAHL, too_few=6 * degree)
    yield Family("support vectors", _vectors, most_rows=VECTOR_ROWS, too_few=12)
    if sample.x.shape[1] <= MOST_COLUMNS:
        yield Family("Gaussian process", _process, too_few=8, too_many=PROCESS_ROWS)
    kinds: tuple[Ensemble, ...] = ("extra", "boosted")
    for kind in kinds:
        yield Family(f"{kind} trees", partial(_trees, kind), too_few=20)


def _models(sample: Sample) -> Iterator[Family]:
    """Give the models of queues and of functions as a service, where the sample has what they speak of."""
    if sample.function and sample.function.idle is not None and sample.function.load is not None:
        yield Family("steady state", _steady, AMDAHL, too_few=1)
    if is_queue(sample):
        yield Family("queue", queueing, AMDAHL, patient=True)


def logs(sample: Sample, *, without: Sequence[int] = ()) -> tuple[Base, ...]:
    """Give the log of each column that varies, the column itself where it has negative numbers, words as 0 and 1."""
    found = []
    for place in range(len(sample.names)):
        values = np.unique(sample.x[:, place])
        if len(values) < 2 or place in without:
            continue
        if sample.is_word(place):
            found += [Base(place, "is", float(value)) for value in values[1:]]
        elif values[0] > 0:
            found.append(Base(place, "log"))
        elif values[0] == 0:
            found.append(Base(place, "log", float(values[1])))
        else:
            found.append(Base(place, "plain"))
    return tuple(found)


def powers(sample: Sample, bases: Sequence[Base], degree: int) -> tuple[Term, ...]:
    """Give products of bases; a column of k values has powers up to k - 2, so that something can contradict them."""
    distinct = {base.column: len(np.unique(sample.x[:, base.column])) for base in bases}
    most = [1 if base.form == "is" else max(1, min(degree, distinct[base.column] - 2)) for base in bases]
    while degree > 1 and comb(len(bases) + degree, degree) > _LISTED:
        degree -= 1
    terms = products(bases, degree, most=most)
    while len(terms) > min(MOST_TERMS, max(len(bases), len(sample) // 2)) and degree > 1:
        degree -= 1
        terms = products(bases, degree, most=most)
    return terms


Regression = Callable[[Numbers, Numbers], Linear]


def _squared(z: Numbers, t: Numbers) -> Linear:
    return squared(z, t)[0]


def _fitted(name: str, terms: tuple[Term, ...], regression: Regression, sample: Sample) -> Model:
    features = Features(terms or (_constant(),))
    regressor = regression(features.of(sample.x), LOG.of(sample.x, sample.y))
    return Model(name, features, regressor, LOG)


def _constant() -> Term:
    """Give a term for a sample in which nothing varies: the weights are then 0."""
    return (Base(0, "plain"),)


def _polynomial(degree: int, regression: Regression, sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    return _fitted("polynomial", powers(sample, logs(sample), degree), regression, sample)


def _ernest(degree: int, regression: Regression, sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    """Fit Ernest's functions of each column that the work is spread over beside products of the logs."""
    terms = powers(sample, logs(sample), degree)
    for place in _spread(sample, 4):
        used = sum({base.column for base in term} == {place} for term in terms)
        free = len(np.unique(sample.x[:, place])) - 2 - used
        terms += ((Base(place, "inverse"),), (Base(place, "plain"),))[: max(0, free)]
    return _fitted("Ernest", terms, regression, sample)


def _amdahl(degree: int, regression: Regression, sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    """Fit ``log y = f(others) + log(s + (1 - s)/n)``, the last times one plus what the others' logs change of it."""
    others = logs(sample, without=sample.scale)
    law = _Law(sample, powers(sample, others, degree) if others else (), others)
    shares = dict.fromkeys(_spread(sample, 2), 0.0)
    for place in shares:
        shares[place] = _least(partial(law.error_at, shares, place, regression))
    features, regressor = law.fitted(shares, regression)
    facts = tuple((f"serial share of {sample.names[place]}", share) for place, share in sorted(shares.items()))
    return Model("Amdahl", features, regressor, LOG, facts)


def _spread(sample: Sample, values: int) -> list[int]:
    """Give the places of columns that the work is spread over which have at least so many values, all positive."""
    return [
        place for place in sample.scale if len(np.unique(sample.x[:, place])) >= values and sample.x[:, place].min() > 0
    ]


@dataclass(frozen=True)
class _Law:
    """Amdahl's law for the columns of ``scale``, with products of the other columns' logs around it."""

    sample: Sample
    around: tuple[Term, ...]
    others: Sequence[Base]

    def fitted(self, shares: Mapping[int, float], regression: Regression) -> tuple[Features, Linear]:
        """Fit all but the serial shares."""
        serial = [Base(place, "serial", share) for place, share in shares.items()]
        crossed = [(base, other) for base in serial for other in self.others]
        terms = (*self.around, *((base,) for base in serial), *crossed)
        if not terms:
            model = _fitted("Amdahl", (), regression, self.sample)
            return model.features, cast("Linear", model.regressor)
        features = Features(terms)
        z = features.of(self.sample.x)
        law = slice(len(self.around), len(self.around) + len(serial))
        # The others' logs less their means: at the middle of what was measured the law holds as it stands.
        means = np.array([other.of(self.sample.x).mean() for other in self.others])
        shifts = np.kron(np.eye(len(serial)), means[:, None].T).T
        cross = z[:, law.stop :] - z[:, law] @ shifts.T if crossed else z[:, :0]
        t = LOG.of(self.sample.x, self.sample.y) - z[:, law].sum(axis=1)
        fitted = regression(np.hstack([z[:, : law.start], cross]), t)
        own, changing = fitted.weights[: law.start], fitted.weights[law.start :]
        straight = np.ones(len(serial)) - (changing @ shifts if crossed else 0.0)
        return features, Linear(fitted.offset, np.concatenate([own, straight, changing]))

    def error_at(self, shares: Mapping[int, float], place: int, regression: Regression, share: float) -> float:
        """Give the mean error of the logs with another share for one column, of the regression's kind."""
        shares = {**shares, place: share}
        features, fitted = self.fitted(shares, _lightly)
        errors = LOG.of(self.sample.x, self.sample.y) - fitted.predict(features.of(self.sample.x))
        return float(np.mean(np.abs(errors) if regression is absolute else errors**2))


def _lightly(z: Numbers, t: Numbers) -> Linear:
    return squared(z, t, alphas=(1e-6,))[0]


def _least(error: Callable[[float], float]) -> float:
    """Find the serial share of the least error: on a grid, then by golden sections between its neighbours."""
    grid = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6)
    errors = [error(share) for share in grid]
    best = int(np.argmin(errors))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    golden = (5**0.5 - 1) / 2
    for _ in range(12):
        first, second = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, second) if error(first) <= error(second) else (first, high)
    middle = (low + high) / 2
    return grid[best] if errors[best] <= error(middle) else middle


def _cold(degree: int, regression: Regression, sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    assert sample.function is not None
    target = ColdTarget(sample.function.warm, sample.function.cold, sample.function.unit)
    features = Features(powers(sample, logs(sample), degree) or (_constant(),))
    regressor = regression(features.of(sample.x), target.of(sample.x, sample.y))
    return Model("cold starts", features, regressor, target)


def _steady(sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    """Take the model of functions as a service as it is: there is nothing to fit."""
    times = sample.function
    assert times is not None
    assert times.load is not None
    assert times.idle is not None
    places = (times.load, times.warm, times.cold, times.idle)
    features = Features(tuple((Base(place, "plain"),) for place in places))
    return Model("steady state", features, SteadyState.of(features.of(sample.x), unit=times.unit), PlainTarget())


def _lone(sample: Sample) -> Features:
    return Features(tuple((base,) for base in logs(sample)) or (_constant(),))


def _vectors(sample: Sample, quick: bool) -> Model:  # noqa: ARG001
    features = _lone(sample)
    # Errors below a third of what a straight line in logs leaves are noise.
    z, t = features.of(sample.x), LOG.of(sample.x, sample.y)
    left = float(np.median(np.abs(t - absolute(z, t).predict(z))))
    epsilon = float(np.clip(left / 3, 1e-6, 0.05))
    return Model("support vectors", features, vectors(z, t, c=3.0, epsilon=epsilon, gamma=0.4 / z.shape[1]), LOG)


def _process(sample: Sample, quick: bool) -> Model:
    features = _lone(sample)
    fitted = process(
        features.of(sample.x), LOG.of(sample.x, sample.y), starts=2 if quick else 6, tuned_on=100 if quick else 200
    )
    return Model("Gaussian process", features, fitted, LOG)


def _trees(kind: Ensemble, sample: Sample, quick: bool) -> Model:
    bases = tuple((base if base.form == "is" else Base(base.column, "plain"),) for base in logs(sample))
    features = Features(bases or (_constant(),))
    options = {"n_estimators": 60} if quick and kind == "extra" else {}
    regressor = trees(features.of(sample.x), LOG.of(sample.x, sample.y), kind, options=options)
    return Model(f"{kind} trees", features, regressor, LOG)
