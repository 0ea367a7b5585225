"""The value of an expression in a Python file, as far as it is plain: nothing is called or looked up elsewhere."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.designing.python_file import PythonFile
from functions.documents.document import Place, Plain
from functions.runtime.settings import nearest

DEEPEST = 32
MOST = 10_000
"""Values in one expression."""
_LARGEST = 2**63
_SUMS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_KINDS: Mapping[type[ast.expr], str] = {
    ast.Call: "is the result of a call",
    ast.JoinedStr: "is put together when the file runs",
    ast.Attribute: "belongs to another object or module",
    ast.Subscript: "is a part of something else",
    ast.Lambda: "is a function",
    ast.Set: "is a set, which has no order",
}
HINT = "write the value itself, or a constant that is set once in this file"


@dataclass
class Reader:
    """Reads values and keeps the line of each part, by its place."""

    file: PythonFile
    lines: dict[Place, int]
    left: int = MOST
    deep: int = 0

    def value(self, node: ast.expr, place: Place, *, followed: frozenset[str] = frozenset()) -> Plain:
        """Give the value of an expression: constants, signs, sums, lists, mappings, and names of constants.

        Raises:
            Rejected: It is anything else.
        """
        self.left -= 1
        self.deep += 1
        if self.left < 0 or self.deep > DEEPEST:
            raise self.file.refused(node.lineno, "this is too long or too deep for an annotation")
        self.lines.setdefault(place, node.lineno)
        found = self._value(node, place, followed)
        self.deep -= 1
        return found

    def _value(self, node: ast.expr, place: Place, followed: frozenset[str]) -> Plain:
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, bool | int | float | str):
                return value
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [self.value(part, (*place, index), followed=followed) for index, part in enumerate(parts)]
            case ast.Dict():
                return self._mapping(node, place, followed)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self._number(operand, place, followed)
                return -number if isinstance(sign, ast.USub) else number
            case ast.BinOp():
                return self._sum(node, place, followed)
            case ast.Name(id=name):
                return self._constant(node, name, place, followed)
        said = next((said for kind, said in _KINDS.items() if isinstance(node, kind)), "cannot be read")
        raise self.file.refused(node.lineno, f"{_text(node)} {said}, and the file is not run to find out", hint=HINT)

    def _mapping(self, node: ast.Dict, place: Place, followed: frozenset[str]) -> Plain:
        found: dict[str, Plain] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            name = None if key is None else self.value(key, place, followed=followed)
            if not isinstance(name, str):
                said = f"{_text(key or value)} is no name; names in this mapping are texts"
                raise self.file.refused((key or value).lineno, said)
            if name in found:
                raise self.file.refused(value.lineno, f"{name} is there a second time")
            self.lines.setdefault((*place, name), value.lineno)
            found[name] = self.value(value, (*place, name), followed=followed)
        return found

    def _sum(self, node: ast.BinOp, place: Place, followed: frozenset[str]) -> Plain:
        act = _SUMS.get(type(node.op))
        if act is None:
            raise self.file.refused(node.lineno, f"{_text(node)} is more than a sum of numbers", hint=HINT)
        left, right = (self._number(part, place, followed) for part in (node.left, node.right))
        try:
            found = act(left, right)
        except (ZeroDivisionError, OverflowError):
            found = math.inf
        if not abs(found) < _LARGEST:
            raise self.file.refused(node.lineno, f"{_text(node)} is no number that can be used", hint=HINT)
        return found

    def _number(self, node: ast.expr, place: Place, followed: frozenset[str]) -> float:
        found = self.value(node, place, followed=followed)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.file.refused(node.lineno, f"{_text(node)} is no number, and is calculated with")
        return found

    def _constant(self, node: ast.expr, name: str, place: Place, followed: frozenset[str]) -> Plain:
        values = self.file.constants.get(name, ())
        value = values[0] if len(values) == 1 else None
        if value is not None and name not in followed and name not in self.file.imports:
            return self.value(value, place, followed=followed | {name})
        if name in self.file.imports:
            said = f"is imported from {self.file.imports[name].rpartition('.')[0] or 'elsewhere'}"
        elif not values:
            said = f"is no constant of this file{nearest(name, self.file.constants)}"
        else:
            said = "is set more than once" if len(values) > 1 else "is set to what cannot be read without running it"
        raise self.file.refused(node.lineno, f"{name} {said}", hint=HINT)


def _text(node: ast.expr) -> str:
    try:
        text = ast.unparse(node)
    except RecursionError:
        text = "this"
    return text if len(text) <= 60 else f"{text[:57]}..."
