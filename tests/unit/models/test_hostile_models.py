import os
from importlib import import_module
from pathlib import Path

import pytest

from functions.models.inspection import ModelLimits, ModelRefused, inspect
from functions.runtime.errors import Rejected
from tests.unit.models.hostile import FILES, Hostile, Ordinary

for kind in ("archives", "hdf5", "keras", "networks", "onnx", "programs", "tensors", "types"):
    import_module(f"tests.unit.models.hostile_{kind}")


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_it_is_refused_by_its_code_and_the_culprit_is_named(file: Hostile, ordinary: Ordinary, tmp_path: Path) -> None:
    path = tmp_path / file.name
    path.write_bytes(file.build(ordinary))

    with pytest.raises(Rejected) as refusal:
        inspect(path)

    assert isinstance(refusal.value, ModelRefused)
    assert refusal.value.code == file.code
    assert file.where in refusal.value.where
    assert refusal.value.where in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 400


def test_there_are_many_and_each_form_has_its_own() -> None:
    suffixes = [Path(name).suffix for name in FILES]

    assert len(FILES) >= 150
    assert min(suffixes.count(each) for each in (".keras", ".onnx", ".pt2", ".safetensors")) >= 10
    assert len({file.code for file in FILES.values()}) >= 35


def test_a_link_is_not_followed(ordinary: Ordinary, tmp_path: Path) -> None:
    (tmp_path / "model.keras").symlink_to(ordinary.folder / "mlp.keras")

    with pytest.raises(ModelRefused, match="cannot be opened as a file") as refusal:
        inspect(tmp_path / "model.keras")

    assert refusal.value.code == "E_TYPE"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.keras")

    with pytest.raises(ModelRefused, match="is no regular file"):
        inspect(tmp_path / "model.keras")


def test_a_folder_and_a_file_that_is_not_there_are_no_models(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.keras"):
        with pytest.raises(ModelRefused) as refusal:
            inspect(path)
        assert refusal.value.code == "E_TYPE"


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with path.open("wb") as file:
        file.truncate(ModelLimits().max_bytes + 1)

    with pytest.raises(ModelRefused) as refusal:
        inspect(path)

    assert refusal.value.code == "E_TOO_LARGE"


def test_a_file_that_shrinks_while_it_is_read_is_damaged(ordinary: Ordinary, tmp_path: Path) -> None:
    from functions.models.source import opened

    path = tmp_path / "model.keras"
    path.write_bytes(ordinary.read("mlp.keras"))

    with opened(path, ModelLimits(), "model.keras") as window:
        path.write_bytes(b"PK")
        with pytest.raises(ModelRefused, match="became shorter") as refusal:
            window.read(1_000, 100)

    assert refusal.value.code == "E_DAMAGED"
