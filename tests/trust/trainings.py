"""A training result as the ledger and the trainer leave it, with real small files, to be signed and tampered with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from events import ObjectCreated
from functions.datasets.definition import read_definition
from functions.runtime.errors import MissingError
from functions.runtime.runs import Run, StoredObject, run_id
from functions.training.record import (
    RECORD,
    Checkpoint,
    Data,
    Environment,
    File,
    Form,
    Framework,
    Input,
    Metrics,
    Model,
    Package,
    Recipe,
    Role,
    TrainingRecord,
    chained,
    job_of,
)
from functions.training.tensors import Tensors, digest, distance
from tests.trust.keras_files import BIAS, KERNEL, write_keras

BEGUN = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
NAMES: dict[Role, str] = {
    "dataset": "dataset.csv",
    "definition": "dataset_definition.yaml",
    "model": "model.safetensors",
}
VERSION = "0.1.0"
FINAL = {"loss": 0.25, "accuracy": 0.75}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Shelf:
    """A store that a signer reads from: object versions and where their bytes lie."""

    files: dict[tuple[str, str, str], Path] = field(default_factory=dict)

    def put(self, path: Path, bucket: str, key: str) -> StoredObject:
        data = path.read_bytes()
        one = StoredObject(bucket=bucket, key=key, etag=sha256(data)[:32], size=len(data), sha256=sha256(data))
        self.files[one.bucket, one.key, one.etag] = path
        return one

    def read(self, one: StoredObject) -> Path:
        if (one.bucket, one.key, one.etag) not in self.files:
            raise MissingError(f"{one.bucket}/{one.key} is gone")
        return self.files[one.bucket, one.key, one.etag]

    def digest(self, path: Path) -> str:
        return sha256(path.read_bytes())


@dataclass(frozen=True)
class Training:
    """One training: its input and output folders, its record, the ledger's record of its run, and the store."""

    inputs: Path
    outputs: Path
    record: TrainingRecord
    run: Run
    shelf: Shelf


def trained(
    place: Path, *, seed: int = 1, folder: str = "job", form: Form = "safetensors", model: str = "", **changes: object
) -> Training:
    """Train, in a manner of speaking; ``changes`` replace fields of the record before it is written.

    ``model`` is the name of the uploaded one, of ``form``: ``keras`` or ``safetensors``.
    """
    inputs, outputs = place / "in", place / "trained"
    inputs.mkdir(parents=True)
    outputs.mkdir()
    weights = _write_inputs(inputs, seed, form)
    names = {**NAMES, "model": model or f"model.{form}"}
    (inputs / f"model.{form}").rename(inputs / names["model"])
    given = tuple(_input(inputs / name, role) for role, name in names.items())
    after = _write_outputs(outputs, weights, seed, form)
    record = _record(inputs, given, outputs, weights, after, seed)
    record = record.model_copy(update={"model": record.model.model_copy(update={"form": form}), **changes})
    (outputs / RECORD).write_text(record.to_json())
    return committed(inputs, outputs, record, folder=folder)


def committed(inputs: Path, outputs: Path, record: TrainingRecord, *, folder: str = "job") -> Training:
    """Let the ledger have the run that read these inputs and made these outputs."""
    shelf = Shelf()
    run = _run(shelf, inputs, outputs, f"{folder}/{record.job[:12]}", folder, tuple(e.name for e in record.inputs))
    return Training(inputs, outputs, record, run, shelf)


def recommitted(training: Training, record: TrainingRecord) -> Training:
    """Let the trainer have written another record, of the outputs as they lie there, and the ledger have just that."""
    (training.outputs / RECORD).unlink()
    files = tuple(
        File(name=path.name, sha256=sha256(path.read_bytes()), size=path.stat().st_size)
        for path in sorted(training.outputs.iterdir())
    )
    record = record.model_copy(update={"outputs": files})
    (training.outputs / RECORD).write_text(record.to_json())
    return committed(training.inputs, training.outputs, record)


def write_model(path: Path, weights: Tensors, form: Form) -> None:
    if form == "keras":
        write_keras(path, weights)
    else:
        save_file(dict(weights), path)


def _write_inputs(inputs: Path, seed: int, form: Form) -> Tensors:
    random = np.random.default_rng(seed)
    names = (KERNEL, BIAS) if form == "keras" else ("0.weight", "0.bias")
    weights = dict(zip(names, (random.normal(size=(8, 13)).astype(np.float32), np.zeros(8, np.float32)), strict=True))
    if form == "keras":
        weights[BIAS] = np.zeros(13, np.float32)
    write_model(inputs / f"model.{form}", weights, form)
    rows = "\n".join(
        ",".join(f"{cell:.6f}" for cell in row) + f",{n % 2}" for n, row in enumerate(random.normal(size=(100, 13)))
    )
    (inputs / NAMES["dataset"]).write_text(",".join([f"f{n}" for n in range(13)] + ["label"]) + "\n" + rows + "\n")
    (inputs / NAMES["definition"]).write_text(
        f"input_shape: [13]\noutput_shape: [1]\nlabel: label\ntask: binary\nseed: {seed}\nepochs: 3\n"
        "optimizer: {name: adam, learning_rate: 0.001}\n"
    )
    return weights


def _write_outputs(outputs: Path, weights: Tensors, seed: int, form: Form) -> list[Tensors]:
    after = [{name: each + np.float32(0.01 * epoch) for name, each in weights.items()} for epoch in (1, 2, 3)]
    write_model(outputs / f"trained_model.{form}", after[-1], form)
    texts = {
        "metrics.json": json.dumps({"kept_epoch": 3, "final": {"train": FINAL}, "seed": seed}) + "\n",
        "logs.txt": "epoch 1\nepoch 2\nepoch 3\n",
        "model_card.json": '{"name": "trained_model"}\n',
        "model_card.md": "# trained_model\n",
        "learning_curve.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    }
    for name, text in texts.items():
        (outputs / name).write_text(text)
    return list(after)


def _input(path: Path, role: Role) -> Input:
    data = path.read_bytes()
    return Input(name=path.name, sha256=sha256(data), size=len(data), role=role)


def _record(
    inputs: Path, given: tuple[Input, ...], outputs: Path, weights: Tensors, after: list[Tensors], seed: int
) -> TrainingRecord:
    asked = read_definition(inputs / NAMES["definition"]).model_dump(mode="json")
    chain, checkpoints = digest(weights), []
    for epoch, each in enumerate(after, start=1):
        chain = chained(chain, digest(each))
        checkpoints.append(Checkpoint(epoch=epoch, weights=digest(each), chain=chain))
    files = [(path.name, path.read_bytes()) for path in sorted(outputs.iterdir())]
    return TrainingRecord(
        job=job_of(given),
        inputs=given,
        definition=asked,
        model=Model(form="safetensors", inputs=((13,),), outputs=((8,),), parameters=112),
        data=Data(
            rows=100,
            columns={f"f{n}": "float" for n in range(13)} | {"label": "int"},
            label="label",
            classes={"0": {"train": 40, "validation": 10}, "1": {"train": 40, "validation": 10}},
            parts={"train": 80, "validation": 20},
            arrays_sha256=sha256(b"arrays"),
            splits_sha256=sha256(b"splits"),
        ),
        framework=Framework(name="torch", versions={"torch": "2.13.0"}),
        recipe=Recipe(
            loss="binary_crossentropy",
            optimizer={"name": "adam", "learning_rate": 0.0010000000474974513},
            metrics=("accuracy",),
            batch_size=32,
            deterministic=True,
            task="binary",
            seed=seed,
            epochs=3,
            steps_per_epoch=3,
            shuffle=True,
            order="philox",
        ),
        environment=Environment(
            os="Debian GNU/Linux 12",
            kernel="6.1.0",
            machine="x86_64",
            cpu="a processor",
            cpu_flags_sha256=sha256(b"flags"),
            intra_threads=1,
            inter_threads=1,
            python="3.11.2",
            packages=(Package(name="numpy", version=np.__version__, sha256=sha256(b"numpy")),),
        ),
        sandbox="bubblewrap",
        steps=9,
        samples=240,
        epochs_run=3,
        kept_epoch=3,
        stopped_by="epochs",
        initial_weights=digest(weights),
        final_weights=digest(after[-1]),
        weights_distance=distance(weights, after[-1]),
        checkpoints=tuple(checkpoints),
        metrics=Metrics(epoch=3, final=FINAL),
        started=BEGUN,
        finished=BEGUN + timedelta(seconds=5),
        seconds=5.0,
        cpu_seconds=4.0,
        energy_source="there is no counter here",
        outputs=tuple(File(name=name, sha256=sha256(data), size=len(data)) for name, data in files),
    )


def _run(shelf: Shelf, inputs: Path, outputs: Path, below: str, folder: str, names: tuple[str, ...]) -> Run:
    """Commit the run: the ledger's own view of what was read and made."""
    members = tuple(shelf.put(inputs / name, "training", f"in/{folder}/{name}") for name in names)
    made = tuple(shelf.put(path, "models-trained", f"out/{below}/{path.name}") for path in sorted(outputs.iterdir()))
    last = members[-1]
    event = ObjectCreated(bucket=last.bucket, key=last.key, etag=last.etag)
    return Run(
        state="committed",
        id=run_id("train-on-upload", event),
        function="train-on-upload",
        version=VERSION,
        host="jetstream",
        input=last,
        members=members,
        outputs=made,
        started=BEGUN,
        finished=BEGUN + timedelta(seconds=6),
        trace="0" * 32,
    )


def put_all(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
