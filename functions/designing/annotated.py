"""What stands above a component's ``main``: its annotations, each argument with its line."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field

from functions import annotations
from functions.designing.python_file import Definition, PythonFile
from functions.designing.values import Reader
from functions.documents.document import Place, Plain
from functions.runtime.settings import nearest

MAIN = "main"
ALL = "annotation"
"""The annotation that says everything at once, and stands for all others."""
NAMES = tuple(annotations.__all__)
MODULES = frozenset(
    (
        "functions.annotations",
        "functions.annotations.decorators",
        "aisprint.annotations",
        "aisprint.annotations.annotations",
    )
)
"""Where annotations come from; a decorator of the same name from elsewhere is somebody else's."""
HINT = f"write from {annotations.__name__} import"


@dataclass
class Annotated:
    """A component's ``main`` and what is said of it.

    Attributes:
        file: The file that it is in.
        main: The function.
        said: Annotation -> argument -> value.
        lines: Line of each of these, by its place.
        warnings: What can be read but was likely not meant, a sentence each.
    """

    file: PythonFile
    main: Definition
    said: dict[str, Plain] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def annotated(file: PythonFile) -> Annotated:
    """Read the annotations of the one ``main`` of a file; decorators of others are left alone.

    Raises:
        Rejected: There is not exactly one ``main``, or what is said cannot be read; the line is named.
    """
    found = Annotated(file, _main(file))
    calls = list(_ours(found))
    whole = [call for name, call in calls if name == ALL]
    for name, call in calls:
        if whole and name != ALL:
            found.warnings.append(f"{file.name}: line {call.lineno}: {name} is passed over: {ALL} stands for all")
        elif name in found.said or (name == ALL and call is not whole[0]):
            raise file.refused(call.lineno, f"{name} is there a second time")
        elif name == ALL:
            _take_all(found, call)
        else:
            found.said[name] = _arguments(found, name, call, (name,))
    return found


def _main(file: PythonFile) -> Definition:
    mains = file.functions.get(MAIN, ())
    if not mains:
        raise file.refused(1, f"there is no function {MAIN}{nearest(MAIN, file.functions)}", hint=f"write def {MAIN}()")
    if len(mains) > 1:
        lines = " and ".join(str(each.lineno) for each in mains[:2])
        raise file.refused(mains[1].lineno, f"there are {len(mains)} functions {MAIN}, on lines {lines}; keep one")
    return mains[0]


def _ours(found: Annotated) -> Iterator[tuple[str, ast.Call]]:
    """Give the name and the call of each decorator that is an annotation."""
    file = found.file
    for decorator in found.main.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = _name(found, function)
        if name is None:
            continue
        if not isinstance(decorator, ast.Call):
            raise file.refused(decorator.lineno, f"{name} lacks its parentheses", hint=f"write @{name}(...)")
        yield name, decorator


def _name(found: Annotated, function: ast.expr) -> str | None:
    """Give the annotation that a decorator is, if it is one."""
    file = found.file
    path = _dotted(function)
    root = path[0] if path else ""
    if root in file.imports:
        module, _, name = ".".join((file.imports[root], *path[1:])).rpartition(".")
        if module not in MODULES:
            return None
    elif len(path) == 1 and not (root in file.functions or root in file.classes or root in file.constants):
        name = root
        if name not in NAMES and (file.stars or not nearest(name, NAMES)):
            return None
        if name in NAMES and not file.stars:
            said = f"{file.name}: line {function.lineno}: nothing imports {name}, so the component will not start"
            found.warnings.append(f"{said}; {HINT} {name}")
    else:
        return None
    if name not in NAMES:
        raise file.refused(function.lineno, f"{name} is no annotation{nearest(name, NAMES)}")
    return name


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """Give ``aisprint.annotations.exec_time`` in its parts; nothing for what is no such path."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _take_all(found: Annotated, call: ast.Call) -> None:
    """Read the annotation that says everything at once."""
    given = _arguments(found, ALL, call, ())
    whole = given.get("annotation_dict")
    found.lines.setdefault((), call.lineno)
    if not isinstance(whole, dict):
        said = f"{ALL} takes one mapping, such as {{'component_name': {{'name': 'filter'}}}}"
        raise found.file.refused(call.lineno, said)
    for name, arguments in whole.items():
        found.said[name] = _without_nothing(arguments) if isinstance(arguments, dict) else arguments


def _arguments(found: Annotated, name: str, call: ast.Call, place: Place) -> dict[str, Plain]:
    """Read the arguments of one annotation by their names, those given by position too; None counts as not given."""
    file = found.file
    names = tuple(inspect.signature(getattr(annotations, name)).parameters)
    if len(call.args) > len(names):
        said = f"{name} takes {len(names)} arguments at most ({', '.join(names)}), not {len(call.args)}"
        raise file.refused(call.lineno, said)
    found.lines.setdefault(place, call.lineno)
    reader = Reader(file, found.lines)
    given: dict[str, Plain] = {}
    for word, value in (*zip(names, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)):
        if word is None or isinstance(value, ast.Starred):
            said = f"{name} is given arguments by * or **, and the file is not run to see which"
            raise file.refused(value.lineno, said, hint="write each argument out")
        if word not in names:
            raise file.refused(value.lineno, f"{name} has no argument {word}{nearest(word, names)}")
        if word in given:
            raise file.refused(value.lineno, f"{name} is given {word} a second time")
        given[word] = reader.value(value, place if name == ALL else (*place, word))
    return _without_nothing(given)


def _without_nothing(arguments: dict[str, Plain]) -> dict[str, Plain]:
    return {word: value for word, value in arguments.items() if value is not None}
