"""Every operator of ONNX that is known here, and at which of its inputs a trainable weight may lie."""

from collections.abc import Mapping

from functions.train_on_upload.trainer.backends.torch.onnx.call import Operation
from functions.train_on_upload.trainer.backends.torch.onnx.elementwise import ELEMENTWISE
from functions.train_on_upload.trainer.backends.torch.onnx.layers import LAYERS
from functions.train_on_upload.trainer.backends.torch.onnx.recurrent import RECURRENT
from functions.train_on_upload.trainer.backends.torch.onnx.shapes import SHAPES

OPERATORS: Mapping[str, Operation] = {**ELEMENTWISE, **LAYERS, **RECURRENT, **SHAPES}

OPSETS = range(9, 24)
"""Versions of the standard operators whose meaning is the one implemented."""

WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "Add": (0, 1),
    "BatchNormalization": (1, 2),
    "Concat": tuple(range(64)),
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Div": (0, 1),
    "Einsum": (0, 1, 2),
    "Expand": (0,),
    "GRU": (1, 2, 3),
    "Gather": (0,),
    "Gemm": (0, 1, 2),
    "Identity": (0,),
    "InstanceNormalization": (1, 2),
    "LSTM": (1, 2, 3),
    "LayerNormalization": (1, 2),
    "MatMul": (0, 1),
    "Mul": (0, 1),
    "PRelu": (1,),
    "Reshape": (0,),
    "Slice": (0,),
    "Split": (0,),
    "Squeeze": (0,),
    "Sub": (0, 1),
    "Transpose": (0,),
    "Unsqueeze": (0,),
}
"""A float initializer with at least one axis is trained when it lies at one of these; all others are constants."""

STATISTICS: Mapping[str, tuple[int, ...]] = {"BatchNormalization": (3, 4)}
"""Running mean and variance: not trained, but changed by training."""
