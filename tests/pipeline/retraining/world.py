"""A small world that drifts: two numbers a row, a class that follows from them, a model in ONNX that can learn it."""

import io
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DEFINITION = """\
columns: {a: float, b: float, label: int}
label: label
input_shape: [2]
output_shape: [1]
preprocessing: {normalize: true}
split: {validation: 0.2, test: 0.1}
optimizer: {name: adam, learning_rate: 0.05}
seed: 1
epochs: 15
batch_size: 16
"""
CHECKS = "metrics: {m: {a: {statistical_test: KSDrift, window: 100}}}\n"


def table(rows: int, *, seed: int, drifted: bool, labels: bool = True) -> bytes:
    """Give a table; where it has drifted, ``a`` is greater and the class follows from it otherwise."""
    draw = np.random.default_rng(seed)
    a, b = draw.normal(3.0 * drifted, 1, rows), draw.normal(size=rows)
    label = (b - (a - 3) > 0) if drifted else (a + b > 0)
    text = io.StringIO()
    text.write("a,b,label\n" if labels else "a,b\n")
    for row in zip(a, b, label, strict=True):
        text.write(f"{row[0]:.4f},{row[1]:.4f}" + (f",{int(row[2])}" if labels else "") + "\n")
    return text.getvalue().encode()


def model(path: Path, *, hidden: int = 8) -> Path:
    """Write a network with one hidden layer, as ONNX."""
    draw = np.random.default_rng(7)
    sizes = {"w1": (2, hidden), "b1": (hidden,), "w2": (hidden, 1), "b2": (1,)}
    initial = [numpy_helper.from_array(draw.normal(0, 0.5, size).astype("f4"), name) for name, size in sizes.items()]
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["s"]),
        helper.make_node("Sigmoid", ["s"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])
    graph = helper.make_graph(nodes, "small", [x], [y], initial)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
