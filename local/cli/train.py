"""``noria train``."""

import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from rich.progress import Progress

from functions.runtime import Context, Rejected
from functions.runtime.function import load
from functions.runtime.local_desk import LocalDesk, local_event
from functions.runtime.outputs import written
from functions.runtime.workspace import private_folder, sweep
from functions.training.record import RECORD, TrainingRecord
from local.cli.output import progress_bar, show, table
from local.cli.session import json_option

FUNCTION = "train-on-upload"
CHECKPOINT = ".checkpoint.npz"
OUTPUT = "trained"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the results.  [default: DIR/trained]")
@click.option("--resume", is_flag=True, help="Go on where a training that was stopped had got to.")
@json_option
def train(folder: Path, output: Path | None, resume: bool, as_json: bool) -> None:
    """Train the model in a folder on the data in it, as train-on-upload does, without any server.

    DIR has a model (.keras, .onnx, .pt2, .safetensors), a data set (.csv, .parquet, .npz, .zip of pictures) and
    dataset_definition.yaml. Results lie in a folder named for the job.

    \b
    $ noria train my-job/
    """
    output = output or folder / OUTPUT
    record, result = train_folder(folder, output, environ=os.environ, resume=resume)
    files = [str(result / each.name) for each in record.outputs] + [str(result / RECORD)]
    metrics = dict(record.metrics.final)
    document = {
        "job": record.job,
        "folder": str(result),
        "outputs": files,
        "epochs": record.epochs_run,
        "kept_epoch": record.kept_epoch,
        "steps": record.steps,
        "seconds": record.seconds,
        "sandbox": record.sandbox,
        "weights": record.final_weights,
        "metrics": metrics,
        "notes": list(record.notes),
    }
    show(document, as_json=as_json, human=[*files, *record.notes, _numbers(metrics)])


def train_folder(
    folder: Path, output: Path, *, environ: Mapping[str, str], resume: bool = False
) -> tuple[TrainingRecord, Path]:
    """Train what lies in ``folder`` and move the results below ``output``, all or none.

    Gives the record, and the folder that it lies in. A checkpoint lies in ``output`` until the training is done.

    Raises:
        Rejected: It cannot be trained.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if not files:
        hint = "give a folder with a model, a data set and dataset_definition.yaml"
        raise Rejected(f"there is no file in {folder}" if folder.is_dir() else f"{folder} is no folder", hint=hint)
    function = load(FUNCTION)
    settings = function.settings.from_environment(function.name, environ)
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = output / CHECKPOINT
    if not resume:
        checkpoint.unlink(missing_ok=True)
    sweep(output)  # what a training that was killed has left
    with private_folder(output) as private, progress_bar("training", None) as bar:
        event = local_event(_last_member(files))
        desk = _Desk(files[0].with_name(event.name), checkpoint, bar)
        ctx = Context(settings=settings, folder=private, desk=desk, waited=math.inf)
        function(event, ctx)
        result = _moved(private, output)
    checkpoint.unlink(missing_ok=True)
    return TrainingRecord.from_json((result / RECORD).read_bytes()), result


@dataclass(frozen=True)
class _Desk(LocalDesk):
    """A local desk that shows how far the training is."""

    bar: Progress | None = None

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Show the epoch."""
        if self.bar and "epochs" in numbers:
            done = numbers["epoch"] - ("loss" not in numbers)
            self.bar.update(self.bar.task_ids[0], total=numbers["epochs"], completed=done)


def _last_member(files: list[Path]) -> Path:
    """Give the file whose event it is: any that could be a member."""
    from functions.train_on_upload.members import can_be_member

    return next((path for path in reversed(files) if can_be_member(path.name)), files[-1])


def _moved(private: Path, output: Path) -> Path:
    """Move the job's folder to its place; results of the same job that lie there are replaced."""
    made = next((path.parent for path in written(private) if path.name == RECORD), None)
    if made is None:
        hint = "it needs a model, a data set and dataset_definition.yaml, by these endings"
        raise Rejected("there is nothing in the folder that could be trained", hint=hint)
    result = output / made.name
    shutil.rmtree(result, ignore_errors=True)
    shutil.move(made, result)
    return result


def _numbers(metrics: Mapping[str, float]) -> object:
    parts = {"train": "", "validation": "val_", "test": "test_"}
    others = tuple(start for start in parts.values() if start)
    rows = []
    for part, start in parts.items():
        named = {n.removeprefix(start): v for n, v in metrics.items() if n.startswith(start or n)}
        if not start:
            named = {n: v for n, v in named.items() if not n.startswith(others)}
        if named:
            rows.append((part, *(f"{value:.4g}" for value in named.values())))
    names = [name for name in metrics if not name.startswith(others)]
    return table(["part", *(f"{name} " for name in names)], rows)
