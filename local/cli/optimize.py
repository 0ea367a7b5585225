"""``noria optimize``."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from functions.runtime.function import load
from functions.runtime.outputs import with_folder
from functions.runtime.workspace import private_folder, sweep
from local.cli.finite import Finite
from local.cli.output import CHECK_FAILED, progress_bar, say, show, table
from local.cli.session import json_option

if TYPE_CHECKING:
    from functions.optimize.by_hand import Done
    from functions.optimize.result import PlacementText, Result

FUNCTION = "optimize"
MOST_LOAD = 1e9
"""Requests a second; what is meant to be more is a slip of the pen."""
MARKS = {"holds": "ok", "fails": "FAILED"}
_path = click.Path(path_type=Path)


@click.command()
@click.argument("path", metavar="FILE|DIR", type=_path)
@click.option("--load", "requests", type=Finite(0, MOST_LOAD, min_open=True), help="Requests a second that arrive.")
@click.option("--method", help="exact, or one of SPACE4AI-D's by any of its names; of jobs, one of the scheduler's.")
@click.option("--seconds", type=Finite(0, min_open=True), help="Of looking for an answer.  [default: 60]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of methods that try at random.  [default: 0]")
@click.option(
    "--current", type=_path, help="result.json or Output.json of what runs now: begin from there, with the steps."
)
@click.option("--output", type=_path, help="Folder for all files: what to deploy, the page...  [default: none]")
@click.option("--front/--no-front", default=None, help="Cost against response time.  [default: with --output]")
@click.option("--check", is_flag=True, help="DIR is what --output has written: check the answer and prove it anew.")
@json_option
def optimize(
    path: Path,
    requests: float | None,
    method: str | None,
    seconds: float | None,
    seed: int | None,
    current: Path | None,
    output: Path | None,
    front: bool | None,
    check: bool,
    as_json: bool,
) -> None:
    """Find the cheapest deployment of an application, with a proof of how cheap it could be at best.

    FILE is a system in SPACE4AI-D's JSON. DIR has an application in it (application_dag.yaml,
    candidate_resources.yaml, candidate_deployments.yaml, performance_models.json, components_data_size.yaml...), as
    AI-SPRINT's tree or all in one folder, or training jobs (Lof_Selectjobs.csv, SelectJobs_times.csv, tNodes.csv). An
    optimize.yaml beside them may ask for what the options ask for.

    Exit code 5 when nothing is feasible: then it says what would have to be relaxed, and by how much; with --check
    when something does not hold.

    \b
    $ noria optimize system_description.json --load 1.8 --json
    $ noria optimize my-app/ --load 1.8 --output placed/
    $ noria optimize --check placed/
    """
    if check:
        if any(each is not None for each in (requests, method, seed, current, output, front)):
            raise click.UsageError("--check goes with --seconds and --json alone: all else is in the folder")
        _check(path, seconds, as_json=as_json)
        return
    if method == "":
        raise click.UsageError("--method is empty; leave it out for exact")
    wants_front = front if front is not None else None if output else False
    options = {"load": requests, "method": method, "seconds": seconds, "seed": seed, "front": wants_front}
    done, files = _done(path, options, current=current, output=output)
    for warning in done.warnings:
        say(f"warning: {warning}")
    listed = [str(file) for file in files]
    show({**done.document, "files": listed}, as_json=as_json, human=[*_told(done), *listed])
    if done.feasible is False:
        raise click.exceptions.Exit(CHECK_FAILED)


def _check(folder: Path, seconds: float | None, *, as_json: bool) -> None:
    """Check what an earlier run has written, and print what holds."""
    settings = load(FUNCTION).settings.from_environment(FUNCTION, os.environ)
    from functions.optimize.checking import checked

    with progress_bar("proving anew", None):
        found = checked(folder, seconds=seconds or settings.seconds)
    failed = [each.subject for each in found if each.state == "fails"]
    open_ones = [each.subject for each in found if each.state == "not proven"]
    said = f"{', '.join(failed)}: does not hold." if failed else "Everything that was checked holds."
    if open_ones:
        said += f" Not proven in this time: {', '.join(open_ones)}."
    rows = [(each.subject, MARKS.get(each.state, each.state), each.said) for each in found]
    document = {
        "holds": not failed,
        "proven": not failed and not open_ones,
        "checks": [{"subject": each.subject, "state": each.state, "said": each.said} for each in found],
    }
    show(document, as_json=as_json, human=[said, "", table(["checked", "", "what was found"], rows)])
    if failed:
        raise click.exceptions.Exit(CHECK_FAILED)


def _done(
    path: Path, options: dict[str, Any], *, current: Path | None, output: Path | None
) -> tuple["Done", list[Path]]:
    """Optimise, and move the files to where they belong: all of them or none."""
    settings = load(FUNCTION).settings.from_environment(FUNCTION, os.environ)
    from functions.optimize import folder
    from functions.optimize.by_hand import by_hand

    with progress_bar("optimising", None) as bar:

        def progress(text: str) -> None:
            bar.update(bar.task_ids[0], description=text)

        def run(place: Callable[[str], Path] | None) -> "Done":
            return by_hand(
                path, options, settings=settings, current=current, before=output, place=place, progress=progress
            )

        if output is None:
            return run(None), []
        folder.prepare(output)
        sweep(output)  # what a run that was killed has left
        with private_folder(output) as private:
            done = run(lambda name: with_folder(private / folder.FRESH / name))
            return done, folder.publish(private, output)


def _told(done: "Done") -> Iterator[object]:
    yield f"{done.sentence}."
    result = done.result
    if result is None:
        return
    if result.placement is not None:
        yield ""
        yield table(["component", "deployment", "part", "resource", "nodes "], _rows(result.placement))
    if result.thresholds:
        yield ""
        rows = [
            (each.name, "never ends" if each.seconds is None else f"{each.seconds:.4g}", f"{each.limit:.4g}")
            for each in result.thresholds
        ]
        yield table(["response time of", "seconds ", "threshold "], rows)
    if result.alternatives:
        yield ""
        yield table(["degraded deployment", "metric ", "cost ", "bears a second "], _alternatives(result))


def _rows(placement: "PlacementText") -> Iterator[tuple[object, ...]]:
    for component, parts in placement.resources.items():
        deployment = placement.deployments[component]
        for part, resource in parts.items():
            yield component, deployment, part, resource, placement.nodes.get(resource, "as needed")


def _alternatives(result: "Result") -> Iterator[tuple[object, ...]]:
    for each in result.alternatives:
        known = {True: "feasible", False: "not feasible", None: "not known"}[each.feasible]
        cost = known if each.cost is None else f"{each.cost:.6g}"
        most = "" if each.greatest_load is None else f"{each.greatest_load:.4g}"
        yield each.name, "" if each.metric is None else f"{each.metric:.4g}", cost, most
