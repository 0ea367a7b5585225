"""YAML or JSON that a stranger wrote, to plain values with the line of each; nothing in it is ever constructed.

The events of PyYAML's parser are read as YAML 1.2 means them (its core schema, section 10.3): ``1e-3`` is a number and
a column named ``no`` is text. What can make a small file large (anchors, aliases, merge keys) or alive (tags) ends the
reading where it is met, before the rest of the file is looked at.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import yaml

from functions.runtime.errors import Rejected

LARGEST = 256 * 1024
DEEPEST = 16

Place = tuple[str | int, ...]
Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        place: Names and numbers on the way to it, ``("columns", "feature1")``.
        sentence: What is wrong, without the line.
        line: In the file, from 1.
    """

    place: Place
    sentence: str
    line: int = 1

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


@dataclass
class Document:
    """What a file says, on which line it says so, and what of it could not be taken."""

    content: dict[str, Plain]
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Give the line of ``place``, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class HostileError(Rejected):
    """The text is not one plain document: no use to look for more that is wrong with it."""


def parse(text: str) -> Document:
    """Read one YAML (or JSON) document of plain values.

    Raises:
        HostileError: It is not YAML, too large or too deep, or has anchors, aliases, merge keys or tags.
    """
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise HostileError(f"it is larger than {LARGEST // 1024} KiB", hint="a definition describes data, it has none")
    reader = _Reader(yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        content = reader.document()
    except yaml.YAMLError as error:
        raise _not_yaml(error) from None
    if content is None:
        raise HostileError("it is empty", hint="write the columns, the label and the shapes")
    if not isinstance(content, dict):
        raise HostileError("it is not a mapping of fields", hint="write one field a line, such as label: quality")
    return Document(content, reader.lines, reader.problems)


class _Reader:
    """One walk along the events; what is wrong is collected, what is hostile ends it."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []

    def document(self) -> Plain:
        content: Plain = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise HostileError(f"line {_line(event)}: a second document begins here", hint="write one document")
                content = self._value(next(self.events), ())
        return content

    def _value(self, event: yaml.Event, place: Place) -> Plain:
        _refuse_what_is_not_plain(event)
        self.lines.setdefault(place, _line(event))
        if len(place) >= DEEPEST and isinstance(event, yaml.CollectionStartEvent):
            raise HostileError(f"line {_line(event)}: more than {DEEPEST} levels lie inside each other")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return self._scalar(cast("yaml.ScalarEvent", event), place)

    def _sequence(self, place: Place) -> Plain:
        read: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            read.append(self._value(event, (*place, len(read))))
        return read

    def _mapping(self, place: Place) -> Plain:
        read: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            _refuse_what_is_not_plain(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise HostileError(f"line {_line(event)}: a field's name is not text")
            name = str(event.value)
            if name == "<<" and event.style is None:
                raise HostileError(f"line {_line(event)}: merge keys (<<) are not read", hint="write the fields out")
            here = (*place, name)
            if name in read:
                self._complain(here, f"{name[:60]} is written twice, first on line {self.lines[here]}", event)
            else:
                self.lines[here] = _line(event)
            read[name] = self._value(next(self.events), here)
        return read

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Plain:
        text = str(event.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._complain(place, "half a character is escaped here", event)
            return None
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if not _NUMBER.fullmatch(text):
            if _NOT_FINITE.fullmatch(text):
                self._complain(place, f"{_name(place)} is {text}; a number here is finite", event)
                return None
            return text
        # Python reads numbers of thousands of digits in quadratic time, or not at all.
        number = int(text) if _INTEGER.fullmatch(text) and len(text) < 40 else float(text)
        if not math.isfinite(number):
            self._complain(place, f"{_name(place)} is greater than any number that a computer holds", event)
            return None
        return number

    def _complain(self, place: Place, sentence: str, event: yaml.Event) -> None:
        self.problems.append(Problem(place, sentence, _line(event)))


def _refuse_what_is_not_plain(event: yaml.Event) -> None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if isinstance(event, yaml.AliasEvent):
        raise HostileError(f"line {_line(event)}: aliases (*{str(anchor)[:60]}) are not read", hint="write it out")
    if anchor:
        raise HostileError(f"line {_line(event)}: anchors (&{str(anchor)[:60]}) are not read", hint="leave it out")
    if tag:
        raise HostileError(f"line {_line(event)}: the tag {str(tag)[:60]} is not read", hint="write plain values")


def _name(place: Place) -> str:
    return ".".join(str(part)[:60] for part in place)


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else int(event.start_mark.line) + 1


def _not_yaml(error: yaml.YAMLError) -> HostileError:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
    where = f"line {mark.line + 1}: " if mark is not None else ""
    hint = "indent with spaces: YAML has no tabs there" if "\\t" in problem else "quote text that has : # or - in it"
    return HostileError(f"{where}it is not YAML: {problem[:120]}", hint=hint)
