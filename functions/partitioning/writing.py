"""The files of a partitioning: the halves that were chosen, the parts between exits, the answer, a table and a page."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from onnx import ModelProto

from functions.partitioning.exits import parts_of_exits
from functions.partitioning.page import page_of
from functions.partitioning.partitioned import Partitioned
from functions.partitioning.parts import halves
from functions.partitioning.plan import Part, Partition, PlannedExit
from functions.partitioning.request import AskedExit
from functions.partitioning.result import document, table
from functions.runtime.errors import Rejected

RESULT, TABLE, PAGE = "partition.json", "cuts.csv", "page.html"
PARTS = re.compile(r"(partition[0-9]+_[12]|exits_[0-9]+)\.onnx")
MOST_BYTES = 2 << 30
"""Of all parts that are written together."""

Place = Callable[[str], Path]


def write(found: Partitioned, place: Place) -> dict[str, object]:
    """Write everything; gives the document for programs.

    Files have names of ours, ``partition1_2.onnx``: those of tensors may have anything in them.

    Raises:
        Rejected: The parts that are asked for are larger than may be written.
    """
    size = found.network.model.ByteSize() * (len(found.choices.chosen) + bool(found.request.exits))
    if size > MOST_BYTES:
        raise Rejected(f"the parts of {found.network.name} have {size:,} bytes together", hint="ask for fewer cuts")
    written = tuple(_partitions(found, place))
    answer = document(found, written)
    place(RESULT).write_text(json.dumps(answer, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    place(TABLE).write_text(table(found), encoding="utf-8", newline="")
    place(PAGE).write_text(page_of(found, written), encoding="utf-8")
    return answer


def _partitions(found: Partitioned, place: Place) -> Iterator[Partition]:
    for number, choice in enumerate(found.choices.chosen, start=1):
        name = f"partition{number}"
        models = halves(found.network, choice.cut.tensor)
        parts = tuple(_part(f"{name}_{at}.onnx", each, place) for at, each in enumerate(models, start=1))
        yield Partition(name=name, handed=((choice.cut.tensor,),), parts=parts)
    asked = found.request.exits
    if asked:
        between = parts_of_exits(found.network, tuple(each.exit for each in asked))
        parts = tuple(
            _part(f"exits_{at}.onnx", each, place, early=asked[at - 1] if at <= len(asked) else None)
            for at, each in enumerate(between, start=1)
        )
        yield Partition(name="exits", handed=tuple(each.tensors for each in asked), parts=parts)


def _part(file: str, model: ModelProto, place: Place, *, early: AskedExit | None = None) -> Part:
    content = model.SerializeToString(deterministic=True)
    place(file).write_bytes(content)
    planned = PlannedExit(name=early.name, results=early.results, condition=early.condition) if early else None
    return Part(
        file=file,
        sha256=f"sha256:{hashlib.sha256(content).hexdigest()}",
        bytes=len(content),
        inputs=tuple(each.name for each in model.graph.input),
        outputs=tuple(each.name for each in model.graph.output),
        exit=planned,
    )
