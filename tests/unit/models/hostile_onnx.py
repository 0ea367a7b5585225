"""Hostile ``.onnx`` files: operators, files and sizes beyond a plain graph."""

from collections.abc import Callable
from typing import Any

import onnx
from onnx import TensorProto, helper

from tests.unit.models.hostile import Ordinary, hostile


def changed(ordinary: Ordinary, change: Callable[[Any], Any]) -> bytes:
    """Give the ordinary perceptron, changed."""
    model = onnx.load_model_from_string(ordinary.read("mlp_traced.onnx"))
    change(model)
    return bytes(model.SerializeToString())


def with_node(ordinary: Ordinary, operator: str, inputs: list[str], **settings: Any) -> bytes:
    """Give it with one node more in front."""
    domain = settings.pop("domain", "")
    node = helper.make_node(operator, inputs, ["extra"], domain=domain, **settings)
    return changed(ordinary, lambda model: model.graph.node.insert(0, node))


def with_constant(ordinary: Ordinary, operator: str, values: list[int]) -> bytes:
    """Give it with a node in front whose size is a constant."""
    shape = helper.make_tensor("wanted", TensorProto.INT64, [len(values)], values)

    def change(model: Any) -> None:
        model.graph.initializer.append(shape)
        names = ["wanted"] if operator == "ConstantOfShape" else [model.graph.input[0].name, "wanted"]
        model.graph.node.insert(0, helper.make_node(operator, names, ["extra"]))

    return changed(ordinary, change)


@hostile("E_EXTERNAL_DATA", "initializer[0]", ".onnx")
def numbers_in_another_file(ordinary: Ordinary) -> bytes:
    def change(model: Any) -> None:
        first = model.graph.initializer[0]
        first.data_location = TensorProto.EXTERNAL
        first.ClearField("raw_data")
        entry = first.external_data.add()
        entry.key, entry.value = "location", "../../../etc/passwd"

    return changed(ordinary, change)


@hostile("E_DOMAIN", "node[0]", ".onnx")
def operators_of_somebody(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "Run", [], domain="com.example")


@hostile("E_DOMAIN", "opset_import[1]", ".onnx")
def import_of_somebody(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.opset_import.append(helper.make_opsetid("com.example", 1)))


@hostile("E_OPERATOR", "node[0]", ".onnx")
def operator_that_parses_pictures(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "ImageDecoder", [])


@hostile("E_OPERATOR", "node[0]", ".onnx")
def loop(ordinary: Ordinary) -> bytes:
    body = helper.make_graph([], "body", [], [])
    return with_node(ordinary, "Loop", [], body=body)


@hostile("E_SUBGRAPH", "node[0]", ".onnx")
def graph_in_an_attribute(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "Identity", [], body=helper.make_graph([], "body", [], []))


@hostile("E_FUNCTION", "$.functions", ".onnx")
def function_of_its_own(ordinary: Ordinary) -> bytes:
    made = helper.make_function("", "Relu", [], [], [], [])
    return changed(ordinary, lambda model: model.functions.append(made))


@hostile("E_FUNCTION", "$.training_info", ".onnx")
def training_of_its_own(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.training_info.add())


@hostile("E_TOO_LARGE", "initializer[0]", ".onnx")
def negative_dimensions(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.graph.initializer[0].dims.__setitem__(0, -16))


@hostile("E_TOO_LARGE", "initializer[0]", ".onnx")
def dimensions_of_a_trillion(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.graph.initializer[0].dims.__setitem__(0, 10**12))


@hostile("E_STORAGE", "initializer[0]", ".onnx")
def fewer_numbers_than_declared(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.graph.initializer[0].dims.__setitem__(0, 160))


@hostile("E_DTYPE", "initializer[0]", ".onnx")
def texts_as_weights(ordinary: Ordinary) -> bytes:
    text = TensorProto(name="t", data_type=TensorProto.STRING, dims=[1], string_data=[b"x"])
    return changed(ordinary, lambda model: model.graph.initializer.insert(0, text))


@hostile("E_TOO_LARGE", "node[0]", ".onnx")
def constant_of_a_trillion(ordinary: Ordinary) -> bytes:
    return with_constant(ordinary, "ConstantOfShape", [10**6, 10**6])


@hostile("E_TOO_LARGE", "node[0]", ".onnx")
def expanded_to_a_trillion(ordinary: Ordinary) -> bytes:
    return with_constant(ordinary, "Expand", [10**6, 10**6])


@hostile("E_TOO_LARGE", "node[0]", ".onnx")
def drawn_numbers_without_end(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "RandomNormal", [], shape=[10**6, 10**6])


@hostile("E_TOO_LARGE", "node[0]", ".onnx")
def padded_without_end(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "MaxPool", [], kernel_shape=[1, 1], pads=[1 << 40] * 4)


@hostile("E_GRAPH", "node[0]", ".onnx")
def node_that_takes_what_comes_later(ordinary: Ordinary) -> bytes:
    return with_node(ordinary, "Relu", ["later"])


@hostile("E_ONNX_FIELD", "$.graph", ".onnx")
def sparse_tensors(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: model.graph.sparse_initializer.add())


@hostile("E_ONNX_FIELD", "$", ".onnx")
def two_graphs_that_readers_would_merge(ordinary: Ordinary) -> bytes:
    one = changed(ordinary, lambda model: None)
    return one + bytes(onnx.ModelProto(graph=onnx.GraphProto(name="x")).SerializeToString())


@hostile("E_VERSION", "$", ".onnx")
def operators_of_the_future(ordinary: Ordinary) -> bytes:
    return changed(ordinary, lambda model: setattr(model.opset_import[0], "version", 99))


@hostile("E_DAMAGED", suffix=".onnx")
def onnx_cut_off(ordinary: Ordinary) -> bytes:
    return ordinary.read("mlp_traced.onnx")[:-30]


@hostile("E_TYPE", suffix=".onnx")
def noise_named_onnx(_: Ordinary) -> bytes:
    return bytes(range(7, 200))
