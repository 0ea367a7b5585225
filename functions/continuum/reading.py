"""One way in for every file of an application: YAML, or JSON where the file's name ends so."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, Field, ValidationError, create_model

from functions.continuum.model import Fault, Model, Root, within
from functions.datasets.files import opened
from functions.documents.document import Document, HostileError, Place, Problem, parse, parse_json
from functions.documents.wording import dotted, meant, problems
from functions.runtime.errors import Rejected

M = TypeVar("M", bound=Model | Root[Any])

LARGEST_YAML = 1024 * 1024
LARGEST_JSON = 16 * 1024 * 1024
SHOWN = 5
"""Problems that the sentence about a file has; of the others it gives the number."""


class MalformedError(Rejected):
    """A file that cannot be used; ``problems`` has each thing that is wrong with it, in the file's order."""

    def __init__(self, source: str, problems: tuple[Problem, ...], *, lines: bool = True) -> None:
        shown = [str(each) if lines else each.sentence for each in problems[:SHOWN]]
        more = [f"and {len(problems) - SHOWN} more"] * (len(problems) > SHOWN)
        super().__init__(f"{source}: {'; '.join(shown + more)}", hint=f"correct {source}")
        self.problems = problems


def read(
    given: Path | str,
    model: type[M],
    *,
    source: str | None = None,
    warnings: list[str] | None = None,
    inside: str = "",
    bare: bool = False,
) -> M:
    """Read and check one file, or a text that has been in one.

    Args:
        given: The file (never followed if it is a link), or its text.
        model: What the file has in it, from its outermost field on, or from the field ``inside`` on.
        source: The file's name in sentences, the path's own by default; it is JSON where this ends with ``.json``.
        warnings: A sentence is put here for each thing that can be used but was likely not meant.
        inside: The one field that the file has around everything, such as ``System``.
        bare: Whether that field may be left out.

    Raises:
        Rejected: It is hostile, or no YAML or JSON.
        MalformedError: Fields are wrong; they are named with their lines and the nearest right names.
    """
    source = source or (given.name if isinstance(given, Path) else "text")
    is_json = source.lower().endswith(".json")
    try:
        text = given if isinstance(given, str) else _text(given, LARGEST_JSON if is_json else LARGEST_YAML)
        document = (
            parse_json(text, largest=LARGEST_JSON) if is_json else parse(text, largest=LARGEST_YAML, aliases=True)
        )
    except HostileError as error:
        raise Rejected(f"{source}: {error.message}", hint=error.hint) from None
    place: Place = (inside,) if inside and not (bare and meant(inside, document.content) is None) else ()
    found = list(document.problems)
    value = _validated(document, model, found, place=place)
    if value is None or found:
        raise MalformedError(source, tuple(sorted(found, key=lambda each: each.line)), lines=not is_json)
    if warnings is not None:
        doubts = [_problem(doubt, document) for doubt in within(place, value.doubts())]
        warnings += [f"{source}: {each.sentence if is_json else each}" for each in doubts]
    return value


def refuse(given: Path, faults: Sequence[Fault]) -> None:
    """Raise for what a file says that other files contradict; nothing for no faults.

    Raises:
        MalformedError: There are faults; they are named with the lines that the file has now.
    """
    if faults:
        is_json = given.suffix.lower() == ".json"
        document = None if is_json else _yaml(_text(given, LARGEST_YAML))
        found = sorted((_problem(fault, document) for fault in faults), key=lambda each: each.line)
        raise MalformedError(given.name, tuple(found), lines=not is_json)


def _validated(document: Document, model: type[M], found: list[Problem], *, place: Place) -> M | None:
    content: dict[str, Any] = dict(document.content)
    known = {problem.place for problem in found}
    file = _around(cast("type[BaseModel]", model), str(place[0])) if place else model
    try:
        read = file.model_validate(content, by_alias=True, by_name=False)
    except ValidationError as error:
        found += [each for each in problems(error, document, file) if each.place not in known]
        return None
    value = cast("M", read.__dict__["inner"] if place else read)
    found += [_problem(fault, document) for fault in within(place, value.faults())]
    return value


@cache
def _around(model: type[BaseModel], field: str) -> type[BaseModel]:
    """Give the model of a file that has everything in one field."""
    return create_model("File", __base__=Model, inner=(model, Field(alias=field)))


def _problem(fault: Fault, document: Document | None) -> Problem:
    sentence = f"{dotted(fault.place)} {fault.sentence}".lstrip()
    return Problem(fault.place, sentence, document.line(fault.place) if document else 1)


def _yaml(text: str) -> Document:
    return parse(text, largest=LARGEST_YAML, aliases=True)


def _text(path: Path, largest: int) -> str:
    with opened(path, largest) as file:
        data = file.read(largest + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HostileError(f"line {line}: it is not UTF-8 text", hint="save it as UTF-8") from None
