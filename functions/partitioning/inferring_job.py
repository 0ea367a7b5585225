"""``python -m functions.partitioning.inferring_job``: shapes of an outline, from standard input to standard output.

A process of its own, for its memory: a kilobyte of nodes can double a shape at every one of them.
"""

import sys

import onnx
from onnx import ModelProto, shape_inference

from functions.sandbox.limits import Limits

MEMORY = 512 << 20
SECONDS = 60
SAID = 3
"""Exit code where the output is a sentence: what is wrong with the graph."""
ROOM = 4 << 20


def main() -> int:
    """Infer; exit with 0, with ``SAID``, or as it happens where a limit is reached."""
    Limits(MEMORY, cpu_seconds=SECONDS).apply()
    content = sys.stdin.buffer.read()
    try:
        inferred = infer(onnx.load_model_from_string(content))
    except (shape_inference.InferenceError, RuntimeError, ValueError) as error:
        sys.stdout.write(first_line(error))
        return SAID
    for part in ("node", "initializer"):
        inferred.graph.ClearField(part)
    said = inferred.SerializeToString()
    if len(said) > ROOM + 2 * len(content):
        raise MemoryError
    sys.stdout.buffer.write(said)
    return 0


def infer(outline: ModelProto) -> ModelProto:
    """Infer the shapes of a graph, with the numbers that are sizes."""
    return shape_inference.infer_shapes(outline, data_prop=True)


def first_line(error: Exception) -> str:
    """Give the beginning of what an error says."""
    return (str(error).splitlines() or [""])[0][:200]


if __name__ == "__main__":
    sys.exit(main())
