"""The ``main.py`` of a part of a component: the component's own, ending or beginning where its network is cut.

A component whose network may be cut runs it in one statement of ``main``, ``tensors, result =
load_and_inference(file, inputs)``. What is before it belongs to the first part, what is behind it to the last; between
parts goes what the call gave, by ``noria_hand_over``. The text is cut at the places that the syntax tree tells.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from functions.designing.annotated import Annotated
from functions.runtime.errors import Rejected

CALL = "load_and_inference"
MODULE = "noria_hand_over"
HAND_OVER = ".hand-over.npz"
"""How names of what one part hands over to the next end, and no result's: uploaders choose what these are called."""
HINT = f"run the network in one statement of main: tensors, result = {CALL}(args['onnx_file'], inputs)"
_START = """

if __name__ == "__main__":
    import argparse
    import pathlib

    parser = argparse.ArgumentParser(description="{name}: takes what the part before it hands over.")
    parser.add_argument("-i", "--input", required=True, help="the {ending} that was handed over")
    parser.add_argument("-o", "--output", required=True, help="file, or folder, for the result")
    parser.add_argument("-y", "--onnx_file", default="onnx/{name}.onnx", help="this part of the network")
    arguments = vars(parser.parse_args())
    if pathlib.Path(arguments["output"]).is_dir():
        name = pathlib.Path(arguments["input"]).name.removesuffix("{ending}")
        arguments["output"] = str(pathlib.Path(arguments["output"], name))
    main(arguments)
"""


class UncuttableError(Rejected):
    """The code of a component does not say where its network runs, or uses behind it what was made before it."""


@dataclass(frozen=True)
class Role:
    """Which part it is.

    Attributes:
        name: ``partition1_2``; also the name of its network, ``onnx/partition1_2.onnx``.
        is_first: Whether it begins as the component does.
        is_last: Whether it ends as the component does.
        results: Of a part with an exit, the results that it may end with.
        condition: The function that says whether it does, given these.
    """

    name: str
    is_first: bool
    is_last: bool
    results: tuple[str, ...] = ()
    condition: str = ""


class Code:
    """The code of one component, ready to be cut."""

    def __init__(self, source: Annotated, network: str) -> None:
        self._file = source.file
        self._main = source.main
        self._network = network
        self._lines = re.split(r"\r\n|\r|\n", source.file.text)  # as the syntax tree counts them
        if not self._main.args.args or isinstance(self._main, ast.AsyncFunctionDef):
            raise self._refused("main takes no arguments that a part could be called with", self._main.lineno)
        self._argument = self._main.args.args[0].arg
        self._place, self._tensors, self._result, self._call = self._found()
        self._check_alone()

    def of(self, role: Role) -> str:
        """Give the ``main.py`` of a part.

        Raises:
            UncuttableError: It cannot be written; the line is named.
        """
        if not role.is_first:
            self._check_behind()
        lines = self._named(role)
        body = self._main.body
        begin, end = _first_line(body[0]) - 1, self._main.end_lineno or len(lines)
        stop = self._statement.end_lineno or self._statement.lineno
        before = (
            lines[:stop] if role.is_first else [*_uncommented(lines[:begin]), *self._kept(lines), *self._taken(role)]
        )
        behind = lines[stop:end] if role.is_last or role.results else []
        rest = lines[end:] if role.is_first else self._without_start(lines, end)
        text = "\n".join([*before, *self._given(role), *behind, *rest]).rstrip() + "\n"
        text += "" if role.is_first else _START.format(name=role.name, ending=HAND_OVER)
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            said = f"the code of {role.name} would be no Python: {str(error)[:80]}"
            raise self._refused(said, self._statement.lineno) from None
        return text

    @property
    def _statement(self) -> ast.stmt:
        return self._main.body[self._place]

    @cached_property
    def _indent(self) -> str:
        return self._lines[self._statement.lineno - 1][: self._statement.col_offset]

    def _found(self) -> tuple[int, str, str, ast.Call]:
        """Find the one statement that runs the network."""
        calls = [each for each in ast.walk(self._main) if isinstance(each, ast.Call) and _name(each.func) == CALL]
        if len(calls) != 1:
            what = f"{len(calls)} calls of {CALL}" if calls else f"no call of {CALL}"
            raise self._refused(f"main has {what}; its network is cut where it has one", self._main.lineno)
        for index, statement in enumerate(self._main.body):
            match statement:
                case ast.Assign(
                    targets=[ast.Tuple(elts=[ast.Name(id=tensors), ast.Name(id=result)])],
                    value=ast.Call(args=[_, _], keywords=[]) as call,
                ) if call is calls[0]:
                    return index, tensors, result, call
        said = f"{CALL} is not called in a statement of main by itself, tensors, result = {CALL}(file, inputs)"
        raise self._refused(said, calls[0].lineno)

    def _check_alone(self) -> None:
        """Refuse code in which the statement shares a line with another."""
        body = self._main.body
        around = [_first_line(each) for each in body[self._place + 1 : self._place + 2]]
        before = [each.end_lineno or each.lineno for each in body[: self._place][-1:]] or [self._main.lineno]
        if before[0] >= self._statement.lineno or [
            line for line in around if line <= (self._statement.end_lineno or 0)
        ]:
            raise self._refused("another statement is on this line", self._statement.lineno)

    def _check_behind(self) -> None:
        """Refuse code that uses behind the network what was made before it: the other part would not have it."""
        before = [each for each in self._main.body[: self._place] if not isinstance(each, ast.Import | ast.ImportFrom)]
        made = {name.id for each in before for name in _names(each, ast.Store)}
        made |= {each.name for each in before if isinstance(each, ast.FunctionDef | ast.ClassDef)}
        behind: Sequence[ast.AST] = [self._call.func, self._call.args[0], *self._main.body[self._place + 1 :]]
        known = {self._argument, self._tensors, self._result}
        known |= {name.id for each in behind for name in _names(each, ast.Store)}
        for each in behind:
            for name in _names(each, ast.Load):
                if name.id in made - known:
                    said = f"{name.id} is made before the network runs and used behind it, where the other part is"
                    hint = f"put it into the inputs of {CALL}: what the network does not take is handed on"
                    raise self._refused(said, name.lineno, hint=hint)

    def _kept(self, lines: list[str]) -> Iterator[str]:
        """Give the docstring and the imports that ``main`` begins with."""
        for index, each in enumerate(self._main.body[: self._place]):
            is_text = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and not index
            if is_text or isinstance(each, ast.Import | ast.ImportFrom):
                yield from lines[each.lineno - 1 : each.end_lineno]

    def _taken(self, role: Role) -> Iterator[str]:
        file = self._text(self._call.args[0]).replace(self._network, f"{role.name}.onnx")
        yield f"{self._indent}import {MODULE}"
        yield ""
        yield f"{self._indent}received, handed = {MODULE}.load({self._argument}['input'])"
        yield f"{self._indent}{self._argument} = {{**handed, **{self._argument}}}"
        yield f"{self._indent}{self._tensors}, {self._result} = {self._text(self._call.func)}({file}, received)"

    def _given(self, role: Role) -> Iterator[str]:
        """Give the lines that hand over what the network gave, or do so if the exit is not taken."""
        if role.is_last:
            return
        handed, inner = self._tensors, self._indent
        if role.results:
            handed = f"{{name: each for name, each in {self._tensors}.items() if name not in {list(role.results)}}}"
            yield f"{inner}{self._result} = [{self._tensors}[name] for name in {list(role.results)}]"
            yield f"{inner}if not {role.condition}({self._result}):"
            inner += "    "
        if role.is_first:
            yield f"{inner}import {MODULE}"
            yield ""
        path = f"f\"{{{self._argument}['output']}}{HAND_OVER}\""
        yield f"{inner}{MODULE}.save({path}, {handed}, {self._argument})"
        if role.results:
            yield f"{inner}return"

    def _named(self, role: Role) -> list[str]:
        """Give the lines with the network's file named anew in all texts below the annotations."""
        lines = list(self._lines)
        above = {id(each) for mark in self._main.decorator_list for each in ast.walk(mark)}
        found = [each for each in ast.walk(self._file.tree) if isinstance(each, ast.Constant) and id(each) not in above]
        for each in found:
            if isinstance(each.value, str) and each.value.split("/")[-1] == self._network:
                for number in range(each.lineno - 1, each.end_lineno or each.lineno):
                    lines[number] = lines[number].replace(self._network, f"{role.name}.onnx")
        return lines

    def _without_start(self, lines: list[str], after: int) -> list[str]:
        """Give what is behind ``main`` but for ``if __name__ == "__main__"``."""
        left = list(lines)
        for each in self._file.tree.body:
            if isinstance(each, ast.If) and "__name__" in {name.id for name in _names(each.test, ast.Load)}:
                left[each.lineno - 1 : each.end_lineno] = [""] * ((each.end_lineno or each.lineno) - each.lineno + 1)
        return left[after:]

    def _text(self, node: ast.expr) -> str:
        return ast.get_source_segment(self._file.text, node) or CALL

    def _refused(self, said: str, line: int, *, hint: str = HINT) -> UncuttableError:
        return UncuttableError(f"{self._file.name}: line {line}: {said}", hint=hint)


def _uncommented(lines: list[str]) -> list[str]:
    """Take off the comments at the end: they are about what does not follow here."""
    left = list(lines)
    while left and (not left[-1].strip() or left[-1].lstrip().startswith("#")):
        left.pop()
    return left


def _first_line(statement: ast.stmt) -> int:
    """Give the line on which a statement begins, with what is written above it."""
    marks: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in marks)])


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _names(node: ast.AST, use: type[ast.expr_context]) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, use))
