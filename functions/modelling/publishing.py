"""The files that come of a fit: a model and its card and picture for each component and resource, and a summary."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from functions.continuum.performance_models import PerformanceModels, write_performance_models
from functions.modelling.card import Card
from functions.modelling.fitting import Fitted
from functions.modelling.model_file import card_text, model_bytes
from functions.modelling.plotting import plot
from functions.modelling.roles import SPREAD
from functions.runtime.errors import Rejected

SUMMARY = "fit.json"
MODELS = "performance_models.json"
Place = Callable[[str], Path]
"""Gives where the file of a name is to be written."""


def publish(models: Iterable[Fitted], place: Place) -> list[Card]:
    """Write all files, each model's as soon as it is fitted.

    Raises:
        Rejected: Two models would have files of one name.
    """
    cards: list[Card] = []
    entries: dict[str, dict[str, dict[str, Any]]] = {}
    stems: set[str] = set()
    for fitted in models:
        stem, card = fitted.subject.stem, fitted.card
        if stem in stems:
            raise Rejected(f"two models would be called {stem}", hint="give components and resources plainer names")
        stems.add(stem)
        write_model(fitted, place)
        entries.setdefault(card.component, {}).setdefault(card.partition, {})[card.resource] = entry_of(fitted)
        cards.append(card)
    place(MODELS).write_text(models_text(entries))
    place(SUMMARY).write_text(summary_text(cards))
    return cards


def models_text(entries: Mapping[str, Any]) -> str:
    """Give ``performance_models.json``.

    Raises:
        Rejected: What was measured gives an entry that the file cannot have, such as a time of next to nothing.
    """
    try:
        models = PerformanceModels.model_validate(entries, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = f"what was measured gives no {MODELS}: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
        raise Rejected(said, hint="see the times in the tables, and their unit") from None
    return write_performance_models(models)


def write_model(fitted: Fitted, place: Place) -> None:
    """Write a model, its card and its picture."""
    stem = fitted.subject.stem
    place(f"{stem}.onnx").write_bytes(model_bytes(fitted.model, fitted.interval, fitted.card))
    place(f"{stem}.json").write_text(card_text(fitted.card))
    _picture(fitted, place(f"{stem}.svg"))


def summary_text(cards: Iterable[Card]) -> str:
    """Give ``fit.json``."""
    return json.dumps(summary(cards), indent=1, ensure_ascii=False) + "\n"


def summary(cards: Iterable[Card]) -> dict[str, Any]:
    """Give the short form of the cards, without what was tried."""
    return {"models": [card.model_dump(mode="json", exclude={"tried"}) for card in cards]}


def sentences(cards: Iterable[Card]) -> Iterator[str]:
    """Say of each model how good it is."""
    for card in cards:
        errors = [
            f"{value:.3g} % {where}"
            for value, where in (
                (card.errors.inside, "inside of what was measured"),
                (card.errors.beyond, "beyond it"),
                (card.errors.tested, f"where {card.errors.tested_on} was held out"),
            )
            if value is not None
        ]
        name = ".".join(dict.fromkeys((card.component, card.partition, card.resource)))
        yield f"{name}: {card.family}, {card.rows} rows, mean error {', '.join(errors) or 'not tested'}"


def _picture(fitted: Fitted, path: Path) -> None:
    predicted = fitted.model.predict(fitted.sample.x)
    lower, upper = fitted.interval.around(fitted.sample.x, predicted)
    title, said = next(iter(sentences([fitted.card]))).split(": ", 1)
    plot(path, title=title, measured=fitted.sample.y, predicted=predicted, lower=lower, upper=upper, error=said)


def entry_of(fitted: Fitted) -> dict[str, Any]:
    """Give the model's entry in ``performance_models.json``; kinds are SPACE4AI-D's."""
    times, sample = fitted.sample.function, fitted.sample
    if times is not None and fitted.model.family == "steady state":
        warm, cold = (float(sample.x[:, place].mean() * times.unit) for place in (times.warm, times.cold))
        return {"model": "PACSLTK", "demandWarm": warm, "demandCold": max(warm, cold)}
    kind = "MLLIBfaas" if times is not None else "LambdaBasedPredictor"
    if any(each.role in SPREAD for each in fitted.card.inputs):
        kind = "CoreBasedPredictor"
    return {"model": kind, "regressor_file": f"{fitted.subject.stem}.onnx", "meanTime": fitted.card.mean_seconds}
