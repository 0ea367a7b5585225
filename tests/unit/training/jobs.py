"""Job folders to train, and ``noria train`` on them."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from functions.training.record import RECORD, TrainingRecord
from tests.unit.training.keras_files import mlp

ROWS, FEATURES = 100, 13
DEFINITION = """\
columns:
{columns}
  label: {kind}
label: label
input_shape: [13]
output_shape: [1]
preprocessing: {{normalize: true}}
split: {{validation: 0.2, test: 0.1}}
seed: 5
epochs: {epochs}
batch_size: 16
{more}"""


def make_job(folder: Path, *, epochs: int = 3, seed: int = 0, kind: str = "int", more: str = "") -> Path:
    """Write a model, a table with something to learn in it, and a definition; of a ``float`` label it is regression."""
    folder.mkdir(parents=True, exist_ok=True)
    mlp(folder / "model.keras")
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(ROWS, FEATURES)).round(4)
    line = x[:, 0] + 0.5 * x[:, 1]
    y = (line > 0).astype(int) if kind == "int" else np.tanh(line).round(4)
    with (folder / "dataset.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(f"f{n}" for n in range(FEATURES)), "label"])
        writer.writerows([*row, label] for row, label in zip(x.tolist(), y.tolist(), strict=True))
    columns = "\n".join(f"  f{n}: float" for n in range(FEATURES))
    (folder / "dataset_definition.yaml").write_text(
        DEFINITION.format(columns=columns, kind=kind, epochs=epochs, more=dedent(more))
    )
    return folder


@dataclass(frozen=True)
class Trained:
    """What ``noria train`` gave: its exit code, both streams, and the results' folder."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def record(self) -> TrainingRecord:
        return TrainingRecord.from_json(self.file(RECORD))

    @property
    def metrics(self) -> Any:
        return json.loads(self.file("metrics.json"))

    def file(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


def start(job: Path, output: Path, *options: str, **settings: object) -> subprocess.Popen[str]:
    """Start ``noria train``; settings without their prefix."""
    return begin(("-m", "local.cli"), job, output, *options, **settings)


def begin(program: Sequence[str], job: Path, output: Path, *options: str, **settings: object) -> subprocess.Popen[str]:
    """Start what Python is told by ``program`` with the words of ``noria train``."""
    given = {f"TRAIN_ON_UPLOAD_{name}".upper(): str(value) for name, value in settings.items()}
    words = [sys.executable, *program, "train", str(job), "--output", str(output), *options]
    environ = {**_plain(os.environ), **given}
    return subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str], output: Path) -> Trained:
    """Wait for it."""
    out, err = process.communicate(timeout=280)
    folders = [path.parent for path in output.glob(f"*/{RECORD}")]
    return Trained(process.returncode, out, err, folders[0] if folders else output)


def train(job: Path, output: Path, *options: str, **settings: object) -> Trained:
    """Run ``noria train`` to its end."""
    return finished(start(job, output, *options, **settings), output)


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("TRAIN_ON_UPLOAD_")}
