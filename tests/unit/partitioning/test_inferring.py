"""A kilobyte of nodes that asks shape inference for all memory is refused, and this process has not used it."""

import resource
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from onnx import NodeProto, helper

from functions.models.facts import ModelRefused
from functions.partitioning.inferring import inferred
from functions.partitioning.network import read_network, with_shapes
from tests.unit.partitioning.networks import chain, model, save

node = helper.make_node
DOUBLINGS = 40
ROOM = 200 << 10
"""KiB that the test may take beside what the process had."""


def doubled(operator: str, first: str, **attributes: Any) -> list[NodeProto]:
    names = [first, *(f"d{at}" for at in range(DOUBLINGS))]
    return [node(operator, [a, a], [b], **attributes) for a, b in pairwise(names)]


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Shape", ["in"], ["s"]), *doubled("Concat", "s", axis=0)],
        [node("Cast", ["in"], ["s"], to=7), *doubled("Gather", "s")],
    ],
    ids=["numbers", "dimensions"],
)
def test_a_graph_whose_shapes_double_at_every_node_is_refused(tmp_path: Path, nodes: Sequence[NodeProto]) -> None:
    last = nodes[-1].output[0]
    ends = [node("ReduceSum", [last], ["sum"], keepdims=0), node("Cast", ["sum"], ["out"], to=1)]
    network = read_network(save(model([*nodes, *ends]), tmp_path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(ModelRefused, match=r"net\.onnx: its shapes take more than 512 MiB") as refused:
        _ = network.facts

    assert refused.value.code == "E_TOO_LARGE"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < ROOM


def test_what_is_wrong_with_a_graph_is_said_as_it_is_where_it_is_inferred_here() -> None:
    wrong = model(chain("Relu"))
    wrong.ClearField("opset_import")
    said = []
    for apart in (False, True):
        with pytest.raises(ModelRefused, match=r"net\.onnx: .*opset") as refused:
            inferred(wrong, name="net.onnx", apart=apart)
        said.append((refused.value.code, refused.value.message))

    assert said[0] == said[1]


def test_what_is_inferred_apart_is_what_is_inferred_here(tmp_path: Path) -> None:
    path = save(model(chain("Relu", "Tanh", "Sigmoid")), tmp_path)

    apart, here = (read_network(path, apart=way) for way in (True, False))

    assert apart.facts == here.facts
    assert with_shapes(apart, {"in": (3, 4)}).apart
    assert with_shapes(apart, {"in": (3, 4)}).facts == with_shapes(here, {"in": (3, 4)}).facts
