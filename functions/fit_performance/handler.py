"""Fit performance models to a table of measurements that has landed."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from pydantic import Field

from events import ObjectCreated
from functions.modelling.amllibrary import read_configuration
from functions.modelling.fitting import fit
from functions.modelling.publishing import publish
from functions.modelling.requests import Request
from functions.modelling.table_reading import ENDINGS, LIMITS, read_table
from functions.runtime import Context, Settings, function
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError, Rejected

CONFIGURATION = "aMLLibrary-config.ini"


class FitPerformance(Settings):
    """Set from the environment as ``FIT_PERFORMANCE_SETTLE`` and so on."""

    settle: float = Field(default=2, ge=0, le=3600, description="Seconds to wait for a configuration beside a table.")
    max_bytes: int = Field(default=LIMITS.bytes, gt=0, description="Of a table.")
    max_rows: int = Field(default=LIMITS.rows, gt=0, description="Of a table.")


@function(settings=FitPerformance)
def fit_performance(event: ObjectCreated, ctx: Context[FitPerformance]) -> None:
    """Write ``<table>/<component>.<resource>.onnx``, its card and picture, ``performance_models.json``, ``fit.json``.

    The table is a .csv or a .parquet file. A ``<table>.ini`` beside it, or ``aMLLibrary-config.ini``, says how it is to
    be fitted. A ``<table>.ini`` that comes later has its table fitted again.

    Raises:
        NotYetError: The table has only just come; its configuration may be on its way.
        Rejected: The table or its configuration cannot be used.
    """
    beside = {one.name: one for one in ctx.beside()}
    table = _table(event.name, beside)
    if table is None:
        ctx.log.info("passed over", extra={"object": event.name})
        return
    stem = PurePosixPath(table).stem
    configuration = next((each for each in (f"{stem}.ini", CONFIGURATION) if each in beside), None)
    members = [beside[each] for each in (table, configuration) if each in beside]
    youngest = min((one.age for one in members), default=ctx.settings.settle)
    if youngest < ctx.settings.settle:
        left = ctx.settings.settle - youngest
        raise NotYetError("its configuration may be on its way", delay=left, patience=ctx.settings.settle + 60)
    if configuration == f"{stem}.ini" and not ctx.lead(members):
        return
    # Whichever of the two comes later replaces the models that were fitted before, with or without a configuration.
    ctx.follow(f"models of {PurePosixPath(event.bucket, event.key).with_name(stem)}")
    request = read_configuration(ctx.take(beside[configuration]), source=configuration) if configuration else Request()
    limits = LIMITS.model_copy(update={"bytes": ctx.settings.max_bytes, "rows": ctx.settings.max_rows})
    file = ctx.fetch(event) if table == event.name else ctx.take(beside[table])
    cards = publish(
        fit(read_table(file, source=table, limits=limits), request), lambda name: ctx.output(f"{stem}/{name}")
    )
    inside = [card.errors.inside for card in cards if card.errors.inside is not None]
    ctx.metric("models", len(cards))
    if inside:
        ctx.metric("largest_error_percent", max(inside))
    ctx.log.info("fitted", extra={"table": table, "models": len(cards)})


def _table(name: str, beside: Mapping[str, Beside]) -> str | None:
    """Give the table that an object's event is about: itself, or the one that its configuration is named for."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    if ending in ENDINGS:
        # profile-collect writes every table in both forms, of which one is enough.
        is_second = ending == ".parquet" and f"{path.stem}.csv" in beside
        return None if is_second else name
    if ending != ".ini":
        raise Rejected(f"{name} is no table that is read", hint="upload a .csv or a .parquet file")
    return next((each for each in (f"{path.stem}{one}" for one in ENDINGS) if each in beside), None)
