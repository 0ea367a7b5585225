"""Networks between neighbours: pairs of places that none joins are excluded, delays are bounded below.

A hop goes from the last partition of a component, or a partition inside its chain, to the one that follows. ``before``
and ``after`` hold a partition for each deployment that may be chosen; exactly one of each is in use, or none.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from functions.placement.exact.formulation import Formulation
from functions.placement.exact.programme import Values
from functions.placement.system import Part

Sent = tuple[Part, float]
"""A partition and the KB that it sends on."""
Group = dict[int, float]
"""Columns of options, each with coefficient 1."""


def between(formulation: Formulation, here: str, there: str) -> tuple[list[Sent], list[Part]]:
    """Give the hop from one component to another."""
    components = formulation.figures.system.components
    last = [(here, chain[-1]) for chain in components[here].deployments.values()]
    sent = [(part, components[here].partitions[part[1]].sizes.get(there, 0.0)) for part in dict.fromkeys(last)]
    return sent, list(dict.fromkeys((there, chain[0]) for chain in components[there].deployments.values()))


def inside(formulation: Formulation, component: str, chain: Sequence[str]) -> Iterator[tuple[Sent, Part]]:
    """Give the hops inside a deployment."""
    partitions = formulation.figures.system.components[component].partitions
    for before, after in pairwise(chain):
        yield ((component, before), partitions[before].sizes.get(after, 0.0)), (component, after)


def exclude_unjoined(formulation: Formulation) -> None:
    """Let no two neighbours be where no network joins them."""
    for component in formulation.figures.system.components.values():
        for chain in component.deployments.values():
            for sent, after in inside(formulation, component.name, chain):
                _exclude(formulation, [sent], [after])
        for following in component.next:
            _exclude(formulation, *between(formulation, component.name, following))


def delay_column(formulation: Formulation, before: Sequence[Sent], after: Sequence[Part]) -> int:
    """Add the column of a hop's seconds.

    For each place ``a`` before, the column is at least the delay from ``a`` to the place after, less the most by which
    that can exceed the delay from the place that is chosen instead of ``a``.
    """
    senders, targets, delays = _hop(formulation, before, after)
    delays[~np.isfinite(delays)] = 0.0  # such pairs are excluded
    column = formulation.programme.column(upper=float(delays.max(initial=0.0)), integer=False)
    for row in np.unique(delays, axis=0):
        if not row.any():
            continue
        terms = {column: 1.0}
        for target, seconds in zip(targets, row, strict=True):
            terms |= dict.fromkeys(target, -float(seconds))
        for sender, other in zip(senders, delays, strict=True):
            terms |= dict.fromkeys(sender, max(0.0, float((row - other).max())))
        formulation.programme.row(terms, low=0.0)
    return column


def _exclude(formulation: Formulation, before: Sequence[Sent], after: Sequence[Part]) -> None:
    senders, targets, delays = _hop(formulation, before, after)
    joined = np.isfinite(delays)
    for row in np.unique(joined, axis=0):
        if row.all():
            continue
        terms: Group = {}
        for group in [each for each, other in zip(senders, joined, strict=True) if (other == row).all()]:
            terms |= group
        for group in [each for each, is_joined in zip(targets, row, strict=True) if not is_joined]:
            terms |= group
        formulation.programme.row(terms, high=1.0)


def _hop(
    formulation: Formulation, before: Sequence[Sent], after: Sequence[Part]
) -> tuple[list[Group], list[Group], Values]:
    """Give the options before by place and size, those after by place, and the seconds between: (before, after)."""
    columns, usable = formulation.options, formulation.bounds.usable
    senders = {(each.place, size): each for part, size in before for each in usable[part]}
    targets = {each.place: each for part in after for each in usable[part]}
    delays = [
        [formulation.figures.delay(key[1], one, other) for other in targets.values()] for key, one in senders.items()
    ]
    return (
        [
            {columns[each.key]: 1.0 for part, size in before for each in usable[part] if (each.place, size) == key}
            for key in senders
        ],
        [
            {columns[each.key]: 1.0 for part in after for each in usable[part] if each.place == place}
            for place in targets
        ],
        np.array(delays, dtype=float).reshape(len(senders), len(targets)),
    )
