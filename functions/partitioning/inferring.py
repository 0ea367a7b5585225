"""Shapes of an uploaded graph, inferred in a process whose memory and time are bounded."""

import os
import subprocess
import sys

import onnx
from onnx import GraphProto, ModelProto, shape_inference

from functions.models.facts import ModelRefused
from functions.partitioning.inferring_job import MEMORY, SAID, SECONDS, first_line, infer
from functions.sandbox.walls import CODE

_COMMAND = (sys.executable, "-m", "functions.partitioning.inferring_job")
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(CODE), "PYTHONSAFEPATH": "1"}


def inferred(outline: ModelProto, *, name: str, apart: bool) -> GraphProto:
    """Give the graph with all shapes that can be told; of one that was inferred apart, without nodes and weights.

    Args:
        outline: The network without its large weights.
        name: What sentences call it.
        apart: In a process of its own, as every network must be that somebody uploaded.

    Raises:
        ModelRefused: Its shapes contradict each other, or are too many.
    """
    if apart:
        return _apart(outline, name)
    try:
        return infer(outline).graph
    except (shape_inference.InferenceError, RuntimeError, ValueError) as error:
        raise ModelRefused("E_GRAPH", f"{name}: {first_line(error)}") from None


def _apart(outline: ModelProto, name: str) -> GraphProto:
    try:
        done = subprocess.run(
            _COMMAND,
            input=outline.SerializeToString(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ENVIRONMENT},
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelRefused("E_TOO_LARGE", f"{name}: its shapes take longer than {2 * SECONDS} s to infer") from None
    if done.returncode == SAID:
        raise ModelRefused("E_GRAPH", f"{name}: {done.stdout.decode(errors='replace')}")
    if done.returncode:
        said = f"{name}: its shapes take more than {MEMORY >> 20} MiB or {SECONDS} s to infer"
        raise ModelRefused("E_TOO_LARGE", said)
    return onnx.load_model_from_string(done.stdout).graph
