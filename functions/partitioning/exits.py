"""``early_exits.csv``: where a network may answer before its last layer (AI-SPRINT's format, continuum design 2.18).

``exits,input_nodes,output_nodes`` and a row for each exit in their order, such as
``exit1,['model/block3_pool/MaxPool:0'],['Early_Exit_Output']``: the tensors that go on if the exit is not taken, and
the results that it gives if it is.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto

from functions.datasets.files import opened
from functions.partitioning.network import Network
from functions.partitioning.parts import part
from functions.runtime.errors import Rejected

FILE_NAME = "early_exits.csv"
COLUMNS = ("exits", "input_nodes", "output_nodes")
LARGEST = 64 * 1024


@dataclass(frozen=True)
class Exit:
    """One exit: its name, the tensors that go on to the next part, and the results that it gives."""

    name: str
    tensors: tuple[str, ...]
    results: tuple[str, ...]


def read_exits(path: Path) -> tuple[Exit, ...]:
    """Read the file.

    Raises:
        Rejected: It has other columns, or a row that is no exit; the line is named.
    """
    with opened(path, LARGEST) as file:
        text = file.read(LARGEST + 1).decode("utf-8-sig", errors="replace")
    rows = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    columns = tuple(column.strip() for column in rows[0][1].split(",")) if rows else ()
    if columns != COLUMNS:
        raise Rejected(f"{path.name}: line 1: the columns are {', '.join(columns) or 'missing'}", hint=_hint())
    if len(rows) < 2:
        raise Rejected(f"{path.name}: it has no exit", hint=_hint())
    return tuple(_exit(path.name, number, line) for number, line in rows[1:])


def parts_of_exits(network: Network, exits: tuple[Exit, ...]) -> Iterator[ModelProto]:
    """Give the parts, one more than there are exits: each but the last gives what goes on, then its exit's results.

    Raises:
        Rejected: An exit names tensors that the network does not have, or that cannot be made where it stands.
    """
    inputs = network.inputs
    for each in exits:
        yield part(network, inputs, (*each.tensors, *each.results))
        inputs = each.tensors
    early = {name for each in exits for name in each.results}
    if not (last := tuple(name for name in network.outputs if name not in early)):
        raise Rejected(f"{network.name}: all outputs are those of exits", hint="one is for whom no exit was taken")
    yield part(network, inputs, last)


def _exit(source: str, number: int, line: str) -> Exit:
    # Upstream's files do not quote the lists, so a comma in one would end the field: their brackets say where it ends.
    fields = next(csv.reader([line], quotechar='"'), [])
    name, *lists = fields if len(fields) == len(COLUMNS) else _split(line) or [""]
    if len(lists) != 2 or not name.strip():
        raise Rejected(f"{source}: line {number}: it has not three fields", hint=_hint())
    tensors, results = (_names(source, number, column, text) for column, text in zip(COLUMNS[1:], lists, strict=True))
    return Exit(name.strip(), tensors, results)


def _split(line: str) -> list[str]:
    name, _, rest = line.partition(",")
    first, middle, second = rest.partition("],")
    return [name, first + middle[:1], second] if middle else []


def _names(source: str, number: int, column: str, text: str) -> tuple[str, ...]:
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(name, str) and name for name in found):
        said = f"{column} is {text.strip()[:60]!r}, not a list of tensors such as ['Conv_3:0']"
        raise Rejected(f"{source}: line {number}: {said}", hint=_hint())
    return tuple(found)


def _hint() -> str:
    return f"write {','.join(COLUMNS)} and a row for each exit: exit1,['goes_on'],['Early_Exit_Output']"
