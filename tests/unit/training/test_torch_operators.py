"""Each known operator of ONNX gives what onnxruntime gives."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from functions.train_on_upload.trainer.backends.torch.onnx import graph
from functions.train_on_upload.trainer.backends.torch.onnx.graph import OnnxNetwork, read
from functions.train_on_upload.trainer.backends.torch.onnx.operators import OPERATORS

FLOATS, WHOLES, LATEST = np.float32, np.int64, 17


def drawn(*shape: int) -> Any:
    return np.random.default_rng(7).normal(size=shape).astype(FLOATS)


def whole(*values: int) -> Any:
    return np.array(values, dtype=WHOLES)


def scalar(value: float) -> Any:
    return np.array(value, dtype=FLOATS)


X, PICTURE, LINE = (3, 8), (2, 3, 9, 7), (2, 3, 11)

# op, shape of the input, initializers, attributes; one row a thing that can go wrong by itself.
CASES: list[tuple[Any, ...]] = [
    *((op, X, [], {}) for op in ("Abs", "Exp", "HardSwish", "Identity", "Neg", "Reciprocal", "Relu")),
    *((op, X, [], {}) for op in ("Selu", "Sigmoid", "Softplus", "Softsign", "Tanh", "Erf", "Celu", "HardSigmoid")),
    *((op, X, [drawn(1, 8)], {}) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "PRelu")),
    *((op, PICTURE, [], {}) for op in ("GlobalAveragePool", "GlobalMaxPool", "Flatten", "Shape")),
    *((f"Reduce{op}", PICTURE, [], {"axes": [1, 3]}) for op in ("Max", "Mean", "Min", "Prod")),
    *((op, PICTURE, [], {"axis": 1}) for op in ("Softmax", "LogSoftmax", "Flatten")),
    ("ReduceSum", PICTURE, [whole(2)], {"keepdims": 0}),
    ("ReduceMean", PICTURE, [], {}),
    *((op, X, [], {}) for op in ("Ceil", "Cos", "Floor", "Sign", "Sin")),
    *((op, X, [drawn(1, 8)], {}) for op in ("Greater", "GreaterOrEqual", "Less", "LessOrEqual")),
    ("ReduceL2", PICTURE, [], {"axes": [1, 2]}),
    ("Tile", X, [whole(2, 3)], {}),
    ("Trilu", X, [whole(1)[0]], {"upper": 0}),
    ("Trilu", X, [], {}),
    ("Einsum", X, [drawn(8, 5)], {"equation": "ab,bc->ac"}),
    ("ConvTranspose", LINE, [drawn(3, 4, 3)], {"dilations": [2]}),
    ("ConvTranspose", PICTURE, [drawn(3, 4, 3, 2), drawn(4)], {"strides": [2, 2], "pads": [1, 0, 1, 0]}),
    ("ConvTranspose", PICTURE, [drawn(3, 1, 3, 3)], {"group": 3, "strides": [2, 2], "output_padding": [1, 1]}),
    ("Elu", X, [], {"alpha": 0.7}),
    ("LeakyRelu", X, [], {"alpha": 0.3}),
    ("Softmax", X, [], {}),
    ("LogSoftmax", X, [], {}),
    ("Clip", X, [scalar(-0.5), scalar(0.25)], {}),
    ("Pow", X, [scalar(2.0)], {}),
    ("Cast", X, [], {"to": TensorProto.INT64}),
    ("CastLike", X, [whole(1)], {}),
    ("Concat", X, [drawn(3, 4)], {"axis": 1}),
    ("Expand", (3, 1), [whole(2, 1, 4)], {}),
    ("Flatten", PICTURE, [], {"axis": 0}),
    ("Gather", X, [whole(1, -1, 0)], {"axis": 1}),
    ("Reshape", X, [whole(0, 2, -1)], {}),
    ("Slice", PICTURE, [whole(1, -1), whole(9, -9), whole(2, 3), whole(2, -2)], {}),
    ("Split", X, [whole(3, 5)], {"axis": 1}),
    ("Squeeze", (3, 1, 4), [whole(1)], {}),
    ("Transpose", PICTURE, [], {"perm": [0, 2, 3, 1]}),
    ("Transpose", PICTURE, [], {}),
    ("Unsqueeze", X, [whole(0, 3)], {}),
    ("Pad", PICTURE, [whole(0, 0, 1, 2, 0, 0, 3, 0), scalar(1.5)], {}),
    ("Pad", PICTURE, [whole(0, 0, 1, 2, 0, 0, 3, 0)], {"mode": "reflect"}),
    ("Pad", PICTURE, [whole(0, 0, 1, 2, 0, 0, 3, 0)], {"mode": "edge"}),
    ("MatMul", X, [drawn(8, 5)], {}),
    ("Gemm", X, [drawn(8, 5), drawn(5)], {}),
    ("Gemm", X, [drawn(5, 8), drawn(5)], {"transB": 1}),
    ("Gemm", X, [drawn(5, 8), drawn(1, 5)], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Gemm", X, [drawn(3, 5)], {"transA": 1}),
    ("Conv", LINE, [drawn(4, 3, 3), drawn(4)], {"pads": [1, 1]}),
    ("Conv", PICTURE, [drawn(6, 1, 3, 3)], {"group": 3, "strides": [2, 1]}),
    ("Conv", PICTURE, [drawn(4, 3, 3, 2), drawn(4)], {"pads": [0, 1, 2, 0], "dilations": [2, 1]}),
    ("Conv", PICTURE, [drawn(4, 3, 3, 2)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", PICTURE, [drawn(4, 3, 2, 2)], {"auto_pad": "SAME_LOWER"}),
    ("Conv", PICTURE, [drawn(4, 3, 2, 2)], {"auto_pad": "VALID"}),
    ("MaxPool", LINE, [], {"kernel_shape": [3]}),
    ("MaxPool", PICTURE, [], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
    ("MaxPool", PICTURE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("MaxPool", PICTURE, [], {"kernel_shape": [2, 3], "auto_pad": "SAME_UPPER"}),
    ("AveragePool", PICTURE, [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("AveragePool", PICTURE, [], {"kernel_shape": [3, 3], "pads": [1, 0, 1, 1]}),
    ("AveragePool", PICTURE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("BatchNormalization", PICTURE, [drawn(3), drawn(3), drawn(3), np.abs(drawn(3))], {"epsilon": 1e-3}),
    ("InstanceNormalization", PICTURE, [drawn(3), drawn(3)], {}),
    ("LayerNormalization", X, [drawn(8), drawn(8)], {"epsilon": 1e-3}),
    ("LayerNormalization", PICTURE, [drawn(9, 7)], {"axis": 2}),
    ("Dropout", X, [scalar(0.4)], {}),
    ("LSTM", (5, 2, 3), [drawn(1, 16, 3), drawn(1, 16, 4), drawn(1, 32)], {"hidden_size": 4}),
    ("LSTM", (5, 2, 3), [drawn(2, 16, 3), drawn(2, 16, 4)], {"hidden_size": 4, "direction": "bidirectional"}),
    ("LSTM", (5, 2, 3), [drawn(1, 16, 3), drawn(1, 16, 4)], {"hidden_size": 4, "direction": "reverse"}),
    ("GRU", (5, 2, 3), [drawn(1, 12, 3), drawn(1, 12, 4), drawn(1, 24)], {"hidden_size": 4}),
    ("GRU", (5, 2, 3), [drawn(2, 12, 3), drawn(2, 12, 4), drawn(2, 24)],
     {"hidden_size": 4, "direction": "bidirectional", "linear_before_reset": 1}),
]  # fmt: skip
OLDER: list[tuple[Any, ...]] = [
    ("Softmax", PICTURE, [], {"axis": 1}, 11),
    ("LogSoftmax", PICTURE, [], {}, 11),
    ("Squeeze", (3, 1, 4), [], {"axes": [1]}, 11),
    ("Unsqueeze", X, [], {"axes": [1]}, 11),
    ("Clip", X, [], {"min": -0.5, "max": 0.5}, 10),
    ("Dropout", X, [], {"ratio": 0.4}, 10),
    ("Pad", PICTURE, [], {"pads": [0, 0, 1, 2, 0, 0, 3, 0], "value": 2.0}, 10),
    ("Slice", PICTURE, [], {"starts": [1], "ends": [3], "axes": [2]}, 9),
    ("ReduceSum", PICTURE, [], {"axes": [1]}, 11),
]
NEWER: list[tuple[Any, ...]] = [
    ("Mish", X, [], {}, 18),
    ("Gelu", X, [], {}, 20),
    ("Gelu", X, [], {"approximate": "tanh"}, 20),
    ("ReduceMean", PICTURE, [whole(-1, 1)], {}, 18),
    ("Split", X, [], {"axis": 1, "num_outputs": 2}, 18),
]
BY_THEMSELVES = {"And", "Constant", "ConstantOfShape", "Equal", "Log", "Not", "Or", "Range", "Sqrt", "Where"}
"""Operators that ``test_operators_that_other_operators_feed`` has."""


def model(nodes: list[Any], initial: dict[str, Any], shape: Any, *, opset: int = LATEST, batch: Any = None) -> Any:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = onnx.ValueInfoProto(name="y")
    tensors = [numpy_helper.from_array(array, name) for name, array in initial.items()]
    graph = helper.make_graph(nodes, "g", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def of_one(op: str, shape: Any, initial: list[Any], attributes: dict[str, Any], opset: int = LATEST) -> Any:
    names = [f"i{number}" for number in range(len(initial))]
    outputs = ["y", "second"] if op == "Split" else ["y"]
    node = helper.make_node(op, ["x", *names], outputs, **attributes)
    return model([node], dict(zip(names, initial, strict=True)), shape, opset=opset)


def judged(given: Any, x: Any) -> Any:
    session = onnxruntime.InferenceSession(given.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]


def ours(given: Any, x: Any) -> Any:
    network = OnnxNetwork(given).eval()
    with torch.no_grad():
        return network(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("case", [*CASES, *OLDER, *NEWER], ids=lambda case: f"{case[0]}-{'-'.join(map(str, case[3]))}")
def test_an_operator_gives_what_onnxruntime_gives(case: tuple[Any, ...]) -> None:
    given, x = of_one(*case), drawn(*case[1])

    found, wanted = ours(given, x), judged(given, x)

    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-6)


def test_operators_that_other_operators_feed() -> None:
    fill = numpy_helper.from_array(np.array([2.0], dtype=FLOATS))
    nodes = [
        helper.make_node("Constant", [], ["zero"], value=numpy_helper.from_array(scalar(0))),
        helper.make_node("Shape", ["x"], ["shape"], start=1),
        helper.make_node("ConstantOfShape", ["shape"], ["two"], value=fill),
        helper.make_node("Abs", ["x"], ["size"]),
        helper.make_node("Log", ["size"], ["log"]),
        helper.make_node("Sqrt", ["size"], ["root"]),
        helper.make_node("Relu", ["x"], ["positive"]),
        helper.make_node("Equal", ["positive", "zero"], ["off"]),
        helper.make_node("Add", ["root", "two"], ["sum"]),
        helper.make_node("Not", ["off"], ["on"]),
        helper.make_node("And", ["on", "on"], ["both"]),
        helper.make_node("Or", ["both", "both"], ["either"]),
        helper.make_node("Range", ["begin", "end", "step"], ["steps"]),
        helper.make_node("Mul", ["log", "steps"], ["longer"]),
        helper.make_node("Where", ["either", "longer", "sum"], ["y"]),
    ]
    given, x = model(nodes, {"begin": scalar(1), "end": scalar(5), "step": scalar(0.5)}, X), drawn(*X)

    np.testing.assert_allclose(ours(given, x), judged(given, x), rtol=1e-5, atol=2e-6)


def test_no_known_operator_is_without_a_case() -> None:
    assert {case[0] for case in itertools.chain(CASES, OLDER, NEWER)} | BY_THEMSELVES == set(OPERATORS)


def test_an_integer_quotient_is_cut_as_onnx_cuts_it() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Div", ["whole", "two"], ["y"]),
    ]
    given, x = model(nodes, {"two": whole(2)}, X), 10 * drawn(*X)

    assert np.array_equal(ours(given, x), judged(given, x))


def test_a_file_is_read_and_written_with_the_same_bytes(tmp_path: Path) -> None:
    given = of_one("Gemm", X, [drawn(8, 5), drawn(5)], {})
    path = tmp_path / "model.onnx"
    path.write_bytes(given.SerializeToString(deterministic=True))

    assert read(path).exported() == path.read_bytes()


def test_the_readme_has_every_operator() -> None:
    text = Path(graph.__file__).parents[1].joinpath("README.md").read_text()

    listed = text.partition("Operators of ONNX: ")[2].partition(".")[0]

    assert listed.replace("\n", " ").split(", ") == sorted(OPERATORS)
