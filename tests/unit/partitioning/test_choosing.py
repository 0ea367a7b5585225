"""Which cut is the best follows from bytes, seconds and what lies between the machines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from functions.partitioning.choosing import Choices, choices
from functions.partitioning.cuts import cuts
from functions.partitioning.early import expected, outlooks
from functions.partitioning.envelope import Stretch, stretches
from functions.partitioning.joining import joined
from functions.partitioning.measuring import Measured, Measuring
from functions.partitioning.network import Network, read_network, with_shapes
from functions.partitioning.prediction import Link
from functions.partitioning.request import Request
from functions.partitioning.walled import Told
from functions.partitioning.work import work
from functions.runtime.errors import Rejected
from tests.unit.partitioning.networks import RFB, model, save

node = helper.make_node
needs_rfb = pytest.mark.skipif(not RFB.exists(), reason="the models lie beside the project, in ../shared/models")
NARROWING = [
    node("Relu", ["in"], ["a"]),
    node("MatMul", ["a", "narrow"], ["b"]),
    node("Relu", ["b"], ["c"]),
    node("MatMul", ["c", "wide"], ["out"]),
]
WEIGHTS = {"narrow": np.ones((4, 2)), "wide": np.ones((2, 4))}


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return read_network(save(model(NARROWING, weights=WEIGHTS), tmp_path))


def weigh(network: Network, link: Link | None = None, **asked: object) -> Choices:
    return choices(network, Request.model_validate(asked), link=link, told=Told())


def test_work_counts_each_product_of_numbers(network: Network) -> None:
    assert work(network) == (4, 4 * 2, 2, 2 * 4)


def test_a_convolution_takes_its_weight_once_for_each_place_of_the_result(tmp_path: Path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 3, 3], [0.0] * 216)
    turned = helper.make_tensor("v", TensorProto.FLOAT, [8, 2, 2, 2], [0.0] * 64)
    graph = helper.make_graph(
        [
            node("Conv", ["in", "w"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
            node("ConvTranspose", ["a", "v"], ["out"], strides=[2, 2]),
        ],
        "net",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, 3, 10, 10])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [weight, turned],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    assert work(read_network(save(made, tmp_path))) == (8 * 5 * 5 * 27, 8 * 5 * 5 * 2 * 4)


def test_without_a_link_the_smallest_tensor_is_chosen_and_the_page_says_why(network: Network) -> None:
    found = weigh(network)

    assert [each.cut.tensor for each in found.chosen] == ["b"]
    assert "seconds cannot be told without bandwidth" in found.warnings[0]
    assert weigh(network, by="size").warnings == ()


def test_seconds_of_the_whole_are_shared_by_the_work_before_a_cut(network: Network) -> None:
    found = weigh(network, Link(bandwidth=1.0), seconds=22.0)

    assert [(each.cut.tensor, each.first, each.second) for each in found.all] == [
        ("a", 4.0, 18.0),
        ("b", 12.0, 10.0),
        ("c", 14.0, 8.0),
    ]
    assert {each.source for each in found.all} == {"shares"}


@pytest.mark.parametrize(
    ("link", "first"),
    [
        (Link(bandwidth=1e6, first_speed=1, second_speed=100), "a"),  # the rest is quick there: leave early
        (Link(bandwidth=1e6, first_speed=100, second_speed=1), "c"),  # stay as long as possible
        (Link(bandwidth=1e-3, first_speed=1, second_speed=1), "b"),  # only the bytes count
    ],
)
def test_the_best_cut_depends_on_the_machines_and_what_is_between_them(
    network: Network, link: Link, first: str
) -> None:
    assert weigh(network, link, seconds=22.0).chosen[0].cut.tensor == first


def test_a_request_that_stays_or_goes_whole_is_told_too(network: Network) -> None:
    found = weigh(network, Link(bandwidth=8.0, delay=1.0, second_speed=2.0), seconds=22.0, input_bytes=4000)

    assert found.on_first is not None
    assert found.on_second is not None
    assert found.on_first.seconds == 22.0
    assert found.on_second.seconds == 1.0 + 4.0 + 11.0


def test_what_was_measured_counts_more_than_shares(network: Network) -> None:
    cut = cuts(network)[0]
    told = Told({"a": Measured(cut, 1.0, 2.0, 4.0, 0.5)}, None, 4.0)

    found = choices(network, Request(measure=True), link=Link(1.0), told=told)

    assert (found.all[0].first, found.all[0].second, found.all[0].source) == (1.0, 2.0, "measured")
    assert found.all[0].difference == 0.5
    assert "2 of 3 cuts were not measured in time" in found.warnings[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [("bb", "cut.0 is 'bb', which is no tensor"), ("out", "cut.0 is 'out', which is no place where one tensor alone")],
)
def test_a_tensor_that_is_no_cut_is_refused_with_its_place(network: Network, name: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        weigh(network, cut=[name])

    assert said in str(refused.value)


def test_open_sizes_are_told_and_can_be_given(tmp_path: Path) -> None:
    made = model([node("Relu", ["in"], ["a"]), node("Neg", ["a"], ["out"])])
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "width"
    made.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "width"
    network = read_network(save(made, tmp_path))

    assert weigh(network).all[0].cut.bytes == 4
    assert "sizes of in are open" in weigh(network).warnings[0]
    given = with_shapes(network, {"in": (2, 1000)})
    assert weigh(given, by="size").all[0].cut.bytes == 8000
    assert weigh(given, by="size").warnings == ()
    assert given.fact("out").shape == (2, 1000)


@pytest.mark.parametrize(
    ("shapes", "said"), [({"inn": (1, 4)}, "no input 'inn'; did you mean in"), ({"in": (4,)}, "2 sizes")]
)
def test_sizes_that_fit_no_input_are_refused(network: Network, shapes: dict[str, tuple[int, ...]], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        with_shapes(network, shapes)


def test_exits_make_requests_shorter_by_how_often_they_are_taken(network: Network) -> None:
    exits = [
        {"name": "e", "tensors": ["c"], "results": ["b"], "condition": {"at_least": 0.9}, "probability": 0.75},
    ]
    request = Request.model_validate({"exits": exits, "seconds": 22.0})

    first, last = parts = outlooks(network, request, link=Link(bandwidth=0.064, second_speed=8.0), told=Told())

    assert (first.bytes, first.seconds, last.seconds) == (8, 14.0, 8.0)
    assert first.predicted is not None
    assert last.predicted is not None
    assert (first.predicted.seconds, last.predicted.seconds) == (14.0, 14.0 + 1.0 + 1.0)
    assert expected(parts) == 0.75 * 14 + 0.25 * 16


@needs_rfb
def test_a_third_of_the_face_detectors_work_is_before_its_smallest_tensor() -> None:
    found = choices(read_network(RFB), Request(), link=None, told=Told())

    (chosen,) = found.chosen
    assert (chosen.cut.tensor, chosen.cut.bytes) == ("266", 614_400)
    assert chosen.share == pytest.approx(0.355, abs=0.001)
    assert [each.share for each in found.all] == sorted(each.share for each in found.all)


def test_a_cut_inside_of_what_a_runtime_joins_is_told(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", ["in", "narrow"], ["joined"]),
        node("Relu", ["joined"], ["behind"]),
        node("MatMul", ["behind", "wide"], ["apart"]),
        node("Softmax", ["apart"], ["out"]),
    ]
    network = read_network(save(model(nodes, weights=WEIGHTS), tmp_path))

    assert {each.cut.tensor: each.joined for each in weigh(network).all} == {
        "joined": True,
        "behind": False,
        "apart": False,
    }


@needs_rfb
def test_what_is_told_to_be_joined_is_all_that_can_differ() -> None:
    network = read_network(RFB)

    measuring = Measuring(network, rounds=1)
    measured = [measuring.halves(each) for each in cuts(network)[18:30]]

    inside = joined(network)
    assert {each.cut.tensor for each in measured if each.difference} <= inside
    assert {each.cut.tensor for each in measured} - inside == {"265", "268", "271", "274"}


def test_each_stretch_of_bandwidth_has_the_place_that_is_best_there(network: Network) -> None:
    link = Link(bandwidth=1.0, delay=0.1, first_speed=0.5, second_speed=3.0)
    found = weigh(network, link, seconds=22.0, input_bytes=1000)

    parts = stretches(found, link)

    assert parts[-1] == Stretch("first", "", 0.0)
    assert [each.least for each in parts] == sorted((each.least for each in parts), reverse=True)
    for bandwidth in np.geomspace(1e-4, 1e4, 200):
        there = weigh(network, replace(link, bandwidth=float(bandwidth)), seconds=22.0, input_bytes=1000)
        assert there.on_first is not None
        assert there.on_second is not None
        times = {("first", ""): there.on_first.seconds, ("second", ""): there.on_second.seconds}
        times |= {("cut", each.cut.tensor): each.predicted.seconds for each in there.all if each.predicted}
        here = next(each for each in parts if each.least <= bandwidth)
        assert times[here.where, here.tensor] == pytest.approx(min(times.values()))
