"""Networks small enough to know every cut of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper

RFB = Path(__file__).parents[4] / "shared/models/version-RFB-640.onnx"
OPSETS = [helper.make_opsetid("", 17)]


def model(
    nodes: Sequence[NodeProto],
    *,
    inputs: Sequence[str] = ("in",),
    outputs: Sequence[str] = ("out",),
    weights: dict[str, Any] | None = None,
    size: int = 4,
) -> ModelProto:
    def described(name: str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])

    kept = {name: np.asarray(value, np.float32) for name, value in (weights or {}).items()}
    tensors = [helper.make_tensor(name, TensorProto.FLOAT, w.shape, w.flatten()) for name, w in kept.items()]
    graph = helper.make_graph(nodes, "net", [*map(described, inputs)], [*map(described, outputs)], tensors)
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=8)


def save(network: ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    path = folder / name
    path.write_bytes(network.SerializeToString())
    return path


def chain(*operators: str) -> list[NodeProto]:
    names = ["in", *(f"t{index}" for index in range(1, len(operators))), "out"]
    return [helper.make_node(op, [a], [b]) for op, a, b in zip(operators, names, names[1:], strict=False)]


def run(network: ModelProto, given: dict[str, Any]) -> list[Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(network.SerializeToString(), options)
    return list(session.run(None, given))
