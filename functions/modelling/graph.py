"""A small writer of ONNX graphs in double precision, of standard operators only, so that any reader can check them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 9
INPUT = "features"
"""Name of the one input: (N, columns) doubles, as they stand in the table."""

Numbers = npt.NDArray[np.float64]


class Graph:
    """Collects nodes and constants; each method gives the name of what its node makes."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._tensors: list[Any] = []

    def constant(self, values: npt.ArrayLike) -> str:
        """Give a constant: doubles, or whole numbers and booleans as such; equal ones are stored once."""
        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(np.float64)
        elif array.dtype.kind in "iu":
            array = array.astype(np.int64)
        array = np.array(array, order="C")  # not ascontiguousarray: that gives a single number a dimension
        key = (str(array.dtype), array.shape, array.tobytes())
        if key not in self._constants:
            name = f"c{len(self._constants)}"
            self._constants[key] = name
            self._tensors.append(numpy_helper.from_array(array, name))
        return self._constants[key]

    def add(self, operator: str, *inputs: "str | npt.ArrayLike", **attributes: int) -> str:
        """Add a node; numbers among its inputs become constants."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [output], None, None, None, None, **attributes))
        return output

    def columns(self, matrix: str, places: "list[int]") -> str:
        """Give some columns of an (N, K) matrix as (N, len(places))."""
        return self.add("Gather", matrix, np.array(places, np.int64), axis=1)

    def sum_of(self, value: str, axis: int) -> str:
        """Sum over one axis, which is then gone."""
        return self.add("ReduceSum", value, np.array([axis], np.int64), keepdims=0)

    def flat(self, matrix: str) -> str:
        """Give an (N, 1) matrix as (N,)."""
        return self.add("Squeeze", matrix, np.array([1], np.int64))

    def finished(self, outputs: "dict[str, str]", *, columns: int, metadata: "dict[str, str]") -> bytes:
        """Give the model's bytes: ``INPUT`` of so many columns in, (N,) doubles by name out; the same each time."""
        for name, value in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        graph = helper.make_graph(
            self._nodes,
            "performance",
            [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["N", columns])],
            [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N"]) for name in outputs],
            initializer=self._tensors,
        )
        model = helper.make_model(
            graph, producer_name="noria", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        for key, text in sorted(metadata.items()):
            entry = model.metadata_props.add()
            entry.key, entry.value = key, text
        onnx.checker.check_model(model, full_check=True)
        written: bytes = model.SerializeToString(deterministic=True)
        return written
