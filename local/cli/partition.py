"""``noria partition``."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from functions.runtime.function import load
from functions.runtime.outputs import written
from functions.runtime.workspace import private_folder, sweep
from local.cli.output import progress_bar, say, show, table
from local.cli.session import json_option

if TYPE_CHECKING:
    from functions.partitioning.partitioned import Partitioned
    from functions.partitioning.request import Request
    from functions.sandbox.walls import Setting

FUNCTION = "partition-model"
MOST_SHOWN = 60
_path = click.Path(path_type=Path)


@click.command()
@click.argument("model", metavar="MODEL.onnx", type=_path)
@click.option("--request", type=_path, help="A .partition.yaml; options given here are stronger.")
@click.option("--bandwidth", type=float, help="kbit/s between the two machines.")
@click.option("--delay", type=float, help="Seconds until the first bit is there.  [default: 0]")
@click.option("--first-speed", type=float, help="How many times as fast as here the first machine is.  [default: 1]")
@click.option("--second-speed", type=float, help="The same of the second machine.  [default: 1]")
@click.option("--seconds", type=float, help="CPU seconds of the whole network here, where it is not measured.")
@click.option("--measure/--no-measure", default=None, help="Run it and its halves, walled in.  [default: no-measure]")
@click.option("--cut", multiple=True, metavar="TENSOR", help="Write the halves of this cut; may be repeated.")
@click.option("--by", type=click.Choice(["time", "size"]), help="What makes a cut the best.  [default: time]")
@click.option("--partitions", type=int, help="How many pairs of halves are written.  [default: 1]")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "bubblewrap", "landlock", "none"]),
    help="What walls measuring in.  [default: auto]",
)
@click.option("--output", type=_path, help="Folder for the results.  [default: <MODEL without its ending>.parts]")
@json_option
def partition(
    model: Path,
    request: Path | None,
    sandbox: "Setting | None",
    output: Path | None,
    as_json: bool,
    **options: Any,  # noqa: ANN401
) -> None:
    """Tell where a network can be cut so that one tensor alone goes on, and write the halves.

    With a bandwidth and what the network takes (--measure, or --seconds) it is told how long a request takes over two
    machines, one half on each, and on each of them alone. Nothing of the network is run without --measure.

    \b
    $ noria partition faces.onnx --measure --bandwidth 20000 --first-speed 0.25
    """
    load(FUNCTION)  # says which group installs what is missing
    asked = _asked(request, options)
    output = output or model.with_suffix(".parts")
    found, document, files = _partitioned(model, asked, output, sandbox or "auto")
    for warning in found.choices.warnings:
        say(f"warning: {warning}")
    listed = [str(file) for file in files]
    show({**document, "files": listed}, as_json=as_json, human=[*_told(found), "", *listed])


def _asked(path: Path | None, options: dict[str, Any]) -> "Request":
    """Give what a file asks, with the options in the stead of its fields."""
    from pydantic import ValidationError

    from functions.continuum.reading import read
    from functions.documents.document import Document
    from functions.documents.wording import dotted, problems
    from functions.partitioning.request import Request

    asked = read(path, Request) if path else Request()
    given = {name: value for name, value in options.items() if value not in (None, ())}
    try:
        both = Request.model_validate({**asked.model_dump(exclude_unset=True), **given})
    except ValidationError as error:
        wrong = [each.sentence for each in problems(error, Document(given), Request)]
    else:
        wrong = [f"{dotted(each.place)} {each.sentence}" for each in both.faults()]
        if not wrong:
            return both
    raise click.UsageError("; ".join(wrong))


def _partitioned(
    model: Path, asked: "Request", output: Path, sandbox: "Setting"
) -> tuple["Partitioned", dict[str, object], list[Path]]:
    """Partition, and move the files to where they belong: all of them or none."""
    from functions.partitioning.partitioned import link_of, partition
    from functions.partitioning.request import Request
    from functions.partitioning.writing import PARTS, RESULT, write
    from functions.sandbox.walls import choose

    with progress_bar("partitioning", None), tempfile.TemporaryDirectory() as workspace:
        walls = choose(sandbox) if asked.measure else None
        link = link_of(asked, defaults=Request())
        found = partition(model, asked, name=model.name, link=link, sandbox=walls, workspace=Path(workspace))
    output.mkdir(parents=True, exist_ok=True)
    sweep(output)  # what a run that was killed has left
    with private_folder(output) as private:
        document = write(found, lambda name: private / name)
        fresh = written(private)
        old = [path for path in output.iterdir() if PARTS.fullmatch(path.name)] if (output / RESULT).is_file() else []
        files = [file.rename(output / file.name) for file in fresh]
    for path in old:
        if path not in files:
            path.unlink()  # a part of what was chosen before
    return found, document, files


def _told(found: "Partitioned") -> Iterator[object]:
    from functions.partitioning.page import by_bandwidth, differs, number, sentence, short, shown

    yield sentence(found)
    yield ""
    columns = ["tensor", "bytes ", "operations before ", "first half s ", "second half s ", "differs by ", "request s "]
    kept = shown(found, MOST_SHOWN)
    alone = {"on the first alone": found.choices.on_first, "on the second alone": found.choices.on_second}
    rows = [(name, "", "", "", "", "", number(each.seconds)) for name, each in alone.items() if each]
    rows += [
        (
            short(each.cut.tensor),
            "" if each.cut.bytes is None else f"{each.cut.bytes:,}",
            f"{each.share:.1%}",
            number(each.first),
            number(each.second),
            differs(each),
            number(each.predicted.seconds if each.predicted else None),
        )
        for each in kept
    ]
    yield table(columns, rows)
    if left := len(found.choices.all) - len(kept):
        yield f"and {left:,} more, in cuts.csv"
    if len(found.stretches) > 1:
        yield ""
        yield table(["at least, kbit/s ", "a request takes least"], by_bandwidth(found))
