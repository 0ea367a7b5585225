"""Networks that somebody has broken are refused with a sentence, or have their cuts told; nothing else happens."""

import os
import random
from collections import Counter
from pathlib import Path

import numpy as np
from onnx import helper

from functions.partitioning.partitioned import partition
from functions.partitioning.request import Request
from functions.partitioning.writing import write
from functions.runtime.errors import Rejected
from tests.unit.partitioning.networks import model

COUNT = int(os.environ.get("FUZZ_COUNT", "400"))
node = helper.make_node
NODES = [
    node("Relu", ["in"], ["a"]),
    node("MatMul", ["a", "narrow"], ["b"]),
    node("Reshape", ["b", "sizes"], ["r"]),
    node("MatMul", ["r", "wide"], ["out"]),
]


def network() -> bytes:
    made = model(NODES, weights={"narrow": np.ones((4, 2)), "wide": np.ones((2, 4))})
    made.graph.initializer.append(helper.make_tensor("sizes", 7, [2], [1, 2]))
    return made.SerializeToString()


def broken(content: bytes, generator: random.Random) -> bytes:
    """Change, leave out or put in a few bytes."""
    data = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        place, many = generator.randrange(len(data)), generator.randint(1, 8)
        match generator.randrange(3):
            case 0:
                data[place] = generator.randrange(256)
            case 1:
                del data[place : place + many]
            case _:
                data[place:place] = generator.randbytes(many)
    return bytes(data)


def partitioned(content: bytes, folder: Path) -> str:
    path = folder / "net.onnx"
    path.write_bytes(content)
    try:
        found = partition(path, Request(), name="net.onnx", link=None, sandbox=None, workspace=folder)
        write(found, lambda name: folder / name)
    except Rejected as error:
        return "refused in several lines" if "\n" in error.message else "refused"
    return "told"


def test_a_broken_network_is_refused_or_told_and_nothing_else(tmp_path: Path) -> None:
    generator = random.Random(1)

    ends = Counter(partitioned(broken(network(), generator), tmp_path) for _ in range(COUNT))

    assert partitioned(network(), tmp_path) == "told"
    assert set(ends) == {"refused", "told"}


def test_a_kind_of_number_that_does_not_exist_is_one_that_is_not_known(tmp_path: Path) -> None:
    made = model(NODES, weights={"narrow": np.ones((4, 2)), "wide": np.ones((2, 4))})
    made.graph.initializer.append(helper.make_tensor("sizes", 7, [2], [1, 2]))
    made.graph.input[0].type.tensor_type.elem_type = 55

    assert partitioned(made.SerializeToString(), tmp_path) == "told"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    content = network()
    assert content.count(b"narrow") > 1

    assert partitioned(content.replace(b"narrow", b"nar\xff\xfew"), tmp_path) == "refused"
