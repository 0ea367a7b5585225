"""A Python file read as a syntax tree: what its names stand for, found without importing or running anything."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from functions.datasets.files import opened
from functions.runtime.errors import Rejected

LARGEST = 1 << 20
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class PythonFile:
    """One file.

    Attributes:
        name: Its path in sentences, ``src/filter/main.py``.
        text: What is in it.
        tree: The same as a tree.
    """

    name: str
    text: str
    tree: ast.Module

    def refused(self, line: int, sentence: str, *, hint: str = "") -> Rejected:
        """Make the error of something that stands on a line."""
        return Rejected(f"{self.name}: line {line}: {sentence}", hint=hint or f"correct {self.name}")

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """All statements that run on import, those in ``if`` and ``try`` too; not those in functions and classes."""
        return tuple(_flat(self.tree.body))

    @cached_property
    def functions(self) -> Mapping[str, tuple[Definition, ...]]:
        """Functions of the file itself by name, each as often as it is defined."""
        found: dict[str, tuple[Definition, ...]] = {}
        for each in self.statements:
            if isinstance(each, Definition):
                found[each.name] = (*found.get(each.name, ()), each)
        return found

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """Name in the file -> what an import binds it to, ``functions.annotations.exec_time``."""
        found: dict[str, str] = {}
        for each in self.statements:
            if isinstance(each, ast.Import):
                for alias in each.names:
                    found[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(each, ast.ImportFrom):
                module = "." * each.level + (each.module or "")
                found |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in each.names}
        found.pop("*", None)
        return found

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """Modules of which everything is imported."""
        froms = (each for each in self.statements if isinstance(each, ast.ImportFrom))
        return tuple(each.module or "." for each in froms if any(alias.name == "*" for alias in each.names))

    @cached_property
    def constants(self) -> Mapping[str, tuple[ast.expr | None, ...]]:
        """Name -> all that it is set to; None for what cannot be read without running, such as ``+=``."""
        found: dict[str, tuple[ast.expr | None, ...]] = {}
        for statement in self.statements:
            for name, value in _set_by(statement):
                found[name] = (*found.get(name, ()), value)
        return found

    @cached_property
    def classes(self) -> frozenset[str]:
        """Names of the classes of the file itself."""
        return frozenset(each.name for each in self.statements if isinstance(each, ast.ClassDef))


def read_python(path: Path, name: str) -> PythonFile:
    """Read a file.

    Raises:
        Rejected: It is a link, too large, or no Python; the line is named.
    """
    with opened(path, LARGEST) as file:
        data = file.read(LARGEST + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in somebody's text is no concern of whoever reads it
            tree = ast.parse(data, filename=name)
    except SyntaxError as error:
        said = f"{name}: line {error.lineno or 1}: it is not Python: {error.msg}"
        raise Rejected(said, hint=f"correct {name}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        said = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise Rejected(f"{name}: it cannot be read as Python: {said}", hint=f"correct {name}") from None
    try:
        return PythonFile(name, data.decode("utf-8-sig"), tree)
    except UnicodeDecodeError:
        raise Rejected(f"{name}: it is not UTF-8 text", hint=f"save {name} as UTF-8") from None


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    waiting = list(reversed(body))
    while waiting:
        each = waiting.pop()
        yield each
        if not isinstance(each, Definition | ast.ClassDef):
            inner: list[ast.stmt] = []
            for field in ("body", "orelse", "finalbody"):
                inner += getattr(each, field, None) or []
            for handler in getattr(each, "handlers", None) or getattr(each, "cases", None) or ():
                inner += handler.body
            waiting += reversed(inner)


def _set_by(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                plain = isinstance(target, ast.Name)
                yield from ((name, value if plain else None) for name in _names(target))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.AugAssign(target=target) | ast.For(target=target):
            yield from ((name, None) for name in _names(target))
        case ast.With(items=items):
            yield from ((name, None) for item in items if item.optional_vars for name in _names(item.optional_vars))


def _names(target: ast.expr) -> Iterator[str]:
    return (each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))
