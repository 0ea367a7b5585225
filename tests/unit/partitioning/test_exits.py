"""A network with exits falls into one part more than it has exits."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from functions.partitioning.exits import Exit, parts_of_exits, read_exits
from functions.partitioning.network import Network, read_network
from functions.runtime.errors import Rejected
from tests.unit.partitioning.networks import model, run, save

node = helper.make_node
NODES = [
    node("Relu", ["in"], ["a"]),
    node("Tanh", ["a"], ["early"]),
    node("Exp", ["a"], ["b"]),
    node("Sigmoid", ["b"], ["later"]),
    node("Neg", ["b"], ["out"]),
]
EXITS = (Exit("exit1", ("a",), ("early",)), Exit("exit2", ("b",), ("later",)))
CSV = "exits,input_nodes,output_nodes\nexit1,['a'],['early']\nexit2,['b'],['later']\n"


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return read_network(save(model(NODES, outputs=("early", "later", "out")), tmp_path))


def read(tmp_path: Path, text: str) -> tuple[Exit, ...]:
    path = tmp_path / "early_exits.csv"
    path.write_text(text)
    return read_exits(path)


def test_the_parts_give_what_the_whole_gives(network: Network) -> None:
    given = np.linspace(-1, 1, 4, dtype=np.float32).reshape(1, 4)
    early, later, out = run(network.model, {"in": given})

    first, second, third = parts_of_exits(network, EXITS)

    a, first_result = run(first, {"in": given})
    b, second_result = run(second, {"a": a})
    assert np.array_equal(first_result, early)
    assert np.array_equal(second_result, later)
    assert np.array_equal(run(third, {"b": b})[0], out)


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        "\ufeff" + CSV,
        CSV.replace("['a']", "\"['a']\""),
        CSV.replace("exit1,['a'],['early']", " exit1 , ['a'] , ['early'] "),
    ],
)
def test_the_file_is_read_as_people_write_it(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == EXITS


def test_a_list_may_have_commas(tmp_path: Path) -> None:
    found = read(tmp_path, "exits,input_nodes,output_nodes\ne,['a', 'b'],['c','d']\n")

    assert found == (Exit("e", ("a", "b"), ("c", "d")),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exits,inputs\n", "line 1: the columns are exits, inputs"),
        ("exits,input_nodes,output_nodes\n", "it has no exit"),
        (CSV + "exit3\n", "line 4: it has not three fields"),
        (CSV.replace("['early']", "early"), "line 2: output_nodes is 'early', not a list"),
        (CSV.replace("['early']", "[__import__('os')]"), "line 2: output_nodes"),
        (CSV.replace("['early']", "[]"), "line 2: output_nodes"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(tmp_path, text)

    assert f"early_exits.csv: {said}" in str(refused.value)


def test_an_exit_that_the_network_does_not_have_is_refused(network: Network) -> None:
    with pytest.raises(Rejected, match="has no tensor 'earlyy'; did you mean early"):
        list(parts_of_exits(network, (Exit("exit1", ("a",), ("earlyy",)),)))


def test_an_exit_behind_another_cannot_use_what_was_before_it(network: Network) -> None:
    with pytest.raises(Rejected, match="early cannot be made of b alone"):
        list(parts_of_exits(network, (EXITS[1], Exit("exit3", ("b",), ("early",)))))
