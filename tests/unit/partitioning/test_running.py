"""A network that runs part by part gives what it gives whole, or ends at an exit whose result is sure enough."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from pydantic import ValidationError

from functions.partitioning.hand_over import HandOverError, load, save
from functions.partitioning.network import read_network
from functions.partitioning.partitioned import partition
from functions.partitioning.plan import Part, Partition
from functions.partitioning.request import Condition, Request
from functions.partitioning.running import Runner, measured
from functions.partitioning.writing import write
from functions.runtime.errors import Rejected
from tests.unit.partitioning.networks import model, run
from tests.unit.partitioning.networks import save as saved

node = helper.make_node
NODES = [
    node("Relu", ["in"], ["a"]),
    node("Softmax", ["a"], ["early"]),
    node("Exp", ["a"], ["b"]),
    node("Softmax", ["b"], ["out"]),
]
EXITS = [{"name": "exit/1", "tensors": ["a"], "results": ["early"], "condition": {"at_least": 0.9}}]


@pytest.fixture
def runners(tmp_path: Path) -> dict[str, Runner]:
    made = model(NODES, outputs=("early", "out"))
    for each in (*made.graph.input, *made.graph.output):
        each.type.tensor_type.shape.dim[0].dim_param = "batch"
    path = saved(made, tmp_path)
    request = Request.model_validate({"exits": EXITS})
    found = partition(path, request, name="net.onnx", link=None, sandbox=None, workspace=tmp_path)
    document: Any = write(found, lambda name: tmp_path / name)
    return {each["name"]: Runner(Partition.model_validate(each), tmp_path) for each in document["partitions"]}


def sure(certain: float) -> dict[str, Any]:
    return {"in": np.array([[certain, 0, 0, 0]], np.float32)}


def whole(given: dict[str, Any], tmp_path: Path) -> list[Any]:
    return run(read_network(tmp_path / "net.onnx").model, given)


def test_an_unsure_exit_hands_on_and_the_last_part_gives_what_the_whole_gives(
    runners: dict[str, Runner], tmp_path: Path
) -> None:
    runner, given = runners["exits"], sure(1.0)

    step = runner.run(0, given)
    handed = step.hand_over(tmp_path / "request-1")
    last = runner.go_on(1, handed)

    assert not step.is_end
    assert set(step.values) == {"a"}
    assert last.is_end
    assert np.array_equal(last.values["out"], whole(given, tmp_path)[1])
    assert [(each["exit"], each["taken"]) for each in last.exits] == [("exit/1", False)]
    assert last.exits[0]["measured"] == pytest.approx(whole(given, tmp_path)[0].max())


def test_a_sure_exit_ends_the_way_with_its_result(runners: dict[str, Runner], tmp_path: Path) -> None:
    given = sure(9.0)

    step = runners["exits"].run(0, given)

    assert step.is_end
    assert np.array_equal(step.values["early"], whole(given, tmp_path)[0])
    values, arguments = load(step.hand_over(tmp_path / "result"))
    assert set(values) == {"early"}
    assert arguments["exits"][0]["taken"] is True


def test_one_unsure_sample_of_several_keeps_all_going(runners: dict[str, Runner]) -> None:
    rows = np.array([[9, 0, 0, 0]], np.float32)
    both = {"in": np.concatenate([rows, rows * 0])}

    assert runners["exits"].run(0, {"in": np.concatenate([rows, rows])}).is_end
    assert not runners["exits"].run(0, both).is_end


def test_parts_without_what_they_take_or_of_another_cut_are_refused(runners: dict[str, Runner], tmp_path: Path) -> None:
    runner = runners["exits"]

    with pytest.raises(Rejected, match=r"exits_2\.onnx takes the tensor a, and it was not handed over"):
        runner.go_on(1, save(tmp_path / "other", {"b": np.zeros((1, 4), np.float32)}))
    (tmp_path / "forged.npz").write_bytes(b"\x80\x04.")
    with pytest.raises(HandOverError):
        runner.go_on(1, tmp_path / "forged.npz")


def test_a_part_that_was_changed_is_not_opened(runners: dict[str, Runner], tmp_path: Path) -> None:
    path = tmp_path / "exits_1.onnx"
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(Rejected, match="is not the file that was written"):
        runners["exits"].run(0, sure(1.0))


def test_a_machine_needs_only_the_parts_that_it_runs(runners: dict[str, Runner], tmp_path: Path) -> None:
    (tmp_path / "exits_2.onnx").unlink()

    step = runners["exits"].run(0, sure(1.0))

    with pytest.raises(Rejected, match=r"exits_2\.onnx cannot be read: No such file"):
        runners["exits"].run(1, step.values)
    with pytest.raises(Rejected, match="exits has 2 parts, and none is number 2"):
        runners["exits"].run(2, step.values)


@pytest.mark.parametrize("file", ["../../etc/part.onnx", "/part.onnx", "part.onnx\n", "part.pkl"])
def test_a_plan_names_files_beside_it_only(runners: dict[str, Runner], file: str) -> None:
    part = runners["exits"].partition.parts[0].plain()

    with pytest.raises(ValidationError):
        Part.model_validate(part | {"file": file})


@pytest.mark.parametrize(
    ("measure", "value"),
    [("greatest", [0.5, 1.0]), ("margin", [0.25, 1.0]), ("entropy", [1.0397207708, 0.0])],
)
def test_an_exit_looks_at_one_number_a_sample(measure: str, value: list[float]) -> None:
    condition = Condition.model_validate({"measure": measure, "at_least": 0.5})

    assert measured(condition, np.array([[0.5, 0.25, 0.25], [1, 0, 0]])) == pytest.approx(value)
