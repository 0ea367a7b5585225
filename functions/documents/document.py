"""YAML or JSON that a stranger wrote, to plain values with the line of each; nothing in it is ever constructed.

The events of PyYAML's parser are read as YAML 1.2 means them (its core schema, section 10.3): ``1e-3`` is a number and
a column named ``no`` is text. What can make a small file large (anchors, aliases, merge keys) or alive (tags) ends the
reading where it is met, before the rest of the file is looked at; files that programs write may have aliases, so many.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import yaml

from functions.documents import strict
from functions.runtime.errors import Rejected

LARGEST = 256 * 1024
DEEPEST = 16
UNFOLDED = 20_000
"""Values that all aliases of a document may stand for together, where aliases are read."""
ADVICE = "write one field a line, such as name: value"

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


def parse(
    text: str,
    *,
    largest: int = LARGEST,
    advice: str = "write one field a line, such as name: value",
    aliases: bool = False,
) -> Document:
    """Read one YAML (or JSON) document of plain values, of at most ``largest`` bytes.

    ``advice`` is the hint for who gave a file without a field. With ``aliases`` they are read, as far as they stand
    for at most ``UNFOLDED`` values: ``yaml.dump`` writes them for what a program has in two places.

    Raises:
        HostileError: It is not YAML, too large or too deep, or has anchors, aliases, merge keys or tags.
    """
    if len(text) > largest or len(text.encode("utf-8", "surrogatepass")) > largest:
        raise HostileError(f"it is larger than {largest // 1024} KiB", hint="it describes things, it has none in it")
    reader = _Reader(yaml.parse(text, Loader=yaml.SafeLoader), aliases=aliases)
    try:
        content = reader.document()
    except yaml.YAMLError as error:
        raise _not_yaml(error) from None
    if content is None:
        raise HostileError("it is empty", hint=advice)
    if not isinstance(content, dict):
        raise HostileError("it is not a mapping of fields", hint=advice)
    return Document(content, reader.lines, reader.problems)


def is_text(scalar: str) -> bool:
    """Say whether ``scalar`` is read as text where nothing quotes it, and not as a number, a boolean or nothing."""
    return not (scalar in _WORDS or _NUMBER.fullmatch(scalar) or _NOT_FINITE.fullmatch(scalar))


def parse_json(text: str, *, largest: int = LARGEST) -> Document:
    """Read one JSON object (RFC 8259), of at most ``largest`` bytes; its places have no lines.

    Raises:
        HostileError: It is not JSON with one meaning, too large or too deep.
    """
    if len(text) > largest or len(text.encode("utf-8", "surrogatepass")) > largest:
        raise HostileError(f"it is larger than {largest // 1024} KiB", hint="it describes things, it has none in it")
    try:
        content = strict.loads(text)
    except strict.NotStrictError as error:
        place = _whereabouts(text, kind=error.kind)
        raise HostileError(f"{_name(place)}: {error}" if place else str(error)) from None
    if not isinstance(content, dict):
        raise HostileError("it is not an object with fields", hint="write { and } around the fields")
    if "\\ud" in text.lower() and (place := _half(content)):
        raise HostileError(f"{_name(place)}: half a character is escaped here")
    return Document(content)


class _Object(dict[str, Plain]):
    """An object of JSON; ``twice`` is a name that it has twice."""

    def __init__(self, pairs: list[tuple[str, Plain]]) -> None:
        super().__init__()
        self.twice: str | None = None
        for name, value in pairs:
            if name in self:
                self.twice = name
            self[name] = value


def _whereabouts(text: str, *, kind: str) -> Place | None:
    """Give the place in a JSON text of a name that an object has twice, or else of the first number that is none."""
    try:
        waiting: list[tuple[Place, Plain]] = [((), json.loads(text, object_pairs_hook=_Object, parse_int=float))]
    except (ValueError, RecursionError):
        return None
    while waiting:
        place, value = waiting.pop()
        if kind == "twice" and isinstance(value, _Object) and value.twice is not None:
            return (*place, value.twice)
        if kind == "json" and isinstance(value, float) and not math.isfinite(value):
            return place
        waiting += [((*place, name), each) for name, each in _inside(value)][::-1]
    return None


def _half(content: Plain) -> Place | None:
    """Give the first place with half of a character, which no file could be written with."""
    waiting: list[tuple[Place, Plain]] = [((), content)]
    while waiting:
        place, value = waiting.pop()
        if any(isinstance(each, str) and _is_half(each) for each in (value, *place[-1:])):
            return place
        waiting += [((*place, name), each) for name, each in _inside(value)][::-1]
    return None


def _inside(value: Plain) -> Iterable[tuple[str | int, Plain]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _is_half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class _Reader:
    """One walk along the events; what is wrong is collected, what is hostile ends it."""

    def __init__(self, events: Iterator[yaml.Event], *, aliases: bool) -> None:
        self.events = events
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.aliases = aliases
        self.anchored: dict[str, Plain] = {}
        self.unfolded = 0

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
        if self.aliases and isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        anchor = getattr(event, "anchor", None)
        _refuse_what_is_not_plain(event, anchors=self.aliases)
        value = self._plain(event, place)
        if anchor:
            self.anchored[str(anchor)] = value
        return value

    def _alias(self, event: yaml.AliasEvent, place: Place) -> Plain:
        name = str(event.anchor)
        if name not in self.anchored:
            raise HostileError(f"line {_line(event)}: *{name[:60]} stands for nothing that is finished before it")
        value = self.anchored[name]
        size, depth = _extent(value)
        self.unfolded += size
        if self.unfolded > UNFOLDED:
            raise HostileError(f"line {_line(event)}: the aliases up to here stand for more than {UNFOLDED:,} values")
        if len(place) + depth > DEEPEST:
            raise HostileError(f"line {_line(event)}: more than {DEEPEST} levels lie inside each other")
        self.lines.setdefault(place, _line(event))
        return value

    def _plain(self, event: yaml.Event, place: Place) -> Plain:
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
        if _is_half(text):
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


def _extent(value: Plain) -> tuple[int, int]:
    """Give how many values ``value`` is made of, itself too, and how many levels lie inside each other."""
    if not isinstance(value, dict | list):
        return 1, 0
    inner = [_extent(each) for each in (value.values() if isinstance(value, dict) else value)]
    return 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)


def _refuse_what_is_not_plain(event: yaml.Event, *, anchors: bool = False) -> None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if isinstance(event, yaml.AliasEvent):
        raise HostileError(f"line {_line(event)}: aliases (*{str(anchor)[:60]}) are not read", hint="write it out")
    if anchor and not anchors:
        raise HostileError(f"line {_line(event)}: anchors (&{str(anchor)[:60]}) are not read", hint="leave it out")
    if tag:
        raise HostileError(f"line {_line(event)}: the tag {str(tag)[:60]} is not read", hint="write plain values")


def _name(place: Place) -> str:
    parts = [str(part)[:60] for part in place]
    return ".".join(part if part.isprintable() else ascii(part) for part in parts)


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else int(event.start_mark.line) + 1


def _not_yaml(error: yaml.YAMLError) -> HostileError:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
    where = f"line {mark.line + 1}: " if mark is not None else ""
    hint = "indent with spaces: YAML has no tabs there" if "\\t" in problem else "quote text that has : # or - in it"
    return HostileError(f"{where}it is not YAML: {problem[:120]}", hint=hint)
