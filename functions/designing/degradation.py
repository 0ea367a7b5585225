"""How good an application's answers are with each choice of alternatives: a filter, then a classifier.

The formulas are AI-SPRINT's (continuum design 3.3). The filter keeps a share TP of all samples rightly and FP wrongly,
and lets FN and TN of them go; the classifier's matrix is of what comes to it. ``average_accuracy``, which upstream
never computed, is the share of all samples that end in the right class.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.continuum.degraded import DegradedDeployment, DeploymentsPerformance
from functions.designing.components import SOURCES, Component
from functions.designing.confusion import FOLDER, MATRIX, Confusion, read_confusion, read_weights
from functions.designing.deployments import Space
from functions.runtime.errors import Rejected

Scores = NDArray[np.float64]
"""A number for each class."""
ORIGINAL = "original_deployment"
ALTERNATIVE = "alternative_deployment"
DIGITS = 4


@dataclass(frozen=True)
class Rates:
    """A filter's shares of all samples: kept rightly and wrongly, let go wrongly and rightly."""

    tp: float
    fp: float
    fn: float
    tn: float

    @property
    def passes(self) -> float:
        """How likely a sample goes on to the classifier."""
        return round(self.tp + self.fp, DIGITS)


@dataclass(frozen=True)
class Pair:
    """A filter and a classifier behind it; ``filtered`` is the classifier's own class of what the filter lets go."""

    rates: Rates
    classifier: Confusion
    filtered: str | None = None

    def precision(self) -> Scores:
        """Of what is taken for each class, the share that is of it; the filtered class first, or where it is."""
        rates, right, _, wrong, total = self._terms()
        if self.filtered is None:
            theirs = _shares(rates.tp * right, rates.tp * wrong + rates.fp * (right + wrong) / total)
            return np.concatenate([_shares([rates.tn], [rates.fn]), theirs])
        own = self.classifier.index(self.filtered, MATRIX)
        from_filtered = self.classifier.shares[own]
        found = _shares(rates.tp * right, rates.tp * (wrong - from_filtered) + rates.fp * from_filtered)
        found[own] = _share(rates.tn + rates.fp * right[own], rates.fn + rates.tp * wrong[own])
        return found

    def recall(self) -> Scores:
        """Of what is of each class, the share that is taken for it; the filtered class first, or where it is."""
        rates, right, missed, _, total = self._terms()
        theirs = _shares(rates.tp * right, rates.tp * missed + rates.fn * (right + missed) / total)
        if self.filtered is None:
            return np.concatenate([_shares([rates.tn], [rates.fp]), theirs])
        own = self.classifier.index(self.filtered, MATRIX)
        theirs[own] = _share(rates.tn + rates.fp * right[own], rates.fp * missed[own])
        return theirs

    def accuracy(self) -> float:
        """The share of all samples that end in the right class."""
        rates, right, _, _, _ = self._terms()
        if self.filtered is None:
            return float(rates.tn + rates.tp * right.sum())
        own = self.classifier.index(self.filtered, MATRIX)
        return float(rates.tn + rates.fp * right[own] + rates.tp * (right.sum() - right[own]))

    def metric(self, name: str, weights: Scores | None) -> float:
        """Give the value of a metric; ``weights`` are of the classes, equal ones if there are none."""
        if name == "average_accuracy":
            return self.accuracy()
        precision, recall = self.precision(), self.recall()
        f1 = _shares(2 * precision * recall, precision + recall - 2 * precision * recall)
        found = {"average_precision": precision, "average_recall": recall, "average_f1": f1}[name]
        return float(np.average(found, weights=weights))

    def _terms(self) -> tuple[Rates, Scores, Scores, Scores, float]:
        shares = self.classifier.shares
        right = np.diag(shares).copy()
        return self.rates, right, shares.sum(axis=1) - right, shares.sum(axis=0) - right, float(shares.sum())


def rates_of(confusion: Confusion, filtered: str, source: str) -> Rates:
    """Read a filter's rates off its matrix of two classes.

    Raises:
        Rejected: It has another number of classes, or none that is called ``filtered``.
    """
    if len(confusion.classes) != 2:
        raise Rejected(f"{source}/{FOLDER}: a filter knows two classes, not {len(confusion.classes)}")
    gone = confusion.index(filtered, f"{source}/{FOLDER}")
    kept, shares = 1 - gone, confusion.shares
    return Rates(
        tp=float(shares[kept, kept]),
        fp=float(shares[gone, kept]),
        fn=float(shares[kept, gone]),
        tn=float(shares[gone, gone]),
    )


class Degradation:
    """All choices of alternatives of an application that is a filter and a classifier."""

    def __init__(self, space: Space, components: Mapping[str, Component]) -> None:
        self._space = space
        self._components = components
        self._filter, self._classifier = self._roles()
        said = components[self._filter].annotations.model_performance
        self._filtered = (said.filtered_class if said else None) or ""
        if not self._filtered:
            where = components[self._filter].source.file.name
            raise Rejected(f"{where}: model_performance of a filter names its filtered_class", hint=f"correct {where}")

    def rates(self, name: str) -> Rates:
        """Give the rates of the filter, or of an alternative to it."""
        folder = self._components[name].folder
        return rates_of(read_confusion(folder), self._filtered, f"{SOURCES}/{folder.name}")

    def passes(self) -> dict[str, float]:
        """Give for the filter and each alternative to it how likely a sample goes on."""
        return {filter_: self.rates(filter_).passes for filter_, _ in self._choices()}

    def performance(self) -> DeploymentsPerformance:
        """Give all choices, the best first.

        Raises:
            Rejected: The files of a component are missing or damaged.
        """
        asked = self._components[self._classifier].annotations.model_performance
        if asked is None or asked.metric is None:  # _roles has looked
            raise Rejected(f"{self._classifier} has no metric")
        values = {choice: self._value(choice, asked.metric, asked.filtered_class) for choice in self._choices()}
        entries, number = [], 0
        for choice in sorted(values, key=lambda each: -values[each]):
            original = choice == (self._filter, self._classifier)
            number += not original
            name = ORIGINAL if original else f"{ALTERNATIVE}{number}"
            dependency = (*choice, self.rates(choice[0]).passes)
            value = round(values[choice], DIGITS)
            entries.append(
                {name: DegradedDeployment(components=choice, dependencies=(dependency,), metric_value=value)}
            )
        return DeploymentsPerformance(
            metric_name=asked.metric, metric_thr=asked.metric_thr, sorted_deployments_performance=tuple(entries)
        )

    def _choices(self) -> list[tuple[str, str]]:
        chosen = [dict(zip(self._space.dag.components, each, strict=True)) for each in self._space.alternatives()]
        return [(each[self._filter], each[self._classifier]) for each in chosen]

    def _value(self, choice: tuple[str, str], metric: str, filtered: str | None) -> float:
        confusion = read_confusion(self._components[choice[1]].folder)
        weights = read_weights(self._components[choice[1]].folder.parent)
        names = confusion.classes if filtered else (self._filtered, *confusion.classes)
        if weights and (missing := [name for name in names if name not in weights]):
            raise Rejected(f"{SOURCES}/class_weights.csv has no class {missing[0]!r}")
        given = np.array([weights[name] for name in names]) if weights else None
        return Pair(self.rates(choice[0]), confusion, filtered).metric(metric, given)

    def _roles(self) -> tuple[str, str]:
        """Give filter and classifier; the classifier's annotation has the metric."""
        chain = self._space.dag.ordered
        asked = [self._components[name].annotations.model_performance for name in chain]
        chained = len(chain) == 2 and [each[:2] for each in self._space.dag.dependencies] == [chain]
        if not chained or not asked[0] or not asked[1] or asked[0].metric or not asked[1].metric:
            raise Rejected(
                "model_performance is for a filter that a classifier follows: the filter's has filtered_class, the "
                f"classifier's has metric; this application has {' -> '.join(chain)}",
                hint="leave model_performance out, or give it to both",
            )
        return chain[0], chain[1]


def _shares(right: Scores | list[float], wrong: Scores | list[float]) -> Scores:
    ours, others = np.asarray(right, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    total = ours + others
    return np.divide(ours, total, out=np.zeros_like(total), where=total > 0)


def _share(right: float, wrong: float) -> float:
    return float(_shares([right], [wrong])[0])
