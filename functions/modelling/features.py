"""From the columns of a table to what a regression sees: logs, inverses, Ernest's and Amdahl's terms, products.

Ernest's terms are those of S. Venkataraman et al., "Ernest: Efficient Performance Prediction for Large-Scale Advanced
Analytics" (NSDI 2016): with ``n`` machines and data of size ``d`` a run takes ``a + b d/n + c log n + e n``. Amdahl's
(1967) is that a share ``s`` of the work cannot be spread: ``s + (1 - s)/n``; its log stands beside the other logs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Literal

import numpy as np

from functions.modelling.graph import INPUT, Graph, Numbers

Form = Literal["plain", "log", "inverse", "serial", "is"]
FLOOR = 1e-12
"""Least number that a log or an inverse is taken of; the predictor refuses what is below what was measured anyway."""


@dataclass(frozen=True, order=True)
class Base:
    """One function of one column.

    Attributes:
        column: Its place among the columns.
        form: ``serial`` is log(s + (1 - s)/x), ``is`` 1 where x equals ``number`` and else 0.
        number: Added to x before a log (for columns with zeros); ``s``; the category.
    """

    column: int
    form: Form
    number: float = 0.0

    def of(self, x: Numbers) -> Numbers:
        """Give it of all rows of an (N, columns) array, as (N,)."""
        values: Numbers = x[:, self.column]
        match self.form:
            case "plain":
                return values
            case "log":
                return np.log(np.maximum(values + self.number, FLOOR))
            case "inverse":
                return 1 / np.maximum(values, FLOOR)
            case "serial":
                return np.log(self.number + (1 - self.number) / np.maximum(values, FLOOR))
            case "is":
                return np.asarray(values == self.number, np.float64)

    def export(self, graph: Graph) -> str:
        """Add it to a graph, as (N, 1)."""
        values = graph.columns(INPUT, [self.column])
        match self.form:
            case "plain":
                return values
            case "log":
                return graph.add("Log", graph.add("Max", graph.add("Add", values, self.number), FLOOR))
            case "inverse":
                return graph.add("Reciprocal", graph.add("Max", values, FLOOR))
            case "serial":
                share = graph.add("Div", 1 - self.number, graph.add("Max", values, FLOOR))
                return graph.add("Log", graph.add("Add", share, self.number))
            case "is":
                return graph.add("Cast", graph.add("Equal", values, self.number), to=11)


Term = tuple[Base, ...]
"""A product of bases."""


@dataclass(frozen=True)
class Features:
    """The terms in their order; together an (N, terms) array."""

    terms: tuple[Term, ...]

    @property
    def bases(self) -> tuple[Base, ...]:
        """Give the different bases in a fixed order."""
        return tuple(sorted({base for term in self.terms for base in term}))

    def of(self, x: Numbers) -> Numbers:
        """Give the terms of an (N, columns) array, as (N, terms)."""
        known = {base: base.of(x) for base in self.bases}
        values = np.ones((len(x), len(self.terms)))
        for place, term in enumerate(self.terms):
            for base in term:
                values[:, place] *= known[base]
        return values

    def export(self, graph: Graph) -> str:
        """Add them to a graph, as (N, terms)."""
        places = {base: place for place, base in enumerate(self.bases)}
        columns = [base.export(graph) for base in self.bases]
        matrix = columns[0] if len(columns) == 1 else graph.add("Concat", *columns, axis=1)
        degree = max(len(term) for term in self.terms)
        if degree > 1:
            ones = graph.add("Pow", graph.columns(matrix, [0]), 0.0)
            matrix = graph.add("Concat", matrix, ones, axis=1)
        factors = [
            graph.columns(matrix, [places[term[at]] if at < len(term) else len(places) for term in self.terms])
            for at in range(degree)
        ]
        product = factors[0]
        for factor in factors[1:]:
            product = graph.add("Mul", product, factor)
        return product


def products(bases: Sequence[Base], degree: int, *, most: Sequence[int] | None = None) -> tuple[Term, ...]:
    """Give all products of up to ``degree`` bases; of each base at most its entry of ``most``."""
    allowed = most if most is not None else [degree] * len(bases)
    return tuple(
        tuple(bases[place] for place in places)
        for size in range(1, degree + 1)
        for places in combinations_with_replacement(range(len(bases)), size)
        if all(places.count(place) <= allowed[place] for place in set(places))
    )


def unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Give each term once, whichever order its bases are in."""
    return tuple(dict.fromkeys(tuple(sorted(term)) for term in terms))
