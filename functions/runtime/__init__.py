"""The only framework in the project: how one function is run safely, whatever host called it.

``Context`` and ``Settings`` are imported when they are asked for: a process that only starts another has no use for
Pydantic, which takes longer to import than Python to begin.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from functions.runtime.errors import (
    FunctionError,
    InputVanishedError,
    NotYetError,
    Rejected,
    StoreUnavailableError,
    TryAgain,
)
from functions.runtime.function import Function, function

if TYPE_CHECKING:
    from functions.runtime.context import Context
    from functions.runtime.settings import Settings
else:
    _LATER = {"Context": "context", "Settings": "settings"}

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Context",
    "Function",
    "FunctionError",
    "InputVanishedError",
    "NotYetError",
    "Rejected",
    "Settings",
    "StoreUnavailableError",
    "TryAgain",
    "function",
]
