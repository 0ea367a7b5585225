"""What comes of a partitioning, for programs (``partition.json``) and for tables (``cuts.csv``)."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from onnx import TensorProto

from functions.partitioning.choosing import Choice
from functions.partitioning.early import Outlook, expected
from functions.partitioning.network import Network
from functions.partitioning.partitioned import Partitioned
from functions.partitioning.plan import Partition
from functions.partitioning.prediction import Predicted

FORMAT = "noria.partition/1"
COLUMNS = (
    "tensor",
    "bytes",
    "nodes",
    "parameters",
    "share",
    "joined",
    "first_seconds",
    "second_seconds",
    "source",
    "difference",
    "predicted_first",
    "predicted_travel",
    "predicted_second",
    "predicted_seconds",
)


def document(found: Partitioned, written: Sequence[Partition] = ()) -> dict[str, Any]:
    """Give all of it as plain values; times in seconds, sizes in bytes for one sample."""
    network, weighed, link = found.network, found.choices, found.link
    return {
        "format": FORMAT,
        "network": {
            "name": network.name,
            "sha256": f"sha256:{found.sha256}",
            "nodes": len(network.nodes),
            "operations": weighed.operations,
            "inputs": _tensors(network, network.inputs),
            "outputs": _tensors(network, network.outputs),
        },
        "link": vars(link) if link else None,
        "input_bytes": weighed.input_bytes,
        "seconds": weighed.whole,
        "on_first": _predicted(weighed.on_first),
        "on_second": _predicted(weighed.on_second),
        "best": vars(found.best) if found.best else None,
        "by_bandwidth": [vars(each) for each in found.stretches],
        "smallest": found.smallest.cut.tensor if found.smallest else "",
        "cuts": [_cut(network, each) for each in weighed.all],
        "exits": [_outlook(each) for each in found.outlooks],
        "exits_difference": found.exits_difference,
        "expected_seconds": expected(found.outlooks),
        "partitions": [each.plain() for each in written],
        "warnings": list(weighed.warnings),
    }


def table(found: Partitioned) -> str:
    """Give the cuts as CSV (RFC 4180), one a row; a name that a table program would run begins with an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for each in found.choices.all:
        parts = each.predicted
        predicted = (parts.first, parts.travel, parts.second, parts.seconds) if parts else (None,) * 4
        known = (each.cut.bytes, each.cut.nodes, each.cut.parameters, each.share, each.joined, each.first, each.second)
        writer.writerow((_inert(each.cut.tensor), *known, each.source, each.difference, *predicted))
    return file.getvalue()


def _inert(name: str) -> str:
    return f"'{name}" if name[:1] in "=+-@\t\r" else name


def _tensors(network: Network, names: Sequence[str]) -> dict[str, Any]:
    facts = [network.fact(name) for name in names]
    return {each.name: {"kind": kind_of(each.kind), "shape": each.shape, "bytes": each.bytes} for each in facts}


def kind_of(number: int) -> str:
    """Name a kind of number as ONNX does, ``float``; empty where it is not known."""
    return str(TensorProto.DataType.Name(number)).lower() if number else ""


def _cut(network: Network, choice: Choice) -> dict[str, Any]:
    cut = choice.cut
    return {
        "tensor": cut.tensor,
        "kind": kind_of(network.fact(cut.tensor).kind),
        "shape": cut.shape,
        "bytes": cut.bytes,
        "nodes": cut.nodes,
        "parameters": cut.parameters,
        "share": choice.share,
        "joined": choice.joined,
        "first_seconds": choice.first,
        "second_seconds": choice.second,
        "source": choice.source or None,
        "difference": choice.difference,
        "predicted": _predicted(choice.predicted),
    }


def _outlook(each: Outlook) -> dict[str, Any]:
    return {
        "exit": each.exit.name if each.exit else None,
        "handed_bytes": each.bytes,
        "share": each.share,
        "seconds": each.seconds,
        "reached": each.reached,
        "predicted": _predicted(each.predicted),
    }


def _predicted(each: Predicted | None) -> dict[str, float] | None:
    return {**vars(each), "seconds": each.seconds} if each else None
