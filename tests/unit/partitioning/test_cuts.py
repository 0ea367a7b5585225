"""A cut is a tensor that every way from an input to an output leads through."""

import time
from itertools import product
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from functions.models.facts import ModelRefused
from functions.partitioning.cuts import cuts, smallest
from functions.partitioning.measuring import Measuring
from functions.partitioning.network import Network, read_network, without_weights_as_inputs
from functions.partitioning.parts import halves, part
from functions.partitioning.prediction import Link, apart
from functions.runtime.errors import Rejected
from tests.unit.partitioning.networks import RFB, chain, model, run, save

node = helper.make_node
needs_rfb = pytest.mark.skipif(not RFB.exists(), reason="the models lie beside the project, in ../shared/models")


def names(network: Network) -> list[str]:
    return [each.tensor for each in cuts(network)]


def test_a_chain_can_be_cut_between_any_two_operations(tmp_path: Path) -> None:
    network = read_network(save(model(chain("Relu", "Tanh", "Sigmoid")), tmp_path))

    found = cuts(network)

    assert [(each.tensor, each.shape, each.elements, each.bytes, each.nodes) for each in found] == [
        ("t1", (1, 4), 4, 16, 1),
        ("t2", (1, 4), 4, 16, 2),
    ]


def test_two_branches_can_be_cut_only_where_they_part_and_meet(tmp_path: Path) -> None:
    nodes = [
        node("Relu", ["in"], ["start"]),
        node("Tanh", ["start"], ["left"]),
        node("Sigmoid", ["start"], ["right"]),
        node("Add", ["left", "right"], ["meet"]),
        node("Neg", ["meet"], ["out"]),
    ]

    assert names(read_network(save(model(nodes), tmp_path))) == ["start", "meet"]


def test_a_tensor_that_jumps_over_the_middle_leaves_no_cut_there(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["b"]), node("Add", ["b", "in"], ["out"])]

    assert names(read_network(save(model(nodes), tmp_path))) == []


def test_constants_and_dead_operations_are_in_nobodys_way(tmp_path: Path) -> None:
    one = helper.make_tensor("one", 1, [1, 4], [1.0] * 4)
    nodes = [
        node("Constant", [], ["c"], value=one),
        node("Neg", ["c"], ["d"]),
        node("Add", ["in", "d"], ["a"]),
        node("Tanh", ["in"], ["dead"]),
        node("Relu", ["a"], ["b"]),
        node("Mul", ["b", "d"], ["out"]),
    ]
    network = read_network(save(model(nodes), tmp_path))
    given = np.arange(4, dtype=np.float32).reshape(1, 4)

    first, second = halves(network, "b")

    assert names(network) == ["a", "b"]
    assert [each.nodes for each in cuts(network)] == [1, 2]
    assert np.array_equal(run(second, {"b": run(first, {"in": given})[0]})[0], run(network.model, {"in": given})[0])
    assert [each.op_type for each in first.graph.node] == ["Constant", "Neg", "Add", "Relu"]


def test_two_inputs_can_be_cut_only_behind_where_they_meet(tmp_path: Path) -> None:
    nodes = [node("Relu", ["x"], ["a"]), node("Add", ["a", "y"], ["b"]), node("Neg", ["b"], ["out"])]

    assert names(read_network(save(model(nodes, inputs=("x", "y")), tmp_path))) == ["b"]


def test_an_output_in_the_middle_leaves_only_the_cuts_before_it(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["early"]), node("Neg", ["early"], ["out"])]

    assert names(read_network(save(model(nodes, outputs=("early", "out")), tmp_path))) == ["a"]


def test_every_cut_of_random_graphs_is_found_and_no_other(tmp_path: Path) -> None:
    for seed in range(60):
        generator = np.random.default_rng(seed)
        made, nodes = ["in"], []
        for index in range(int(generator.integers(3, 9))):
            recent = made[-int(generator.integers(1, 4)) :]
            taken = [str(generator.choice(recent)), str(generator.choice(recent))]
            nodes.append(node("Add", taken, [f"t{index}"]))
            made.append(f"t{index}")
        network = read_network(save(model(nodes, outputs=(made[-1],)), tmp_path, f"{seed}.onnx"), apart=False)

        assert set(names(network)) == by_removal(network), seed


def by_removal(network: Network) -> set[str]:
    """Find the cuts in another way: without the tensor, no output can be reached from the input."""
    found = set()
    for name in {name for each in network.nodes for name in each.output} - set(network.outputs):
        reached, alone = {"in"}, {"in"}
        for each in network.nodes:
            if reached.intersection(each.input):
                reached.update(each.output)
            if alone.intersection(each.input):
                alone.update(set(each.output) - {name})
        if name in reached and not alone.intersection(network.outputs):
            found.add(name)
    return found


def test_the_smallest_comes_first_and_of_equal_ones_the_first(tmp_path: Path) -> None:
    weights = {"narrow": np.ones((4, 2)), "wide": np.ones((2, 4))}
    nodes = [
        node("Relu", ["in"], ["a"]),
        node("MatMul", ["a", "narrow"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("MatMul", ["c", "wide"], ["out"]),
    ]
    network = read_network(save(model(nodes, weights=weights), tmp_path))

    assert [(each.tensor, each.bytes, each.parameters) for each in smallest(cuts(network))] == [
        ("b", 8, 8),
        ("c", 8, 8),
        ("a", 16, 0),
    ]


def test_a_tensor_that_is_none_is_refused_with_the_nearest(tmp_path: Path) -> None:
    network = read_network(save(model(chain("Relu", "Tanh")), tmp_path))

    with pytest.raises(Rejected, match=r"net\.onnx has no tensor 't11'; did you mean t1\?"):
        halves(network, "t11")


def test_a_tensor_that_is_no_cut_is_refused(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["in"], ["b"]), node("Add", ["a", "b"], ["out"])]
    network = read_network(save(model(nodes), tmp_path))

    with pytest.raises(Rejected, match="out cannot be made of a alone: in is needed too"):
        part(network, ["a"], ["out"])


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04pickle", b"\x08\x07:\x02\xff\xff"])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)

    with pytest.raises(ModelRefused, match=r"net\.onnx"):
        read_network(path)


@needs_rfb
def test_the_face_detector_has_the_41_cuts_that_are_known_and_266_is_the_smallest() -> None:
    begun = time.process_time()

    found = cuts(read_network(RFB))

    assert time.process_time() - begun < 1
    assert [each.tensor for each in found] == [*map(str, range(245, 284)), "313", "314"]
    assert [each.tensor for each in smallest(found)[:3]] == ["266", "267", "268"]
    assert smallest(found)[0].bytes == 614_400


@needs_rfb
def test_halves_of_the_face_detector_chain_to_the_whole() -> None:
    network = read_network(RFB)
    given = np.random.default_rng(0).standard_normal((1, 3, 480, 640)).astype(np.float32)
    whole = run(network.model, {"input": given})

    for each in cuts(network):
        first, second = halves(network, each.tensor)
        onnx.checker.check_model(first)
        onnx.checker.check_model(second)
        chained = run(second, {each.tensor: run(first, {"input": given})[0]})
        worst = max(float(np.abs(a - b).max()) for a, b in zip(chained, whole, strict=True))

        assert worst <= 1e-5, each.tensor
        assert len(first.graph.node) + len(second.graph.node) == len(network.nodes)


@needs_rfb
def test_weights_listed_as_inputs_are_none() -> None:
    assert read_network(RFB).inputs == ("input",)
    assert len(onnx.load(str(RFB)).graph.input) == 245
    assert without_weights_as_inputs(onnx.load(str(RFB))).ir_version >= 4


def test_both_halves_are_measured_and_the_way_between_them_is_added(tmp_path: Path) -> None:
    network = read_network(save(model(chain("Relu", "Tanh", "Sigmoid"), size=4), tmp_path))

    measuring = Measuring(network, rounds=3)
    measured = [measuring.halves(each) for each in cuts(network)]

    assert [each.cut.tensor for each in measured] == ["t1", "t2"]
    assert {each.difference for each in measured} == {0}
    for each, (bandwidth, delay) in product(measured, [(1.0, 0.0), (8.0, 2.0)]):
        link = Link(bandwidth, delay, first_speed=2, second_speed=4)
        predicted = apart(link, first=each.first, size=each.cut.bytes or 0, second=each.second)
        travels = delay + 16 * 8 / 1000 / bandwidth
        assert predicted.seconds == pytest.approx(each.first / 2 + travels + each.second / 4)
        assert min(each.first, each.second, each.whole) > 0
