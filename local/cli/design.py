"""``noria design``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.cli.output import progress_bar, say, show, table
from local.cli.session import json_option

if TYPE_CHECKING:
    from functions.designing.design import Design
    from functions.designing.pipeline import MadePipeline

MOST_SHOWN = 20


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, and write nothing.")
@json_option
def design(folder: Path, dry_run: bool, as_json: bool) -> None:
    """Check an application, and write its annotations, designs, deployments and constraints.

    DIR has an application in AI-SPRINT's tree: src/<component>/main.py, and application_dag.yaml,
    candidate_resources.yaml and candidate_deployments.yaml in common_config. Nothing of it is run or imported. Networks
    that may be cut are cut where the smallest tensor goes on. What an earlier design wrote below aisprint/ is replaced.

    \b
    $ noria design my-app
    """
    from functions.designing import design as designing
    from functions.designing.writing import is_optimised, pipeline, write

    with progress_bar("designing", None):
        designed = designing.design(folder)
        kept = not dry_run and is_optimised(folder)
        warnings = list(designed.warnings)
        made = pipeline(designed, folder, warnings)
        files = [] if dry_run else write(designed, folder)
    if kept:
        warnings.append("the optimal deployment is another than base, and is kept")
    for warning in warnings:
        say(f"warning: {warning}")
    listed = [str(file) for file in files]
    document = {**designed.document(), "warnings": warnings, "files": listed}
    show(document, as_json=as_json, human=[*_told(designed), *_listed(folder, len(listed), made)])


def _told(designed: "Design") -> Iterator[object]:
    yield f"{designed.name}: {len(designed.dag.components)} components"
    for source, target, probability in designed.dag.dependencies:
        yield f"  {source} -> {target}" + ("" if probability == 1 else f" ({probability:g})")
    for name, each in designed.designs.items():
        for cut in each.cuttings:
            tensors = " and ".join(", ".join(some) for some in cut.tensors)
            yield f"{name} is cut at {tensors} ({', '.join(f'{size:,} bytes' for size in cut.bytes)}): {cut.name}"
    if designed.performance:
        yield ""
        yield table(["degraded deployment", "components", f"{designed.performance.metric_name} "], _values(designed))
    yield ""
    shown = designed.deployments[:MOST_SHOWN]
    rows = [(each.name, ", ".join(f"{part} on {layer}" for part, layer in each.layers.items())) for each in shown]
    yield table(["deployment", "layers"], rows)
    if designed.count > len(shown):
        yield f"and {designed.count - len(shown):,} more"


def _values(designed: "Design") -> Iterator[tuple[object, ...]]:
    performance = designed.performance
    for name, each in (performance.deployments if performance else {}).items():
        yield name, ", ".join(each.components), f"{each.metric_value:.4f}"


def _listed(folder: Path, count: int, made: "MadePipeline | None") -> Iterator[str]:
    if count:
        below = "annotations in common_config, designs and deployments in aisprint"
        yield f"{count} files written below {folder}: {below}{', the pipeline in oscar' if made else ''}"
    if made and made.own:
        yield f"noria's own functions do the work of {', '.join(made.own)}; a script.sh beside main.py would go before"
