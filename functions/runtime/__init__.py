"""The only framework in the project: how one function is run safely, whatever host called it."""

from functions.runtime.context import Context
from functions.runtime.errors import (
    FunctionError,
    InputVanishedError,
    NotYetError,
    Rejected,
    StoreUnavailableError,
    TryAgain,
)
from functions.runtime.function import Function, function
from functions.runtime.settings import Settings

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
