"""aMLLibrary's configuration files: ini sections whose values are Python literals, read as nothing else.

The fields are those of its example_configurations/README.md (brunoguindani/aMLLibrary @8815ea6). What cannot be done
here, or is done otherwise, is said in the request's warnings.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.datasets.files import opened
from functions.documents.wording import shown
from functions.modelling.amllibrary_fields import FIELDS, NAMES, TECHNIQUES, UNUSED, Kind, fits, wanted
from functions.modelling.requests import Preparation, Request, Technique, Validation
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

MOST_BYTES = 256 * 1024
MOST_VALUES = 1000
_PRIOR = re.compile(r"(loguniform|uniform|quniform|qloguniform|randint)\(([^()]*)\)")
_WORD = re.compile(r"[A-Za-z0-9_./\\ -]{1,400}")
_POINTS = 5


@dataclass(frozen=True)
class _Value:
    content: Any
    line: int


@dataclass
class Configuration:
    """One file: section -> field -> value with its line."""

    source: str
    sections: dict[str, dict[str, _Value]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def get(self, section: str, name: str, default: Any = None) -> Any:  # noqa: ANN401 - FIELDS says which type
        """Give a value, or the default where it is not said."""
        value = self.sections.get(section, {}).get(name)
        return default if value is None else value.content

    def refuse(self, line: int, sentence: str, hint: str = "") -> Rejected:
        """Make the error for a line."""
        return Rejected(f"{self.source}: line {line}: {sentence}", hint=hint or f"correct {self.source}")


def read_configuration(path: Path, *, source: str = "") -> Request:
    """Read a file to what is to be fitted.

    Raises:
        Rejected: It is no such file; the sentence has the line and the nearest right name.
    """
    name = source or path.name
    with opened(path, MOST_BYTES) as file:
        data = file.read(MOST_BYTES + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Rejected(f"{name}: line {line} is not UTF-8 text", hint="save it as UTF-8") from None
    return request_of(parse(text, source=name))


def parse(text: str, *, source: str) -> Configuration:
    """Read the sections and check each field's type.

    Raises:
        Rejected: A line is no field, a field is unknown, twice, or of another type.
    """
    found = Configuration(source)
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if bare.startswith("["):
            section = _section(found, bare, number)
        elif "=" in bare and section:
            name, _, value = bare.partition("=")
            _add(found, section, name.strip(), value.strip(), number)
        else:
            what = "is no field" if section else "stands before the first section"
            raise found.refuse(number, f"{shown(bare)} {what}", "write field = value below a [Section]")
    return found


def _section(found: Configuration, line: str, number: int) -> str:
    name = line.partition("#")[0].strip()[1:].rstrip("]").strip()
    if name not in FIELDS:
        raise found.refuse(number, f"there is no section {shown(name)}{nearest(name, FIELDS)}")
    if name in found.sections:
        raise found.refuse(number, f"section {name} is there twice")
    found.sections[name] = {}
    return name


def _add(found: Configuration, section: str, name: str, text: str, line: int) -> None:
    known = FIELDS[section]
    if name not in known:
        raise found.refuse(line, f"{section} has no field {shown(name)}{nearest(name, known)}")
    if name in found.sections[section]:
        raise found.refuse(line, f"{section}.{name} is there twice")
    value = _literal(text)
    if not fits(value, known[name]):
        raise found.refuse(line, f"{section}.{name} is {shown(text)}, not {wanted(known[name])}")
    found.sections[section][name] = _Value(_listed(value, known[name]), line)
    if (section, name) in UNUSED:
        found.warnings.append(f"{found.source}: line {line}: {section}.{name} is not used: {UNUSED[section, name]}")


def _literal(text: str) -> object:
    """Read a Python literal, ``[*]``, or a bare word as text; None for all else."""
    text = _uncommented(text)
    if text.replace(" ", "") == "[*]":
        return ["*"]
    if text == "inf":
        return math.inf
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return text if _WORD.fullmatch(text) else None


def _uncommented(text: str) -> str:
    """Leave out a comment that is not inside of quotes."""
    quote = ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#":
            return text[:place].strip()
    return text


def _listed(value: Any, kind: Kind) -> Any:  # noqa: ANN401 - as FIELDS says
    return [value] if kind in ("names", "values") and not isinstance(value, list | tuple) else value


def request_of(found: Configuration) -> Request:
    """Give what a configuration asks for.

    Raises:
        Rejected: Its fields do not go together.
    """
    if "General" not in found.sections:
        raise found.refuse(1, f"section General is missing{nearest('General', found.sections)}")
    techniques = tuple(_techniques(found))

    def get(name: str) -> tuple[Any, ...]:
        return tuple(found.get("DataPreparation", name, ()))

    degree = found.get("DataPreparation", "product_max_degree", 1)
    if degree < 1:
        line = found.sections["DataPreparation"]["product_max_degree"].line
        raise found.refuse(line, f"DataPreparation.product_max_degree is {degree}, but is at least 1")
    preparation = Preparation(
        inverse=get("inverse"),
        log=get("log"),
        ernest=bool(found.get("DataPreparation", "ernest", False)),
        products=0 if degree == math.inf else int(degree),
        interactions_only=bool(found.get("DataPreparation", "product_interactions_only", False)),
        selected=tuple(tuple(each.split()) for each in get("selected_products")),
        most=int(found.get("FeatureSelection", "max_features", 0)),
    )
    return Request(
        target=str(found.get("General", "y", "")),
        use=get("use_columns"),
        skip=get("skip_columns"),
        skip_above=found.get("DataPreparation", "skip_rows", {}),
        rename=found.get("DataPreparation", "rename_columns", {}),
        purpose="beyond" if found.get("General", "validation") == "Extrapolation" else "inside",
        validation=_validation(found),
        preparation=preparation,
        techniques=techniques,
        warnings=tuple(found.warnings),
    )


def _validation(found: Configuration) -> Validation:
    kind = found.get("General", "validation", "All")
    runs = int(found.get("General", "run_num", 1))
    section = found.sections["General"]
    line = section["validation"].line if "validation" in section else 1
    needed = {
        "HoldOut": "hold_out_ratio", "Extrapolation": "extrapolation_columns", "Interpolation": "interpolation_columns",
    }.get(kind)  # fmt: skip
    if kind not in ("All", "KFold", "HoldOut", "Extrapolation", "Interpolation"):
        near = nearest(str(kind), ("All", "KFold", "HoldOut", "Extrapolation", "Interpolation"))
        raise found.refuse(line, f"General.validation is {shown(kind)}, which is no way to validate{near}")
    if needed and needed not in section:
        raise found.refuse(line, f"validation = {kind} needs General.{needed}")
    share = found.get("General", "hold_out_ratio", 0.2)
    if kind == "HoldOut" and not 0 < share < 1:
        raise found.refuse(section["hold_out_ratio"].line, f"General.hold_out_ratio is {share}, not between 0 and 1")
    if kind == "Interpolation":
        return Validation(values=found.get("General", "interpolation_columns"))
    if kind == "Extrapolation":
        return Validation(above=found.get("General", "extrapolation_columns"))
    return Validation(share=share if kind == "HoldOut" else 0.0, runs=min(max(runs, 1), 10))


def _techniques(found: Configuration) -> Iterator[Technique]:
    for name in found.get("General", "techniques", ()):
        line = found.sections["General"]["techniques"].line
        if name not in NAMES:
            raise found.refuse(line, f"there is no technique {shown(name)}{nearest(name, NAMES)}")
        if name not in TECHNIQUES:
            found.warnings.append(f"{found.source}: line {line}: {name} is not tried: nothing here fits it")
            continue
        settings = {}
        for key, value in found.sections.get(name, {}).items():
            if (name, key) not in UNUSED:
                settings[key] = [each for one in value.content for each in _values(found, one, key, value.line)]
                if not settings[key]:
                    raise found.refuse(value.line, f"{name}.{key} has no value to try")
        yield Technique(name, settings)


def _values(found: Configuration, value: object, name: str, line: int) -> Iterator[object]:
    """Give the values of one entry: itself, some along a prior distribution, or today's name for an old one."""
    old: Mapping[object, object] = {
        "mse": "squared_error", "mae": "absolute_error", "auto": 1.0, "friedman_mse": "squared_error",
    }  # fmt: skip
    if not isinstance(value, str):
        yield value
        return
    prior = _PRIOR.fullmatch(value.replace(" ", ""))
    if prior is None:
        if "(" in value:
            raise found.refuse(line, f"{name} is {shown(value)}, a distribution that is not read")
        yield old.get(value, value)
        return
    try:
        numbers = [float(each) for each in prior[2].split(",")]
        yield from _along(prior[1], numbers)
    except (ValueError, IndexError, ZeroDivisionError, OverflowError):
        raise found.refuse(line, f"{name} is {shown(value)}, whose numbers make no distribution") from None


def _along(kind: str, numbers: list[float]) -> Iterator[float]:
    low, high = (0.0, numbers[0]) if kind == "randint" else (numbers[0], numbers[1])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(kind)
    log = "log" in kind
    give: Callable[[float], float] = (
        (lambda share: low * (high / low) ** share) if log else (lambda share: low + (high - low) * share)
    )
    if log and low <= 0:
        raise ValueError(kind)
    step = numbers[2] if kind.startswith("q") else 1.0 if kind == "randint" else 0.0
    values = [give(place / (_POINTS - 1)) for place in range(_POINTS)]
    if step:
        values = [round(value / step) * step for value in values]
    for value in dict.fromkeys(values):
        yield int(value) if value == int(value) and step else value
