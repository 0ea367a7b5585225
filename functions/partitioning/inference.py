"""How a component whose network may be cut runs it: by one call, which the design step can find.

The call has the form of AI-SPRINT's: ``tensors, result = load_and_inference(onnx_file, inputs)``.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

KEPT = 8
"""Networks that stay loaded."""


def load_and_inference(onnx_file: str | Path, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Run a network on those of ``inputs`` that it takes.

    Gives its results by name, with those of ``inputs`` that it does not take, which are for whoever comes after it;
    and its results alone, in their order.

    Raises:
        KeyError: An input of the network is missing.
    """
    session = _session(str(onnx_file), Path(onnx_file).stat().st_mtime_ns)
    taken = [each.name for each in session.get_inputs()]
    results = list(session.run(None, {name: inputs[name] for name in taken}))
    others = {name: value for name, value in inputs.items() if name not in taken}
    given = {each.name: result for each, result in zip(session.get_outputs(), results, strict=True)}
    return {**others, **given}, results


@lru_cache(maxsize=KEPT)
def _session(path: str, changed: int) -> Any:  # noqa: ANN401, ARG001 - onnxruntime has no types; a new file is another
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
