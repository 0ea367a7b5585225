"""``python -m functions.succession.scorer WORK``: what a model gives for rows, computed in a sandbox.

It is shown inputs and never labels: a model that has taken this process over cannot give itself a good score.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from functions.models.inspection import inspect
from functions.runtime.errors import Rejected
from functions.sandbox import seccomp

MODEL, ORDER, INPUTS = "model.onnx", "order.json", "inputs.f32"
OUTPUTS, REFUSAL = "out/outputs.f32", "out/refused.json"
BATCH = 1024


def main(workspace: Path) -> None:
    """Write the model's outputs, or why there are none."""
    seccomp.stay()  # before anything that was made of uploads is read
    try:
        shape = tuple(json.loads((workspace / ORDER).read_text())["shape"])
        rows = np.fromfile(workspace / INPUTS, "<f4").reshape(shape)
        outputs = predicted(workspace / MODEL, rows)
        (workspace / OUTPUTS).write_bytes(np.ascontiguousarray(outputs, "<f4").tobytes())
    except Rejected as refusal:
        said = {"reason": refusal.message, "hint": refusal.hint}
        (workspace / REFUSAL).write_text(json.dumps(said))


def predicted(model: Path, rows: Any) -> Any:  # noqa: ANN401 - arrays
    """Give the model's first output for each row.

    Raises:
        Rejected: It is no model that may be opened, or it cannot be run.
    """
    inspect(model)
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        parts = [session.run(None, {name: rows[at : at + BATCH]})[0] for at in range(0, len(rows), BATCH)]
    except Exception as error:  # onnxruntime has no base class of its own
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
        raise Rejected(f"the model cannot be run: {said}") from error
    return np.concatenate(parts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
