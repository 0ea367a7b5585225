"""What belongs to a function on this machine: its code, the files that its settings name, whether it uses the network.

Nothing is imported: a worker has none of its function's packages.
"""

import ast
import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import functions

CODE = Path(next(iter(functions.__path__))).parent
FILES = "NORIA_FILES"
"""The variable of an FDL that names what else a function may read, like PATH; relative to the FDL's file."""
OURS = ("events", "fdl", "functions")
DESCRIPTOR = "_DESCRIPTOR"
"""How a setting's name ends whose file names others beside it."""
SCRIPT = "RUN_SCRIPT_FILE"
"""The setting whose file may use all that lies beside it."""


def rooted(files: str, folder: Path) -> str:
    """Give the value of ``NORIA_FILES`` with absolute paths, where the FDL lies in ``folder``."""
    return os.pathsep.join(str((folder / each).absolute()) for each in files.split(os.pathsep) if each)


def our_code() -> set[Path]:
    """Give the folders of the project's own code that handlers have."""
    return {CODE / name for name in OURS}


def code_of(function: str) -> set[Path]:
    """Give the folders and files that hold a function ``module:attribute``; nothing for one of ours."""
    top = function.partition(":")[0].partition(".")[0] if ":" in function else ""
    spec = find_spec(top) if top and top not in OURS else None
    if spec is None:  # its process will say so
        return set()
    return {Path(each) for each in spec.submodule_search_locations or filter(None, [spec.origin])}


def hidden(home: Path | None, seen: Iterable[Path]) -> list[Path]:
    """Give where ``home`` is found within the paths that are seen, links followed; nothing if it is not there."""
    if home is None or not home.is_dir():
        return []
    true = home.resolve()
    by_place = ((each, each.resolve()) for each in sorted(seen))
    return [each / true.relative_to(place) for each, place in by_place if true.is_relative_to(place)]


def files_of(told: Mapping[str, str]) -> set[Path]:
    """Give the files that a function's variables name.

    Beside a descriptor those that it names in turn; beside a script all but what is hidden, such as ``.noria``.
    """
    found = set()
    for name, value in told.items():
        if os.path.isfile(value):  # noqa: PTH113 - any text may come here, and what is too long for a name is none
            path = Path(value).absolute()
            found.add(path)
            if name.endswith(DESCRIPTOR):
                found |= set(_named_in(path))
            if name == SCRIPT:
                found |= {each for each in path.parent.iterdir() if not each.name.startswith(".")}
    return found


def _named_in(descriptor: Path) -> Iterable[Path]:
    text = descriptor.read_text(errors="replace")
    return (each for each in descriptor.parent.iterdir() if each.is_file() and each.name in text)


def uses_network(function: str) -> bool:
    """Tell whether a function says of itself that it uses the network: ``@function(..., network=True)``."""
    source, handler = _source(function)
    try:
        module = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):  # its process will say so
        return False
    made = (each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == handler)
    calls = (one for each in made for one in each.decorator_list if isinstance(one, ast.Call))
    return any(
        word.arg == "network" and isinstance(word.value, ast.Constant) and word.value.value is True
        for call in calls
        for word in call.keywords
    )


def _source(function: str) -> tuple[Path, str]:
    """Give the file of a function's handler, and the handler's name there."""
    if ":" not in function:
        name = function.replace("-", "_")
        return CODE / "functions" / name / "handler.py", name
    module, _, handler = function.partition(":")
    top, *parts = module.split(".")
    spec = find_spec(top)
    if spec is None or not parts:
        return Path(spec.origin if spec and spec.origin else os.devnull), handler
    folder = Path(next(iter(spec.submodule_search_locations or []), os.devnull))
    path = folder.joinpath(*parts)
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")), handler
