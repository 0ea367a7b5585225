"""Fit a table: a model for each component and resource, tested, with its card."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from functions.modelling.card import Bounds, Card, Errors, Input, Tried
from functions.modelling.choosing import Choice, choose, fitted
from functions.modelling.families import Family
from functions.modelling.intervals import Interval
from functions.modelling.model import Model
from functions.modelling.preparing import Subject, prepare
from functions.modelling.requests import Request, Validation
from functions.modelling.roles import role
from functions.modelling.sample import Sample
from functions.modelling.table import Table
from functions.modelling.techniques import technique_families
from functions.modelling.validation import Split, above, between, held_out, mape
from functions.runtime.errors import Rejected

LONGEST = 400


@dataclass(frozen=True)
class Fitted:
    """One model with what it was fitted to."""

    subject: Subject
    sample: Sample
    model: Model
    interval: Interval
    card: Card


def fit(table: Table, request: Request | None = None) -> Iterator[Fitted]:
    """Fit all models of a table, one after the other.

    Raises:
        Rejected: The table or the request cannot be used.
    """
    request = request or Request()
    prepared = prepare(table, request)
    for subject, sample in prepared.samples:
        yield _fitted(subject, sample, request, prepared.target, table.source, prepared.warnings)


def _fitted(
    subject: Subject, sample: Sample, request: Request, target: str, source: str, warnings: tuple[str, ...]
) -> Fitted:
    among = _among(sample, request)
    tested, tested_on = _tested(sample, request, among)
    choice = choose(sample, purpose=request.purpose, among=among)
    model = fitted(choice.family, sample)
    interval = Interval.of(sample.x, inside=choice.inside, beyond=choice.beyond)
    card = Card(
        component=_short(subject.component),
        partition=_short(subject.partition),
        resource=_short(subject.resource),
        family=choice.family.name,
        facts=dict(model.facts),
        inputs=tuple(_inputs(sample)),
        target=_short(target),
        rows=len(sample),
        mean_seconds=float(sample.y.mean()),
        errors=Errors(inside=choice.score.inside, beyond=choice.score.beyond, tested=tested, tested_on=tested_on),
        interval=_bounds(interval),
        data=sample.digest,
        source=_short(source),
        tried=tuple(_tried(choice)),
        warnings=tuple(_short(each) for each in warnings[:100]),
    )
    return Fitted(subject, sample, model, interval, card)


def _among(sample: Sample, request: Request) -> tuple[Family, ...] | None:
    if request.techniques:
        return technique_families(sample, request.techniques, request.preparation)
    return request.families or None


def _tested(sample: Sample, request: Request, among: tuple[Family, ...] | None) -> tuple[float | None, str]:
    """Choose and fit without the rows that are to be held out of everything, and give the error on them."""
    errors = []
    splits = _splits(sample, request.validation)
    for split in splits:
        left = sample.rows(~split.held)
        if len(left) < 4 or not split.held.any():
            hint = "hold out fewer, or leave the validation out"
            raise Rejected(f"with {split.name} held out {len(left)} rows are left to fit", hint=hint)
        family = choose(left, purpose="beyond" if request.validation.above else "inside", among=among).family
        held = sample.rows(split.held)
        errors.append(mape(fitted(family, left).predict(held.x), held.y))
    return (float(np.mean(errors)), _short(splits[0].name)) if errors else (None, "")


def _splits(sample: Sample, wanted: Validation) -> list[Split]:
    if wanted.above:
        return [above(sample, {_place(sample, name): bound for name, bound in wanted.above.items()})]
    if wanted.values:
        return [between(sample, {_place(sample, name): values for name, values in wanted.values.items()})]
    if wanted.share:
        return [held_out(sample, share=wanted.share, seed=seed) for seed in range(wanted.runs)]
    return []


def _place(sample: Sample, name: str) -> int:
    if name not in sample.names:
        raise Rejected(f"the column {name[:60]} is to be held out by, but is no input", hint="correct the validation")
    return sample.names.index(name)


def _inputs(sample: Sample) -> Iterator[Input]:
    for place, name in enumerate(sample.names):
        values = sample.x[:, place]
        words = tuple(sample.words.get(name, ()))
        yield Input(name=name, role=role(name), least=float(values.min()), most=float(values.max()), words=words)


def _bounds(interval: Interval) -> Bounds:
    low, high, low_beyond, high_beyond = (
        float(np.exp(each)) for each in (interval.low, interval.high, interval.low_beyond, interval.high_beyond)
    )
    return Bounds(level=interval.level, lower=low, upper=high, lower_beyond=low_beyond, upper_beyond=high_beyond)


def _tried(choice: Choice) -> Iterator[Tried]:
    for each in choice.scores:
        yield Tried(family=each.family, inside=each.inside, beyond=each.beyond, tests=each.tests, reason=each.reason)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
