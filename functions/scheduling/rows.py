"""CSV files that a stranger wrote, row by row, each error with the file, the line and the column."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.documents.wording import shown
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

LARGEST = 16 * 1024 * 1024
MOST_ROWS = 200_000
SHOWN = 5

_WANTED = {
    "float_parsing": "a number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a finite number",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text without control characters",
    "missing": "there",
}


class Row(BaseModel):
    """Base of one row; a field's alias is the column's name, and other spellings are in ``spellings``."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, allow_inf_nan=False, str_strip_whitespace=True
    )


R = TypeVar("R", bound=Row)


def rows(path: Path, model: type[R], *, spellings: Mapping[str, str]) -> list[tuple[int, R]]:
    """Read a CSV file with a line of names: (line, row) each, blank lines left out.

    Args:
        path: The file.
        model: What a row has; columns that it does not know are left alone.
        spellings: Other name of a column -> the name that ``model`` has.

    Raises:
        Rejected: The file is not there, not CSV in UTF-8, too large, or has rows or columns that do not fit.
    """
    table = _table(path)
    first = next(table, None)
    if first is None:
        raise Rejected(f"{path.name}: it is empty", hint=f"its first line names the columns {', '.join(_names(model))}")
    names = _head(path.name, [name.strip() for name in first[1]], model, spellings)
    read: list[tuple[int, R]] = []
    wrong: list[str] = []
    for line, cells in table:
        if len(cells) != len(names):
            wrong.append(f"line {line}: it has {len(cells)} cells, and line 1 names {len(names)} columns")
            continue
        filled = {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()}
        try:
            read.append((line, model.model_validate(filled)))
        except ValidationError as error:
            wrong.extend(f"line {line}: {sentence}" for sentence in _sentences(error))
    refuse(path.name, wrong)
    if not read:
        raise Rejected(f"{path.name}: it names columns and has no rows")
    return read


def refuse(file: str, wrong: Sequence[str]) -> None:
    """Raise one error for all that is wrong in one file; nothing if nothing is.

    Raises:
        Rejected: ``wrong`` has something.
    """
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise Rejected(f"{file}: {'; '.join(wrong[:SHOWN])}{more}")


def _table(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > LARGEST:
            raise Rejected(f"{path.name}: it is larger than {LARGEST // 1024 // 1024} MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(f"{path.name}: it is not text in UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise Rejected(f"{path.name}: it cannot be read: {error.strerror}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS:
                raise Rejected(f"{path.name}: it has more than {MOST_ROWS} rows")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Rejected(f"{path.name}: line {reader.line_num}: it is not CSV: {error}") from None


def _head(file: str, given: Sequence[str], model: type[Row], spellings: Mapping[str, str]) -> list[str]:
    names = [spellings.get(name, name) for name in given]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    wrong = [f"line 1: column {shown(name)} is there twice" for name in twice]
    missing = [name for name in _names(model, needed=True) if name not in names]
    wrong += [f"line 1: column {name} is missing{_instead(name, names, model)}" for name in missing]
    refuse(file, wrong)
    return names


def _instead(name: str, names: Sequence[str], model: type[Row]) -> str:
    strangers = [each for each in names if each not in _names(model)]
    return nearest(name, strangers).replace("did you mean", "is it").replace("?", ", misspelt?")


def _names(model: type[Row], *, needed: bool = False) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required() or not needed]


def _sentences(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False):
        column = ".".join(str(part) for part in each["loc"])
        context: dict[str, Any] = each.get("ctx", {})
        if each["type"] == "missing":
            yield f"{column} is empty"
        elif each["type"] in _WANTED:
            yield f"{column} must be {_WANTED[each['type']].format(**context)}, not {shown(each['input'])}"
        else:
            yield f"{column}: {each['msg'].removeprefix('Value error, ')}"
