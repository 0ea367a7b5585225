"""What cannot be trained is refused in one sentence, exit code 3, before any framework is imported."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from functions.datasets.definition import read_definition
from functions.datasets.limits import Limits
from functions.models.facts import ModelLimits
from functions.train_on_upload.messages import (
    CHECKPOINTS,
    DEFINITION,
    ORDER,
    OUTPUTS,
    SPARE,
    Order,
    Refused,
    read,
)
from tests.unit.training.jobs import make_job, train
from tests.unit.training.keras_files import FLOAT, dense, layer, mlp, write

FRAMEWORKS = re.compile(r"\| +(tensorflow|keras|torch|onnx|h5py)$", re.MULTILINE)


def spoil(job: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    (job / name).write_bytes(change((job / name).read_bytes()))


def not_a_number(data: bytes) -> bytes:
    lines = data.split(b"\n")
    lines[41] = b"nan" + lines[41][lines[41].index(b",") :]
    return b"\n".join(lines)


def with_a_lambda() -> bytes:
    with TemporaryDirectory() as folder:
        return mlp(Path(folder, "model.keras"), chance="Lambda").read_bytes()


def in_half_precision() -> bytes:
    half = {**FLOAT, "config": {"name": "float16"}}
    weights = [np.zeros((13, 1), np.float16), np.zeros(1, np.float16)]
    layers = [{**dense("only", 1, "sigmoid")}]
    layers[0]["config"] = {**layers[0]["config"], "dtype": half}
    start = layer("InputLayer", "start", batch_shape=[None, 13], sparse=False, ragged=False)
    start["config"] = {**start["config"], "dtype": "float16"}
    with TemporaryDirectory() as folder:
        return write(Path(folder, "model.keras"), [start, *layers], {"only": weights}).read_bytes()


SPOILT: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a field misspelt": ("dataset_definition.yaml", lambda d: d.replace(b"epochs", b"epoch"), r"line \d+: .*epochs"),
    "yaml with an alias": ("dataset_definition.yaml", lambda d: b"a: &x 1\nb: *x\n" + d, "alias|anchor"),
    "a lambda": ("model.keras", lambda _: with_a_lambda(), "Lambda"),
    "no archive": ("model.keras", lambda _: b"\x80\x04K\x01.", "pickle"),
    "half precision": (
        "model.keras",
        lambda _: in_half_precision(),
        "computes in float16",
    ),
    "a shape other than the model's": (
        "dataset_definition.yaml",
        lambda d: d.replace(b"output_shape: [1]", b"output_shape: [2]"),
        r"the model's output has shape \[1\], but output_shape is \[2\]",
    ),
    "an empty model": ("model.keras", lambda _: b"", r"model.keras is empty"),
    "a cell that is no number": ("dataset.csv", not_a_number, r"dataset.csv: row \d+"),
    "a column too few": ("dataset.csv", lambda d: d.replace(b"f12,", b"", 1), "f12"),
    "an empty table": ("dataset.csv", lambda d: d.split(b"\n")[0] + b"\n", "row"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_it_is_one_sentence_and_exit_code_3(tmp_path: Path, what: str) -> None:
    name, change, said = SPOILT[what]
    job = make_job(tmp_path / "job")
    spoil(job, name, change)

    refused = train(job, tmp_path / "out")

    error, *hint = refused.err.strip().split("\nhint: ")
    assert refused.code == 3, refused.err
    assert re.search(said, error), error
    assert error.startswith("error: ")
    assert "\n" not in error
    assert len(hint) <= 1
    assert refused.out == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing", "there is no file in"),
        ("no folder", "is no folder"),
        ("a picture", "there is nothing in the folder that could be trained"),
    ],
)
def test_a_folder_without_a_job_is_refused(tmp_path: Path, given: str, said: str) -> None:
    folder = tmp_path / "job"
    if given != "no folder":
        folder.mkdir()
    if given == "a picture":
        (folder / "cat.png").write_bytes(b"x")

    refused = train(folder, tmp_path / "out", "--json")

    assert refused.code == 3
    assert said in refused.err


def test_an_unknown_setting_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    refused = train(make_job(tmp_path / "job"), tmp_path / "out", sandbx="none")

    assert refused.code == 3
    assert "TRAIN_ON_UPLOAD_SANDBX is not a setting; did you mean TRAIN_ON_UPLOAD_SANDBOX?" in refused.err


def test_data_is_refused_before_a_framework_is_imported(tmp_path: Path) -> None:
    job = make_job(tmp_path / "job")
    spoil(job, "dataset.csv", not_a_number)

    process = trainer(job)

    last = read(process.stdout.splitlines()[-1])
    assert isinstance(last, Refused)
    assert "row" in last.reason
    assert not FRAMEWORKS.findall(process.stderr.decode())


def test_what_the_handler_refuses_it_refuses_without_a_framework(tmp_path: Path) -> None:
    job = make_job(tmp_path / "job")
    spoil(job, *SPOILT["a lambda"][:2])

    words = ["-X", "importtime", "-m", "local.cli", "train", str(job), "--output", str(tmp_path / "out")]
    process = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)

    assert process.returncode == 3
    assert "local.cli" in process.stderr
    assert not FRAMEWORKS.findall(process.stderr)


def trainer(job: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the training process itself in the job's folder, without a sandbox, and watch what it imports."""
    for name in (OUTPUTS, CHECKPOINTS, SPARE):
        (job / name).mkdir()
    definition = read_definition(job / "dataset_definition.yaml")
    order = Order(
        job="0" * 64,
        model="model.keras",
        dataset="dataset.csv",
        time_limit=100,
        checkpoint_every=0,
        data_limits=Limits(),
        model_limits=ModelLimits(),
    )
    (job / ORDER).write_text(order.model_dump_json())
    (job / DEFINITION).write_text(definition.model_dump_json())
    words = ["-X", "importtime", "-m", "functions.train_on_upload.trainer", str(job)]
    return subprocess.run([sys.executable, *words], capture_output=True, check=False)
