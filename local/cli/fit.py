"""``noria fit``."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from functions.runtime.errors import Rejected
from functions.runtime.function import load
from functions.runtime.outputs import with_folder, written
from functions.runtime.workspace import private_folder, sweep
from local.cli.output import progress_bar, show
from local.cli.session import json_option

if TYPE_CHECKING:
    from functions.modelling.card import Card
    from functions.modelling.choosing import Purpose
    from functions.modelling.requests import Request

FUNCTION = "fit-performance"
_path = click.Path(path_type=Path)


@click.command()
@click.argument("table", metavar="TABLE|DIR", type=_path)
@click.option("--config", type=_path, help="aMLLibrary's ini file: columns, features, techniques, validation.")
@click.option("--target", help="Column to predict.  [default: by its name, such as exec_time_ms]")
@click.option("--unit", help="Of the target: s, ms, us, min.  [default: the last word of its name, or s]")
@click.option("--use", help="Columns that are inputs, with commas between.  [default: by their names]")
@click.option("--skip", help="Columns that are not.")
@click.option(
    "--purpose", type=click.Choice(["both", "inside", "beyond"]), help="What it is chosen for.  [default: both]"
)
@click.option("--hold-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Share of rows to test on.")
@click.option("--component", help="What the table is of, where it has no such column.  [default: its name]")
@click.option("--partition", help="Part of the component.  [default: all of it]")
@click.option("--resource", help="What it ran on, where the table has no such column.  [default: any]")
@click.option(
    "--output",
    type=_path,
    help="Folder for the models.  [default: <TABLE without its ending>.models, or the application]",
)
@json_option
def fit(table: Path, config: Path | None, output: Path | None, as_json: bool, **options: Any) -> None:  # noqa: ANN401
    """Fit performance models to measured times: one for each component and resource in a table or a campaign.

    TABLE is a .csv or .parquet file, such as OSCAR-P's and aMLLibrary's: a row a measurement. The family is chosen by
    its errors on rows that are held back, at random and beyond the largest values. Each model is an ONNX file with a
    card and a picture of measured against predicted times.

    DIR is an application that noria profile has measured: its models and performance_models.json go to where noria
    optimize looks for them, with the sizes of what components send. Or it is the folder of a campaign.

    \b
    $ noria fit blur_response_time_dataframe.csv --resource VM1
    $ noria fit my-app/
    """
    load(FUNCTION)  # says which group installs what is missing
    if table.is_dir():
        _fit_campaign(table, output, config, options, as_json=as_json)
        return
    request = _request(config, options)
    output = output or table.with_suffix(".models")
    cards, files = _fitted(table, request, output)
    from functions.modelling.publishing import sentences, summary

    listed = [str(file) for file in files]
    notes = [f"note: {each}" for each in dict.fromkeys(each for card in cards for each in card.warnings)]
    show({**summary(cards), "files": listed}, as_json=as_json, human=[*sentences(cards), *notes, *listed])


def _fit_campaign(
    folder: Path, output: Path | None, config: Path | None, options: Mapping[str, Any], *, as_json: bool
) -> None:
    """Fit all that a campaign has measured; an application's models go into it."""
    from functions.modelling.application import Destination, campaign_of, publish_campaign
    from functions.modelling.campaign import tables_in
    from functions.modelling.publishing import sentences, summary

    if config or any(value for name, value in options.items() if name != "purpose"):
        raise click.UsageError("a campaign's tables say all but --purpose and --output themselves")
    tables = tables_in(folder)
    if tables is None:
        tables, to = campaign_of(folder), Destination.of(folder)
    else:
        to = Destination(output or folder / "models")
    if output is not None:
        to = Destination(output)
    to.base.mkdir(parents=True, exist_ok=True)
    sweep(to.base)  # what a run that was killed has left
    with progress_bar("fitting", None) as bar, private_folder(to.base) as private:

        def tell(text: str) -> None:
            bar.update(bar.task_ids[0], description=f"fitting {text}")

        purpose: Purpose = options["purpose"] or "both"
        made = publish_campaign(tables, to, lambda name: with_folder(private / name), purpose=purpose, progress=tell)
        files = _moved(private, to.base)
    listed = [str(file) for file in files]
    document = {**summary(made.cards), "notes": made.notes, "files": listed}
    notes = [f"note: {each}" for each in made.notes]
    show(document, as_json=as_json, human=[*sentences(made.cards), *notes, *listed])


def _moved(private: Path, folder: Path) -> list[Path]:
    """Move what was written to where it belongs, what names the models last: it never names one that is not there."""
    from functions.modelling.publishing import MODELS

    found = sorted(written(private), key=lambda file: file.name == MODELS)
    return sorted(file.replace(with_folder(folder / file.relative_to(private))) for file in found)


def _request(config: Path | None, options: dict[str, Any]) -> "Request":
    from functions.modelling.amllibrary import read_configuration
    from functions.modelling.requests import Request, Validation
    from functions.modelling.roles import UNITS
    from functions.runtime.settings import nearest

    request = read_configuration(config) if config else Request()
    given = {name: value for name, value in options.items() if value}
    unit = given.pop("unit", None)
    if unit is not None and unit not in UNITS:
        raise Rejected(
            f"there is no unit {unit[:60]!r}{nearest(unit[:60], UNITS)}", hint=f"units are {', '.join(UNITS)}"
        )
    for name in ("use", "skip"):
        if name in given:
            given[name] = tuple(each.strip() for each in given[name].split(",") if each.strip())
    if "hold_out" in given:
        given["validation"] = Validation(share=given.pop("hold_out"))
    if unit is not None:
        given["unit"] = UNITS[unit]
    return replace(request, **given)


def _fitted(table: Path, request: "Request", output: Path) -> tuple[list["Card"], list[Path]]:
    """Fit, and move the files to where they belong once all are written."""
    from functions.modelling.fitting import fit as fit_table
    from functions.modelling.publishing import publish
    from functions.modelling.table_reading import read_table

    models = fit_table(read_table(table), request)
    output.mkdir(parents=True, exist_ok=True)
    sweep(output)  # what a run that was killed has left
    with progress_bar("fitting", None), private_folder(output) as private:
        cards = publish(models, lambda name: private / name)
        return cards, _moved(private, output)
