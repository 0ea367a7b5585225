"""``noria invoke``."""

import os
from pathlib import Path

import click

from functions.runtime.function import load
from functions.runtime.invoke import invoke as run_locally
from local.cli.output import show
from local.cli.session import json_option


@click.command()
@click.argument("function")
@click.option("--input", "source", required=True, type=click.Path(path_type=Path), help="The file it fires on.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Folder for what it writes.")
@json_option
def invoke(function: str, source: Path, output: Path, as_json: bool) -> None:
    """Run one function on a local file, without any server.

    \b
    $ noria invoke blur-faces --input photo.jpg --output out/
    """
    done = run_locally(load(function), source, output, environ=os.environ)
    files = [str(path) for path in done.outputs]
    metrics = [f"{name} = {value:g}" for name, value in done.metrics.items()]
    show({"outputs": files, "metrics": dict(done.metrics)}, as_json=as_json, human=[*files, *metrics])
