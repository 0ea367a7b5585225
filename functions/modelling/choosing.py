"""The automatic choice: each family is fitted without rows that are held back, and tested on those.

``inside`` is the error on configurations that were not measured among those that were; ``beyond`` that on the largest
values of what a deployment may have more of than any that was measured. How long it takes is bounded by the rows
that are looked at, not by a clock: the choice is the same on a slow machine.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from functions.modelling.families import Family, families
from functions.modelling.graph import Numbers
from functions.modelling.model import Model
from functions.modelling.sample import Sample
from functions.modelling.validation import Split, beyond, folds, mape
from functions.runtime.errors import Rejected

Purpose = Literal["both", "inside", "beyond"]
MOST_ROWS = 1500
"""Rows that families are compared on."""
HOPE: Mapping[str, float] = {"inside": 1.15, "both": 1.3, "beyond": 1.5}
"""A family whose error is so many times the best one's after one test of each kind is tested no further."""
DOUBT = 0.1
"""Standard error of a log of errors where a lone test does not tell."""
_FAR = 1e6


@dataclass(frozen=True)
class Score:
    """How a family did.

    Attributes:
        inside, beyond: Mean absolute percentage errors over all tests; None where there was none.
        tests: Number of tests that it had.
        reason: Why it was not tried, or no further.
    """

    family: str
    inside: float | None = None
    beyond: float | None = None
    tests: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """The family with the least error, and what its tests left over.

    Attributes:
        scores: Of all families, the best first.
        inside, beyond: Logs of measured over predicted seconds on all held back rows, of the chosen family.
    """

    family: Family
    scores: tuple[Score, ...]
    inside: Numbers
    beyond: Numbers

    @property
    def score(self) -> Score:
        """The chosen family's."""
        return self.scores[0]


def choose(sample: Sample, *, purpose: Purpose = "both", among: Iterable[Family] | None = None) -> Choice:
    """Choose a family by its errors on rows that it was not fitted to.

    Raises:
        Rejected: There are too few rows for any.
    """
    sample = _thinned(sample)
    tests: Tests = {"inside": folds(sample), "beyond": beyond(sample)}
    with _one_thread():
        return _chosen(sample, purpose, tests, tuple(among if among is not None else families(sample)))


def fitted(family: Family, sample: Sample) -> Model:
    """Fit a family to all rows, with all care."""
    with _one_thread():
        return family(sample)


Kind = Literal["inside", "beyond"]
Tests = Mapping[Kind, Sequence[Split]]


@dataclass(frozen=True)
class _Result:
    """Logs of measured over predicted seconds of the held back rows, for each test."""

    logs: Mapping[Kind, tuple[Numbers, ...]]

    def __add__(self, other: "_Result") -> "_Result":
        return _Result({kind: self.logs[kind] + other.logs[kind] for kind in self.logs})

    def errors(self, kind: Kind) -> Numbers:
        """Give the mean absolute percentage error of each test."""
        return np.array([mape(np.exp(-each), np.ones(len(each))) for each in self.logs[kind]])

    def value(self, wanted: Sequence[Kind]) -> float:
        """Give the mean of the errors' logs over the tests, and over the kinds that are wanted."""
        means = [np.log(np.maximum(self.errors(kind), 1e-9)).mean() for kind in wanted if self.logs[kind]]
        return float(np.mean(means)) if means else 0.0

    def doubt(self, other: "_Result", wanted: Sequence[Kind]) -> float:
        """Give the standard error of the difference of two values, by the differences of each test."""
        found = []
        for kind in wanted:
            own, others = (np.log(np.maximum(each.errors(kind), 1e-9)) for each in (self, other))
            difference = own - others
            count = len(difference)
            if count:
                found.append(float(np.std(difference, ddof=1) / count**0.5) if count > 1 else DOUBT)
        return float(np.sqrt(np.sum(np.square(found))) / max(1, len(found)))

    def score(self, name: str, reason: str = "") -> Score:
        """Say it in plain numbers."""
        inside, beyond = (float(self.errors(kind).mean()) if self.logs[kind] else None for kind in ("inside", "beyond"))
        return Score(name, inside, beyond, sum(len(each) for each in self.logs.values()), reason)


def _chosen(sample: Sample, purpose: Purpose, tests: Tests, tried: tuple[Family, ...]) -> Choice:
    wanted = _wanted(purpose, tests)
    first = {kind: splits[:1] if kind in wanted else () for kind, splits in tests.items()}
    rest = {kind: splits[1:] if kind in wanted else () for kind, splits in tests.items()}
    reasons = {family.name: _unfit(family, len(sample)) for family in tried}
    results = {family.name: _tested(family, sample, first) for family in tried if not reasons[family.name]}
    if not results:
        raise Rejected(f"{len(sample)} measurements are too few", hint="4 different ones are the least")
    firsts = {name: result.value(wanted) for name, result in results.items()}
    limit = min(firsts.values()) + np.log(HOPE[purpose])
    for family in tried:
        if family.name in results and firsts[family.name] > limit and not family.patient:
            reasons[family.name] = "far from the best after its first tests"
        elif family.name in results:
            results[family.name] += _tested(family, sample, rest)
    known = {family.name: family for family in tried}
    finalists = {name: result for name, result in results.items() if not reasons[name]}
    best = _best(finalists, known, wanted, purpose)
    others = {kind: splits if kind not in wanted else () for kind, splits in tests.items()}
    results[best] += _tested(known[best], sample, others)
    ranked = sorted(finalists, key=lambda name: (name != best, finalists[name].value(wanted)))
    scores = [results[name].score(name) for name in ranked]
    left = sorted((name for name in results if reasons[name]), key=lambda name: firsts[name])
    scores += [results[name].score(name, reasons[name]) for name in left]
    scores += [Score(name, reason=reason) for name, reason in reasons.items() if name not in results]
    logs = results[best].logs
    return Choice(known[best], tuple(scores), _joined(logs["inside"]), _joined(logs["beyond"]))


def _wanted(purpose: Purpose, tests: Tests) -> tuple[Kind, ...]:
    """Give the kinds of tests that decide: what the purpose says, or what there is."""
    kinds: tuple[Kind, ...] = ("inside", "beyond") if purpose == "both" else (purpose,)
    found = tuple(kind for kind in kinds if tests[kind])
    return found or tuple(kind for kind in tests if tests[kind])


def _best(results: Mapping[str, _Result], known: Mapping[str, Family], wanted: Sequence[Kind], purpose: Purpose) -> str:
    """Give the least error's family; where it is about what is beyond, a more lawful one that may well be as good.

    So it is, too, where there are too few rows to hold the largest back.
    """
    values = {name: result.value(wanted) for name, result in results.items()}
    least = min(values, key=lambda name: values[name])
    if purpose == "inside":
        return least
    good = [
        name for name, result in results.items() if values[name] - values[least] <= result.doubt(results[least], wanted)
    ]
    return min(good, key=lambda name: (-known[name].lawful, values[name]))


def _unfit(family: Family, rows: int) -> str:
    if rows < family.too_few:
        return f"{rows} rows are too few"
    return f"{rows:,} rows are too many" if rows > family.too_many else ""


def _tested(family: Family, sample: Sample, tests: Tests) -> _Result:
    return _Result({kind: tuple(_test(family, sample, split) for split in splits) for kind, splits in tests.items()})


def _test(family: Family, sample: Sample, split: Split) -> Numbers:
    model, rows = family(sample.rows(~split.held), quick=True), sample.rows(split.held)
    with np.errstate(all="ignore"):
        logs = np.log(rows.y) - np.log(model.predict(rows.x))
    far = np.log(_FAR)
    return np.asarray(np.clip(np.nan_to_num(logs, nan=far), -far, far))


def _joined(parts: Sequence[Numbers]) -> Numbers:
    return np.concatenate(parts) if parts else np.empty(0)


def _thinned(sample: Sample) -> Sample:
    if len(sample) <= MOST_ROWS:
        return sample
    return sample.rows(np.sort(np.random.default_rng(0).permutation(len(sample))[:MOST_ROWS]))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep linear algebra on one thread: such small matrices gain nothing, and sums have one order."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn's own

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
