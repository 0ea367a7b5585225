"""The demo's second part: a model is trained on real data, signed, and verified; a copy with one bit changed is not."""

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from functions.runtime.errors import Rejected, TryAgain
from functions.training.record import RECORD, TrainingRecord
from functions.trust.keyring import KEY_SET
from functions.trust.keyset import KeySet
from functions.trust.verification import Anchors, Verification, verify
from local.chain import Chain
from local.cli.demo.masks import has_content, seconds
from local.cli.objects import download
from local.cli.output import say, table
from local.cli.put import upload, wait_for
from local.cli.session import Session

PREFIX = "training/in/demo/"
PATIENCE = 300.0
DEFINITION = dedent("""\
    about:
      name: Wine recognition
      description: Thirteen measurements of 178 Italian wines from three cultivars.
      owner: S. Aeberhard and M. Forina
      license: CC-BY-4.0
      source: https://archive.ics.uci.edu/dataset/109/wine
    stated:
      supplier: The noria project
      author: noria demo
      license: Apache-2.0
      domain: food
      use_cases: [Show what a signed training looks like]
      users: [People who try noria]
      limitations: [178 bottles from one region are no basis for judging wine]
      risks: {{A wrong label could be believed: Nobody sells wine by this model}}
      sensitivity: public
      personal_data: none
      website: https://archive.ics.uci.edu/dataset/109/wine
    columns:
    {columns}
      label: int
    label: label
    input_shape: [13]
    output_shape: [3]
    preprocessing:
      normalize: true
    split: {{validation: 0.2, test: 0.2, stratify: true}}
    seed: 1
    epochs: 30
    batch_size: 16
    """)


@dataclass(frozen=True)
class Trained:
    """What came of the training.

    ``seconds`` from the upload to the last signature; ``checks`` by how they ended; ``forged`` names what verifying a
    copy with one changed bit found.
    """

    job: str
    accuracy: float
    seconds: float
    folder: str
    verdict: str
    checks: dict[str, int]
    forged: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the result was verified, and the forged copy was not."""
        return self.verdict == "verified" and bool(self.forged)


def train_and_verify(session: Session, home: Path) -> Trained:
    """Upload a model, its data and their definition, wait, download the signed results into ``home`` and verify them.

    Raises:
        TryAgain: The training did not end in time, or failed.
    """
    files = make_job(home / "job")
    say(f"uploading {', '.join(file.name for file in files)} to {PREFIX}")
    chains = wait_for(session, [stored for stored, _ in upload(session, files, PREFIX)], PATIENCE)
    folder, took = _fetched(session, chains, home)
    anchors = Anchors(keys=KeySet.read(session.given.home / "keys" / KEY_SET))
    genuine = verify(folder, anchors, inputs=[home / "job"])
    forged = verify(_forged(folder, home / "forged"), anchors, inputs=[home / "job"])
    record = TrainingRecord.from_json((folder / RECORD).read_bytes())
    return Trained(
        job=genuine.job,
        accuracy=record.metrics.final["test_accuracy"],
        seconds=took,
        folder=str(folder),
        verdict=genuine.verdict,
        checks={status: len(genuine.having(status)) for status in ("ok", "failed", "not_checked")},
        forged=_findings(forged),
    )


def make_job(folder: Path) -> list[Path]:
    """Write the three files of the job; a model that is there already stays, so that it is the same job again.

    Raises:
        Rejected: The packages of the group ``demo`` are not installed.
    """
    try:
        from sklearn.datasets import load_wine
    except ImportError as error:
        raise Rejected(f"{error.name} is not installed", hint="pip install --group demo, or make demo") from error
    folder.mkdir(parents=True, exist_ok=True)
    wine = load_wine()
    names = [name.replace("/", "_") for name in wine.feature_names]
    data, definition, model = (folder / name for name in ("dataset.csv", "dataset_definition.yaml", "model.keras"))
    with data.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "label"])
        writer.writerows([*map(repr, row), label] for row, label in zip(wine.data.tolist(), wine.target, strict=True))
    definition.write_text(DEFINITION.format(columns="\n".join(f"  {name}: float" for name in names)))
    if not model.exists():
        say("making a small Keras model")
        _make_model(model)
    return [model, data, definition]


def _make_model(model: Path) -> None:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    made = model.with_suffix(".new.keras")
    command = [sys.executable, "-m", "local.cli.demo.model", str(made)]
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise Rejected(f"the demo's model cannot be made: {said}", hint="pip install --group demo, or make demo")
    made.rename(model)


def _fetched(session: Session, chains: list[Chain], home: Path) -> tuple[Path, float]:
    """Download the signed results; gives their folder, and how long it all took."""
    runs = {run.name: run for chain in chains for run in chain.runs}
    failed = [run for run in runs.values() if run.state == "failed"]
    if failed or any(chain.waiting for chain in chains):
        reason = failed[0].failures[-1].reason if failed else f"not done after {PATIENCE:g} s"
        raise TryAgain(f"the training has no result: {reason}", hint="look at noria failed list and noria logs")
    signed = {one.key: one for run in runs.values() if run.function == "sign-bom" for one in run.outputs}
    if not signed:
        raise TryAgain("nothing was signed", hint="look at noria runs")
    folder = home / "result"
    shutil.rmtree(folder, ignore_errors=True)
    for one in signed.values():
        target = folder / one.key.rpartition("/")[2]
        download(session, one.bucket, one.key, target)
        if not has_content(target, one.sha256):
            raise TryAgain(f"{one.bucket}/{one.key} changed while it was downloaded")
    return folder, max(seconds(chain) for chain in chains)


def _forged(folder: Path, copy: Path) -> Path:
    """Copy a folder and change one bit in the middle of the model."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    model = next(file for file in sorted(copy.glob("trained_model.*")) if file.suffix in {".keras", ".safetensors"})
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    return copy


def _findings(forged: Verification) -> tuple[str, ...]:
    return tuple(check.sentence for check in forged.having("failed"))


def reported(trained: Trained) -> list[object]:
    """Write the result for a person."""
    counts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in trained.checks.items())
    row = (trained.job[:12], f"{trained.accuracy:.3f}", f"{trained.seconds:.1f} s", trained.verdict, counts)
    columns = ["trained", "accuracy ", "upload to signature ", "noria verify", "checks"]
    forged = trained.forged[0] if trained.forged else "nothing found!"
    return [
        table([*columns, "results in"], [(*row, trained.folder)]),
        f"the same with one bit of the model changed: {forged}",
    ]
