import io
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from functions.models import hdf5
from functions.models.archive import members
from functions.models.facts import ModelLimits
from functions.models.inspection import Inspected, ModelRefused, inspect
from functions.models.keras.classes import TABLES
from functions.models.source import opened
from tests.unit.models.conftest import Facts
from tests.unit.models.hostile import WEIGHTS, Ordinary

LIMITS = ModelLimits()


@pytest.fixture(scope="module")
def inspected(ordinary: Ordinary, facts: Facts) -> dict[str, Inspected]:
    return {name: inspect(ordinary.folder / name) for name in facts}


def test_every_ordinary_model_is_accepted(inspected: dict[str, Inspected], facts: Facts) -> None:
    forms = [each.form for each in inspected.values()]

    assert len(forms) == len(facts) >= 45
    assert {form: forms.count(form) for form in sorted(set(forms))} == {
        "keras": 29,
        "onnx": 7,
        "pt2": 8,
        "safetensors": 4,
    }


def test_parameters_are_as_many_as_the_framework_counts(inspected: dict[str, Inspected], facts: Facts) -> None:
    counted = {name: each["parameters"] for name, each in facts.items() if "parameters" in each}

    assert {name: inspected[name].parameters for name in counted} == counted
    assert all(sum(fact.parameters for fact in each.layers) <= each.parameters for each in inspected.values())


@pytest.mark.parametrize("end", ["inputs", "outputs"])
def test_shapes_are_those_that_the_framework_has(inspected: dict[str, Inspected], facts: Facts, end: str) -> None:
    told = {name: each[end] for name, each in facts.items() if end in each}

    assert {name: [list(shape) for shape in getattr(inspected[name], end)] for name in told} == told


def test_layers_are_told_by_name_kind_and_size(inspected: dict[str, Inspected]) -> None:
    layers = inspected["mlp.keras"].layers

    assert [(each.kind, each.parameters) for each in layers] == [
        ("InputLayer", 0),
        ("Dense", 224),
        ("Dropout", 0),
        ("Dense", 17),
    ]
    assert [each.kind for each in inspected["mlp_traced.onnx"].layers] == ["Gemm", "Relu", "Gemm", "Sigmoid"]
    assert inspected["mlp_eval.pt2"].layers[0].kind == "linear.default"
    assert inspected["mlp.safetensors"].layers[0].kind == "F32[16]"


def test_details_say_what_a_loader_has_to_know(inspected: dict[str, Inspected]) -> None:
    assert inspected["mlp_trained.keras"].details["compiled"] == "yes"
    assert inspected["mlp.keras"].details["keras_version"].startswith("3.")
    assert "sample_inputs/model.pt" in inspected["mlp_eval.pt2"].details["leave_out"]
    assert inspected["mlp_traced.onnx"].details["producer"] == "pytorch"
    assert inspected["mlp.safetensors"].details["metadata.format"] == "pt"


def test_a_model_without_its_name_is_known_by_its_bytes(
    inspected: dict[str, Inspected], ordinary: Ordinary, tmp_path: Path
) -> None:
    for name in ("mlp.keras", "mlp_traced.onnx", "mlp_eval.pt2", "mlp.safetensors"):
        shutil.copy(ordinary.folder / name, tmp_path / "model")

        assert inspect(tmp_path / "model") == inspected[name]
        assert inspect(tmp_path / "model", name=name) == inspected[name]


def test_the_configuration_is_given_as_it_was_read(inspected: dict[str, Inspected]) -> None:
    config = inspected["mlp.keras"].config

    assert config is not None
    assert config["class_name"] == "Sequential"
    assert all(each.config is None for each in inspected.values() if each.form != "keras")


def test_every_key_that_keras_writes_is_on_the_list(made: tuple[Path, Facts]) -> None:
    keys: dict[str, Any] = made[1]["keys"]

    missing = {}
    for title, written in keys.items():
        kind, module, name = title.split()
        missing[title] = set(written) - TABLES[kind][module, name]
    assert len(missing) > 150
    assert not {title: each for title, each in missing.items() if each}


def test_datasets_are_those_that_h5py_finds(ordinary: Ordinary, facts: Facts) -> None:
    names = [name for name in facts if name.endswith(".keras")]

    for name in names:
        content = ordinary.members(name)[WEIGHTS]
        with opened(ordinary.folder / name, LIMITS, name) as file:
            ours = hdf5.datasets(members(file, LIMITS)[WEIGHTS].window(), LIMITS)
        assert {(each.path, each.shape) for each in ours} == _datasets(content), name
        with h5py.File(io.BytesIO(content)) as theirs:
            for each in ours:
                if each.dtype != "bfloat16" and each.offset is not None:
                    found = np.frombuffer(content, each.dtype, each.count, each.offset).reshape(each.shape)
                    np.testing.assert_array_equal(found, theirs[each.path][()])


def _datasets(content: bytes) -> set[tuple[str, tuple[int, ...]]]:
    found = set()

    def note(path: str, each: Any) -> None:
        if isinstance(each, h5py.Dataset):
            found.add((path, each.shape))

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(note)
    return found


def test_packed_chunks_are_unpacked_to_be_counted(ordinary: Ordinary, tmp_path: Path) -> None:
    members_of = ordinary.members("mlp.keras")
    buffer = io.BytesIO(members_of[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        kernel = file["layers/dense/vars/0"][()]
        del file["layers/dense/vars/0"]
        file.create_dataset(
            "layers/dense/vars/0", data=kernel, chunks=(5, 16), compression="gzip", shuffle=True, fletcher32=True
        )
    path = tmp_path / "weights.h5"
    path.write_bytes(buffer.getvalue())

    with opened(path, LIMITS, "weights.h5") as window:
        found = {each.path: each for each in hdf5.datasets(window, LIMITS)}
    assert found["layers/dense/vars/0"].shape == (13, 16)
    assert len(found["layers/dense/vars/0"].spans) == 3


def test_limits_are_the_callers_to_set(ordinary: Ordinary) -> None:
    model = ordinary.folder / "mlp.keras"

    for limits, code in (
        (ModelLimits(max_bytes=1_000), "E_TOO_LARGE"),
        (ModelLimits(max_parameters=200), "E_TOO_LARGE"),
        (ModelLimits(max_layers=2), "E_TOO_LARGE"),
        (ModelLimits(max_json=100), "E_TOO_LARGE"),
        (ModelLimits(max_depth=5), "E_DEPTH"),
    ):
        with pytest.raises(ModelRefused) as refusal:
            inspect(model, limits)
        assert refusal.value.code == code
