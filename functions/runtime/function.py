"""The one decorator: a plain handler with its settings becomes a function that every host can run."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import functions
from functions.runtime.errors import FunctionError

if TYPE_CHECKING:  # who starts a handler's process imports this package too, and has no time for Pydantic
    from events import ObjectCreated
    from functions.runtime.context import Context
    from functions.runtime.settings import Settings

S = TypeVar("S", bound="Settings")
Handler: TypeAlias = "Callable[[ObjectCreated, Context[S]], None]"


class UnknownFunctionError(FunctionError):
    """No function has this name."""

    retry = False


@dataclass(frozen=True)
class Function(Generic[S]):
    """A handler, its settings model, and what a process does once before its first event (``warm``).

    ``network``: it speaks to others; read where it is written, in the decorator, by who walls handlers in.
    """

    handler: "Handler[S]"
    settings: type[S]
    warm: Callable[[S], object] | None = None
    network: bool = False

    @property
    def name(self) -> str:
        """The handler's name, ``blur_faces``; also the prefix of its settings in the environment."""
        return self.handler.__name__

    def __call__(self, event: "ObjectCreated", ctx: "Context[S]") -> None:
        """Run the handler as the plain function that it is."""
        self.handler(event, ctx)


def function(
    *, settings: type[S], warm: Callable[[S], object] | None = None, network: bool = False
) -> "Callable[[Handler[S]], Function[S]]":
    """Make a handler a function.

    Args:
        settings: The handler's settings model.
        warm: Called once a process with the settings, to load models before the first event.
        network: Whether it needs the network; write ``True`` here itself, for nobody runs this to find out.
    """
    return lambda handler: Function(handler=handler, settings=settings, warm=warm, network=network)


def names() -> list[str]:
    """Name every function of the project: the folders of ``functions/`` that have a handler."""
    root = Path(next(iter(functions.__path__)))
    return sorted(path.parent.name for path in root.glob("*/handler.py"))


def load(name: str) -> Function[Any]:
    """Import a function by name, ``blur-faces`` or ``blur_faces``, or as ``module:attribute``.

    Raises:
        UnknownFunctionError: With the nearest known name, or the group that installs what is missing.
    """
    if re.fullmatch(r"[\w.]+:\w+", name):
        module, _, attribute = name.partition(":")
    else:
        attribute = name.replace("-", "_")
        if attribute not in names():
            from functions.runtime.settings import nearest

            raise UnknownFunctionError(f"there is no function {name!r}{nearest(attribute, names())}")
        module = f"functions.{attribute}.handler"
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        hint = f"pip install --group {attribute.replace('_', '-')}"
        raise UnknownFunctionError(f"{name} needs the package {error.name}", hint=hint) from error
    if not isinstance(found, Function):
        raise UnknownFunctionError(f"{module} has no function named {attribute!r}")
    return found
