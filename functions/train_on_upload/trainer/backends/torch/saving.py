"""A trained network as files: the same bytes for the same weights, in any process and any folder."""

import logging
import warnings
from pathlib import Path

import onnx
import torch
from safetensors.numpy import save as packed
from torch import Tensor

from functions.train_on_upload.trainer.backend import Saved
from functions.train_on_upload.trainer.backends.torch.exported.program import ExportedNetwork
from functions.train_on_upload.trainer.backends.torch.memory import enough_memory
from functions.train_on_upload.trainer.backends.torch.network import Network
from functions.train_on_upload.trainer.backends.torch.onnx.graph import OnnxNetwork

STEM = "trained_model"
_FAILURES = (
    torch.onnx.OnnxExporterError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
)
"""What the exporter's many parts raise."""


def save(network: Network, folder: Path, sample: Tensor) -> Saved:
    """Write the weights, the ONNX graph, and the exported program if that is what was uploaded.

    Args:
        network: In evaluation mode.
        folder: Where the files go.
        sample: Two rows of input.
    """
    tensors = {name: tensor.detach().numpy() for name, tensor in sorted(network.weights().items())}
    contents, notes = {f"{STEM}.safetensors": packed(tensors)}, []
    if isinstance(network, OnnxNetwork):
        contents[f"{STEM}.onnx"] = network.exported()
    else:
        try:
            contents[f"{STEM}.onnx"] = converted(network, sample)
        except _FAILURES as error:
            reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
            notes.append(f"There is no {STEM}.onnx: {reason[:200]}")
    if isinstance(network, ExportedNetwork):
        contents[f"{STEM}.pt2"] = network.exported()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return Saved(tuple(sorted(contents)), tuple(notes))


@enough_memory()
def converted(network: Network, sample: Tensor) -> bytes:
    """The network as an ONNX graph by torch's exporter, with open batch and without traces of where it was made."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (sample,),
            dynamo=True,
            verbose=False,
            optimize=False,
            input_names=["x"],
            output_names=["y"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        )
    if program is None:
        raise ValueError("the exporter gave nothing")
    return _cleaned(program.model_proto).SerializeToString(deterministic=True)


def _cleaned(model: onnx.ModelProto) -> onnx.ModelProto:
    """Leave out what depends on the machine, and give tensors the names that they have in the model."""
    prefixes = ("body.", "held.")
    given = [each.name for each in model.graph.initializer]
    renamed = {n: n[5:] for n in given if n.startswith(prefixes) and n[5:] not in given}
    for tensor in model.graph.initializer:
        tensor.name = renamed.get(tensor.name, tensor.name)
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    model.graph.ClearField("doc_string")
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")
    return model
