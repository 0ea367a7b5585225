"""The function by hand: a network lands, with or without a request, and what comes of it."""

import csv
import io
import json
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from functions.partition_model.handler import partition_model
from functions.runtime.errors import Rejected
from tests.conftest import Outcome, Run
from tests.unit.partitioning.networks import RFB, chain, model
from tests.unit.partitioning.networks import run as answers

needs_rfb = pytest.mark.skipif(not RFB.exists(), reason="the models lie beside the project, in ../shared/models")
CHAIN = model(chain("Relu", "Tanh", "Sigmoid")).SerializeToString()


def asked(run: Run, request: str, network: bytes = CHAIN, **settings: object) -> Outcome:
    beside = {"net.partition.yaml": request.encode()} if request else {}
    return run(partition_model, "net.onnx", network, beside=beside, **settings)


def result(done: Outcome) -> Any:
    return json.loads(done.files["partition.json"])


def test_a_network_alone_gets_its_cuts_a_table_a_page_and_the_smallest_halves(run: Run) -> None:
    done = asked(run, "")

    assert set(done.files) == {"partition.json", "cuts.csv", "page.html", "partition1_1.onnx", "partition1_2.onnx"}
    assert [each["tensor"] for each in result(done)["cuts"]] == ["t1", "t2"]
    rows = list(csv.DictReader(io.StringIO(done.files["cuts.csv"].decode())))
    assert [(each["tensor"], each["bytes"]) for each in rows] == [("t1", "16"), ("t2", "16")]
    assert done.metrics == {"cuts": 2}


def test_halves_of_what_is_asked_chain_to_the_whole(run: Run) -> None:
    done = asked(run, "cut: [t2, t1]\n")

    given = np.linspace(-1, 1, 4, dtype=np.float32).reshape(1, 4)
    expected = answers(onnx.load_from_string(CHAIN), {"in": given})[0]
    for number, tensor in enumerate(("t2", "t1"), start=1):
        first, second = (onnx.load_from_string(done.files[f"partition{number}_{half}.onnx"]) for half in (1, 2))
        assert np.array_equal(answers(second, {tensor: answers(first, {"in": given})[0]})[0], expected)
    assert [each["handed"] for each in result(done)["partitions"]] == [[["t2"]], [["t1"]]]


def test_measuring_runs_it_behind_walls_and_tells_both_halves(run: Run) -> None:
    done = asked(run, "measure: true\nbandwidth: 8\nfirst_speed: 0.5\nrounds: 2\n")

    for each in result(done)["cuts"]:
        assert each["source"] == "measured"
        assert each["difference"] == 0
        predicted = each["predicted"]
        assert predicted["first"] == pytest.approx(each["first_seconds"] / 0.5)
        assert predicted["travel"] == 16 / 1000
        assert predicted["seconds"] == pytest.approx(sum(predicted[part] for part in ("first", "travel", "second")))
    assert result(done)["best"]["seconds"] == done.metrics["seconds"]
    assert b"<script" not in done.files["page.html"]


def test_a_network_that_cannot_run_is_told_with_its_cuts_all_the_same(run: Run) -> None:
    # Its sizes fit no weight: shape inference leaves that open, onnxruntime does not.
    nodes = [helper.make_node("MatMul", ["in", "w"], ["a"]), helper.make_node("Relu", ["a"], ["out"])]
    broken = model(nodes, weights={"w": np.ones((7, 9))}).SerializeToString()

    done = asked(run, "measure: true\nbandwidth: 8\n", broken)

    assert result(done)["seconds"] is None
    assert any("it was not all measured: onnxruntime cannot run it" in each for each in result(done)["warnings"])


@pytest.mark.parametrize(
    ("request_text", "said"),
    [
        ("bandwith: 3\n", "net.partition.yaml: line 1: bandwith is not a field; did you mean bandwidth?"),
        ("\ncut: [t11]\n", "net.onnx: cut.0 is 't11', which is no tensor of the network; did you mean t1?"),
        ("cut: [t1, t1]\n", "line 1: cut.1 is 't1' again"),
        ("inputs: {inn: [1, 4]}\n", "net.onnx has no input 'inn'; did you mean in?"),
        (
            "exits: [{name: e, tensors: [t1], results: [t1, t22], condition: {at_least: 1}}]\n",
            "net.onnx: exits.0.results.1 is 't22', which is no tensor of the network; did you mean t2?",
        ),
        ("inputs: {in: [65536, 65536]}\n", "inputs.in has 4,294,967,296 numbers, more than"),
        ("bandwidth: 0\n", "bandwidth must be greater than 0"),
        ("measure: true\nseconds: 1\n", "line 2: seconds is for networks that are not measured"),
        (
            "exits: [{name: e, tensors: [t1], results: [t1], condition: {}}]\n",
            "exits.0.condition takes one of at_least",
        ),
        (
            "exits: [{name: e, tensors: [t1], results: [t1], condition: {at_least: 1, result: t2}}]\n",
            "exits.0.condition.result is 't2', which is none of the exit's results",
        ),
    ],
)
def test_a_wrong_request_is_one_sentence(run: Run, request_text: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        asked(run, request_text)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04pickle", b"\x08\x07:\x02\xff\xff", b"PK\x03\x04"])
def test_what_is_no_network_is_refused_under_its_own_name(run: Run, content: bytes) -> None:
    with pytest.raises(Rejected, match=r"net\.onnx"):
        asked(run, "", content)


def test_a_network_that_holds_a_graph_is_refused(run: Run) -> None:
    inner = helper.make_graph([], "inner", [], [helper.make_tensor_value_info("x", 1, [1])])
    made = model([helper.make_node("If", ["in"], ["out"], then_branch=inner, else_branch=inner)])

    with pytest.raises(Rejected, match="If"):
        asked(run, "", made.SerializeToString())


def test_a_request_without_its_network_is_told_with_the_nearest(run: Run) -> None:
    with pytest.raises(Rejected, match=r"there is no net\.onnx beside the request; did you mean nett\.onnx\?"):
        run(partition_model, "net.partition.yaml", b"cut: []\n", beside={"nett.onnx": CHAIN})


def test_tensors_with_hostile_names_name_no_file_no_formula_and_no_markup(run: Run) -> None:
    names = ["=1+1", "../../up", "<script>alert(1)</script>", "\x1b[31mred\nline", "long" * 5000]
    links = list(zip(["in", *names], [*names, "out"], strict=True))
    made = model([helper.make_node("Relu", [before], [after]) for before, after in links])

    done = asked(run, "partitions: 5\n", made.SerializeToString())

    assert {name for name in done.files if name.endswith(".onnx")} == {
        f"partition{number}_{half}.onnx" for number in range(1, 6) for half in (1, 2)
    }
    assert [each["tensor"] for each in result(done)["cuts"]] == names
    assert "\n'=1+1," in done.files["cuts.csv"].decode().replace("\r", "")
    assert b"<script" not in done.files["page.html"]
    assert len(done.files["page.html"]) < 20_000


def test_a_page_has_room_for_some_cuts_and_the_table_has_all(run: Run) -> None:
    done = asked(run, "", model(chain(*["Relu"] * 400)).SerializeToString())

    assert done.metrics == {"cuts": 399}
    assert done.files["cuts.csv"].count(b"\n") == 400
    assert b"199 more are in the table" in done.files["page.html"]


def test_where_no_network_may_run_a_request_to_measure_is_refused(run: Run) -> None:
    with pytest.raises(Rejected, match="no network is run here"):
        asked(run, "measure: true\n", may_measure=False)


def test_exits_are_written_with_their_conditions(run: Run) -> None:
    exits = "exits: [{name: e, tensors: [t1], results: [t1], condition: {at_most: 0.5, measure: entropy}}]\n"

    done = asked(run, exits)

    planned = result(done)["partitions"][1]
    assert [each["file"] for each in planned["parts"]] == ["exits_1.onnx", "exits_2.onnx"]
    assert planned["parts"][0]["exit"]["condition"] == {"measure": "entropy", "at_most": 0.5}
    assert planned["handed"] == [["t1"]]


def test_parts_between_exits_are_measured_too(run: Run) -> None:
    exits = "exits: [{name: e, tensors: [t1], results: [t1], condition: {at_least: 1}, probability: 0.5}]\n"

    found = result(asked(run, f"measure: true\nbandwidth: 8\n{exits}"))

    first, last = found["exits"]
    assert (first["exit"], last["exit"], found["exits_difference"]) == ("e", None, 0)
    assert last["predicted"]["seconds"] == pytest.approx(first["seconds"] + 16 / 1000 + last["seconds"])
    mean = (first["predicted"]["seconds"] + last["predicted"]["seconds"]) / 2
    assert found["expected_seconds"] == pytest.approx(mean)


@pytest.mark.parametrize("name", ["net.keras", "net.yaml", "net.partition.yaml.txt", ".onnx"])
def test_what_is_neither_network_nor_request_is_refused_at_once(run: Run, name: str) -> None:
    with pytest.raises(Rejected, match="is neither a network nor a request") as refused:
        run(partition_model, name, CHAIN)

    assert "upload name.onnx" in refused.value.hint


def test_a_network_in_capitals_is_one_too(run: Run) -> None:
    assert result(run(partition_model, "NET.ONNX", CHAIN))["network"]["name"] == "NET.ONNX"


@needs_rfb
def test_the_face_detector_has_its_41_cuts_told(run: Run) -> None:
    done = asked(run, "", RFB.read_bytes())

    found = result(done)
    assert len(found["cuts"]) == 41
    assert found["smallest"] == "266"
    assert found["network"]["sha256"] == "sha256:8f4c659275977e7a3bfbfa339a9c769ad793df50f9c0baa8c14b11baa1646430"
