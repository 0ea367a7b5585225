"""Whether an inspected model fits its definition, by what its file says: known before any framework is imported."""

from collections.abc import Iterator, Mapping

from functions.datasets.definition import Definition
from functions.models.facts import Inspected, Shape
from functions.runtime.errors import Rejected

HALF = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
"""Keras's names of types that TensorFlow cannot train with on every processor: some end the process."""


def check_fit(inspected: Inspected, definition: Definition) -> None:
    """Hold the model's shapes and types against what is asked for; what the file does not say is for the framework.

    Raises:
        Rejected: It has several inputs or outputs, other shapes, or computes with half of the usual precision.
    """
    _check("input", inspected.inputs, definition.input_shape)
    _check("output", inspected.outputs, definition.output_shape)
    for name in _types(inspected.config or {}):
        if name in HALF:
            hint = "build it with dtype float32 and upload it again"
            raise Rejected(f"the model computes in {name}, and trainings are in float32", hint=hint)


def _check(name: str, shapes: tuple[Shape, ...], wanted: tuple[int, ...]) -> None:
    if len(shapes) > 1:
        raise Rejected(f"the model has {len(shapes)} {name}s; one is what can be trained here")
    for batch_and_shape in shapes:
        shape = batch_and_shape[1:]
        fits = len(shape) == len(wanted) and all(one in (None, other) for one, other in zip(shape, wanted, strict=True))
        if not fits:
            shown = [size if size is not None else "any" for size in shape]
            said = f"the model's {name} has shape {shown}, but {name}_shape is {list(wanted)}"
            raise Rejected(said, hint="correct the definition, or upload the model that it is for")


def _types(value: object) -> Iterator[str]:
    """Give the name of each type in a Keras configuration: ``"dtype": NAME``, or that of a policy."""
    if isinstance(value, Mapping):
        given = value.get("dtype")
        policy = given.get("config") if isinstance(given, Mapping) else None
        name = policy.get("name") if isinstance(policy, Mapping) else given
        if isinstance(name, str):
            yield name
        for each in value.values():
            yield from _types(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _types(each)
