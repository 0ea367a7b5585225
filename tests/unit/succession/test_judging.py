"""A model at work in a sandbox: what it gives, and what becomes of one that cannot or will not."""

from pathlib import Path

import numpy as np
import pytest

from functions.runtime.errors import Rejected
from functions.sandbox.walls import choose
from functions.succession.judging import Bench, _outputs, _told
from tests.pipeline.retraining.shop import RIGHT, network

ROWS = np.random.default_rng(0).normal(size=(2500, 2)).astype(np.float32)


def bench(folder: Path, **more: float) -> Bench:
    return Bench(choose("auto"), folder, memory=1 << 30, seconds=more.get("seconds", 60))


def model(folder: Path, content: bytes) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return path


def test_a_model_gives_in_a_sandbox_what_its_numbers_say(tmp_path: Path) -> None:
    found = bench(tmp_path).predict(model(tmp_path, network(RIGHT)), ROWS, (1,))

    expected = 1 / (1 + np.exp(ROWS[:, 0] - ROWS[:, 1]))
    assert np.allclose(found[:, 0], expected, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize(
    ("content", "shape", "said"),
    [
        (b"nonsense", (1,), "."),
        (network((np.nan, 1.0, 0.0)), (1,), "no number|NaN|finite"),
        (network(RIGHT), (3,), "something else than 2,500 outputs of shape"),
    ],
)
def test_what_is_no_such_model_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, shape: tuple[int, ...], said: str
) -> None:
    with pytest.raises(Rejected, match=said):
        bench(tmp_path).predict(model(tmp_path, content), ROWS, shape)


def test_a_model_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"did not come to an end within 0\.01 s"):
        bench(tmp_path, seconds=0.01).predict(model(tmp_path, network(RIGHT)), ROWS, (1,))


def test_a_process_that_was_taken_over_can_neither_link_its_outputs_nor_give_more_or_other_than_numbers(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"\0" * 8)
    link = tmp_path / "outputs.f32"
    link.symlink_to(secret)

    with pytest.raises(Rejected, match="something else"):
        _outputs(link, (2, 1))
    with pytest.raises(Rejected, match="something else"):
        _outputs(secret, (1, 1))
    assert _told(b'{"reason": "a\\u001b[31mb\\nc"}') == "a [31mb c"
    assert _told(b"\xff") == "it cannot be run"
