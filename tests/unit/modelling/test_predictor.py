import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from functions.modelling.card import KEY, Card
from functions.modelling.fitting import fit
from functions.modelling.graph_size import MOST_NUMBERS, ROWS, rows_at_once
from functions.modelling.predictor import FittedModel, inputs_of
from functions.modelling.publishing import publish
from functions.modelling.requests import Request
from functions.modelling.table import Column, Table
from functions.runtime.errors import Rejected
from tests.unit.modelling.tables import law, measured, sample_of


def published(folder: Path, table: Table | None = None, **changes: str) -> Path:
    folder.mkdir(exist_ok=True)
    publish(fit(table or measured(), replace(Request(resource="VM1"), **changes)), lambda name: folder / name)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("models"))


def test_more_nodes_have_so_many_times_the_cores(folder: Path) -> None:
    model = FittedModel(folder / "blur.VM1.onnx")
    rows = [inputs_of(model.card, nodes=n, load=1, cores=2, settings={"data_size": 4}) for n in range(1, 5)]

    found = [each.seconds for each in model.predict_all(rows)]

    assert found == pytest.approx([float(law(2 * n, 4)) for n in range(1, 5)], rel=0.1)


def test_many_rows_get_what_each_gets_alone(folder: Path) -> None:
    model = FittedModel(folder / "blur.VM1.onnx")
    rows = [{"cores": 1 + place / 20, "data_size": 4} for place in range(2 * ROWS[0] + 1)]

    assert [each.seconds for each in model.predict_all(rows)] == pytest.approx(
        [model.predict(each).seconds for each in rows], rel=1e-12
    )


def test_a_prediction_has_bounds_and_says_what_was_never_measured(folder: Path) -> None:
    model = FittedModel(folder / "blur.VM1.onnx")

    near, far = (model.predict({"cores": cores, "data_size": 4}) for cores in (4, 40))

    assert near.lower < near.seconds < near.upper
    assert (near.beyond, far.beyond) == ((), ("cores",))
    assert far.upper / far.lower > near.upper / near.lower


def test_the_card_says_what_the_model_is_and_lies_in_the_file_too(folder: Path) -> None:
    card = Card.model_validate_json((folder / "blur.VM1.json").read_bytes())

    inside = FittedModel(folder / "blur.VM1.onnx").card

    assert card == inside
    assert [(each.name, each.role, each.least, each.most) for each in card.inputs] == [
        ("cores", "cores", 1, 8), ("data_size", "size", 1, 16),
    ]  # fmt: skip
    assert card.data == sample_of(measured()).digest
    assert card.errors.inside is not None
    assert card.errors.inside < 6
    assert (folder / "blur.VM1.svg").read_bytes().startswith(b"<?xml")
    assert json.loads((folder / "fit.json").read_text())["models"][0]["family"] == card.family


def test_the_same_table_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    again = published(tmp_path / "again")

    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


def test_what_is_not_known_ends_a_sentence_about_the_model(folder: Path) -> None:
    with pytest.raises(ValueError, match="needs data_size, which nobody says"):
        FittedModel(folder / "blur.VM1.onnx").predict({"cores": 1})


def test_words_are_inputs_too(tmp_path: Path) -> None:
    table = measured()
    words = tuple("ab"[place % 2] for place in range(len(table)))
    seconds = table.numbers("runtime") * np.array([3.0 if each == "a" else 1.0 for each in words])
    table = Table("c.csv", {**table.columns, "codec": Column(None, words), "runtime": Column(seconds)}, table.lines)
    model = FittedModel(published(tmp_path / "m", table) / "c.VM1.onnx")

    slow, fast = (model.predict({"cores": 4, "data_size": 4, "codec": codec}).seconds for codec in "ab")

    assert slow / fast == pytest.approx(3, rel=0.1)
    with pytest.raises(ValueError, match="knows no codec 'h265'"):
        model.predict({"cores": 4, "data_size": 4, "codec": "h265"})


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("a pickle was opened",))


def foreign(metadata: dict[str, str], *, operator: str = "Identity", domain: str = "") -> bytes:
    node = helper.make_node(operator, ["features"], ["seconds"], domain=domain)
    values = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", 2]) for name in ("features", "seconds")]
    model = helper.make_model(
        helper.make_graph([node], "g", values[:1], values[1:]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pickle.dumps(_Evil()), "no ONNX model|pickle"),
        (b"", "empty"),
        (b"\x08\x09 and then nothing", "m.onnx|\\$"),
        (foreign({}), "m.onnx is no performance model: noria.model is missing"),
        (foreign({KEY: "{}"}), "noria.model is not what it should be"),
        (foreign({}, operator="Loop"), "this operator is not allowed"),
        (foreign({}, domain="evil"), "somebody's own"),
        (foreign({}, operator="Erf"), "no fitted one has the operator 'Erf'"),
    ],
)
def test_a_file_that_is_no_model_is_never_run(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(content)

    with pytest.raises(Rejected, match=sentence):
        FittedModel(tmp_path / "m.onnx")


def test_a_card_that_does_not_fit_its_graph_is_refused(folder: Path, tmp_path: Path) -> None:
    card = FittedModel(folder / "blur.VM1.onnx").card
    model = onnx.load(folder / "blur.VM1.onnx")
    fewer = card.model_copy(update={"inputs": card.inputs[:1]})
    model.metadata_props[0].value = fewer.model_dump_json()
    onnx.save(model, tmp_path / "m.onnx")

    with pytest.raises(Rejected, match="its graph is not what its card says"):
        FittedModel(tmp_path / "m.onnx")


Node: TypeAlias = tuple[str, tuple[str, ...], str, dict[str, Any]]
"""Operator, inputs, output and attributes."""


def graph_of(
    folder: Path,
    *nodes: Node,
    given: str = "features",
    element: int = TensorProto.DOUBLE,
) -> Path:
    """Write a model with a genuine card whose nodes are these; the last one makes all outputs."""
    source = onnx.load(folder / "blur.VM1.onnx")
    made = [helper.make_node(operator, inputs, [output], **options) for operator, inputs, output, options in nodes]
    made += [helper.make_node("Identity", [nodes[-1][2]], [each]) for each in ("seconds", "lower", "upper")]
    tensors = [
        numpy_helper.from_array(np.array(numbers), name)
        for name, numbers in (("zero", [0]), ("one", [1]), ("far", [99]), ("both", [0, 1]), ("many", range(2, 1000)))
    ]
    graph = helper.make_graph(
        made,
        "g",
        [helper.make_tensor_value_info(given, TensorProto.DOUBLE, ["N", 2])],
        [helper.make_tensor_value_info(each, element, None) for each in ("seconds", "lower", "upper")],
        initializer=tensors,
    )
    model = helper.make_model(graph, opset_imports=source.opset_import, ir_version=source.ir_version)
    model.metadata_props.extend(source.metadata_props)
    path = folder / "m.onnx"
    onnx.save(model, path)
    return path


DOUBLED: tuple[Node, ...] = tuple(
    ("Concat", (f"c{place - 1}" if place else "features",) * 2, f"c{place}", {"axis": 0}) for place in range(34)
)
CROSSED: tuple[Node, ...] = (
    ("Gather", ("wide", "zero"), "column", {"axis": 1}),
    ("Squeeze", ("column", "one"), "flat", {}),
    ("Unsqueeze", ("flat", "zero"), "row", {}),
    ("Add", ("column", "row"), "crossed", {}),
    ("ReduceSum", ("crossed",), "m", {}),
)


@pytest.mark.parametrize(
    "nodes",
    [
        (*DOUBLED, ("ReduceSum", ("c33",), "m", {"keepdims": 0})),
        (*DOUBLED[:14], ("Identity", ("c13",), "wide", {}), *CROSSED),
        (("Cast", ("features",), "whole", {"to": 7}), ("Squeeze", ("both", "zero"), "x", {})),
        (("Cast", ("zero",), "axes", {"to": 7}), ("ReduceSum", ("features", "axes"), "m", {})),
        (("Unsqueeze", ("features", "many"), "m", {}),),
        (
            ("Cast", ("features",), "w0", {"to": 7}),
            *(("Gather", (f"w{n}", f"w{n}"), f"w{n + 1}", {}) for n in range(40)),
        ),
    ],
    ids=["doubled", "crossed", "wrong shape", "open shape", "many sides", "ever more sides"],
)
def test_a_graph_that_makes_too_many_numbers_or_does_not_tell_is_never_opened(
    folder: Path, tmp_path: Path, nodes: tuple[Node, ...]
) -> None:
    shutil.copy(folder / "blur.VM1.onnx", tmp_path)

    with pytest.raises(Rejected, match=r"m\.onnx is no performance model: its graph (makes more than|does not tell)"):
        FittedModel(graph_of(tmp_path, *nodes))


def test_what_a_file_says_of_its_shapes_is_not_believed(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "blur.VM1.onnx", tmp_path)
    path = graph_of(tmp_path, *DOUBLED, ("ReduceSum", ("c33",), "m", {"keepdims": 0}))
    model = onnx.load(path)
    model.graph.value_info.extend(
        helper.make_tensor_value_info(f"c{place}", TensorProto.DOUBLE, [1, 2]) for place in range(34)
    )

    with pytest.raises(Rejected, match=f"more than {MOST_NUMBERS:,} numbers"):
        rows_at_once(model.SerializeToString(), "m.onnx")


@pytest.mark.parametrize(
    ("nodes", "options", "said"),
    [
        ([("Gather", ("features", "far"), "m", {"axis": 1})], {}, "m.onnx cannot be asked: "),
        ([("ReduceSum", ("features",), "m", {"keepdims": 0})], {}, "m.onnx gives no time for each row"),
        (
            [("Cast", ("features",), "m", {"to": TensorProto.STRING})],
            {"element": TensorProto.STRING},
            "m.onnx: its graph is not what its card says",
        ),
        ([("Identity", ("f2",), "m", {})], {"given": "f2"}, "m.onnx: its graph is not what its card says"),
    ],
    ids=["place that is not there", "one time", "texts", "other name"],
)
def test_a_model_that_cannot_be_asked_is_one_sentence_that_names_it(
    folder: Path,
    tmp_path: Path,
    nodes: list[Node],
    options: dict[str, Any],
    said: str,
) -> None:
    shutil.copy(folder / "blur.VM1.onnx", tmp_path)

    with pytest.raises(Rejected, match=said):
        FittedModel(graph_of(tmp_path, *nodes, **options)).predict_all([{"cores": 1, "data_size": 4}] * 2)
