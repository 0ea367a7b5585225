"""Arguments of a node as the program's schema writes them (torch/_export/serde/schema.py, ``Argument``)."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backends.torch.exported.operators import TYPES

_FORMATS = {1: torch.contiguous_format, 4: torch.preserve_format}


def _size(given: Mapping[str, Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - symbolic when it is exported
    return given["as_int"] if "as_int" in given else values[given["as_name"]]


def value(given: Mapping[str, Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what an operator takes
    """What an argument stands for, when ``values`` are what the nodes before gave.

    Raises:
        Rejected: Its kind is none that a tensor operator takes, such as a graph or an object.
    """
    (kind, content), *more = given.items()
    if more or kind not in _READERS:
        raise Rejected(f"an argument of kind {kind} is not known here")
    return _READERS[kind](content, values)


def _plain(content: Any, _: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return content


_READERS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "as_bool": _plain,
    "as_bools": _plain,
    "as_device": lambda _, __: torch.device("cpu"),
    "as_float": _plain,
    "as_floats": _plain,
    "as_int": _plain,
    "as_ints": _plain,
    "as_layout": lambda _, __: torch.strided,
    "as_memory_format": lambda content, _: _FORMATS[content],
    "as_none": lambda _, __: None,
    "as_optional_tensor": lambda content, values: value(content, values),
    "as_optional_tensors": lambda content, values: [value(each, values) for each in content],
    "as_scalar_type": lambda content, _: TYPES[content],
    "as_string": _plain,
    "as_sym_int": lambda content, values: _size(content, values),
    "as_sym_ints": lambda content, values: [_size(each, values) for each in content],
    "as_tensor": lambda content, values: values[content["name"]],
    "as_tensors": lambda content, values: [values[each["name"]] for each in content],
}
