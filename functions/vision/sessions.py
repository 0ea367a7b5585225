"""ONNX files opened on the CPU: only the file whose digest is known, its constants no inputs, its memory given back."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import onnxruntime

from functions.runtime import TryAgain
from functions.vision import graphs


class ModelUnavailableError(TryAgain):
    """A model's file is absent or is not the file it should be: a person must install it, the event can wait."""


def session(
    path: Path, sha256: str, *, threads: int, dims: Mapping[str, graphs.Dims] | None = None
) -> onnxruntime.InferenceSession:
    """Load an ONNX file if it is the one whose digest is known, on the CPU.

    Raises:
        ModelUnavailableError: The digest is another.
    """
    return opened(graphs.loadable(checked(path, sha256), dims or {}), threads=threads)


def checked(path: Path, sha256: str) -> bytes:
    """Give the content of a file whose digest is known.

    Raises:
        ModelUnavailableError: The digest is another.
    """
    model = path.read_bytes()
    digest = hashlib.sha256(model).hexdigest()
    if digest != sha256:
        raise ModelUnavailableError(
            f"{path.name} has sha256 {digest[:12]}..., not {sha256[:12]}...", hint="install the file that it should be"
        )
    return model


def opened(model: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """Open a model whose constants are no inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps the memory of the largest picture ever seen, 1 GB after 1920 x 1440 in one piece.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
