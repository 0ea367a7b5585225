"""Small changes to a file's content, each with what a reader that means what it says must make of it.

A change either must be refused, or may be read: then what is read has to be what the file now says.
"""

import copy
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import yaml

Place = tuple[str | int, ...]
Patterns = tuple[str, ...]


@dataclass(frozen=True)
class Loose:
    """Where a format leaves a choice; patterns such as ``System.components.*``, one word or ``*`` a level.

    Attributes:
        free: Names of fields that the file's author makes up.
        optional: Fields that may be left out.
        nullable: Fields, other than those, that may have nothing in them.
        text: Texts that may be any other.
        kinds: Fields that take values of other kinds too: n(umber), t(ext), b(oolean), l(ist), m(apping).
        signed: Numbers that may be negative.
        crowded: Fields beside names that are made up: a misspelt one is taken for such a name.
        raw: Texts that may have characters which nobody can see: secrets.
    """

    free: Patterns = ()
    optional: Patterns = ()
    nullable: Patterns = ()
    text: Patterns = ()
    kinds: dict[str, str] = field(default_factory=dict)
    signed: Patterns = ()
    raw: Patterns = ()
    crowded: Patterns = ()


@dataclass(frozen=True)
class Mutation:
    """One changed content.

    Attributes:
        kind: What was done.
        place: Where, in the content before.
        content: All of it, after.
        refused: Whether it must be refused; if not it may be.
        word: A word that the refusal has to have: the name that was meant.
        names: What had a name there, or was one: others may miss it.
    """

    kind: str
    place: Place
    content: Any
    refused: bool
    word: str = ""
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} at {dotted(self.place)}"


def dotted(place: Place) -> str:
    """Give a place as sentences have it."""
    return ".".join(str(part) for part in place)


def matches(place: Place, patterns: Patterns) -> bool:
    """Say whether a place is of one of the patterns; ``**`` at the end stands for all below."""
    for pattern in patterns:
        words = pattern.split(".")
        if words[-1] == "**" and len(place) >= len(words) - 1:
            words = words[:-1] + ["*"] * (len(place) - len(words) + 1)
        if len(words) == len(place) and all(w in ("*", str(p)) for w, p in zip(words, place, strict=True)):
            return True
    return False


def mutations(content: Any, loose: Loose) -> Iterator[Mutation]:
    """Give every change of every kind at every place, in order."""
    for place, value in _places(content):
        names = (str(place[-1]), *_names(value))
        for kind in (_removed, _misspelt, _of_other_kinds, _other_numbers, _other_text, _longer):
            yield from (replace(each, names=names) for each in kind(content, place, value, loose))


def misnamed(content: Any, known: frozenset[str]) -> Iterator[tuple[Place, Any]]:
    """Give each change of one known name, as a field's or as a text, to one that nothing has; its place first."""
    for place, value in _places(content):
        if isinstance(value, str) and value in known:
            yield place, replaced(content, place, f"{value}x")
        if isinstance(place[-1], str) and place[-1] in known:
            yield place, changed(content, place, lambda node, key: _rename(node, key, f"{key}x"))


def _rename(node: Any, name: str | int, other: str) -> None:
    items = [(other if each == name else each, inner) for each, inner in node.items()]
    node.clear()
    node.update(items)


def drawn(content: Any, loose: Loose, *, count: int, draw: random.Random) -> list[Mutation]:
    """Give ``count`` of them, drawn so that every kind is there."""
    by_kind: dict[str, list[Mutation]] = {}
    for each in mutations(content, loose):
        by_kind.setdefault(each.kind, []).append(each)
    for each_kind in by_kind.values():
        draw.shuffle(each_kind)
    queues = list(by_kind.values())
    found: list[Mutation] = []
    while len(found) < count and any(queues):
        found += [queue.pop() for queue in queues if queue]
    return found[:count]


def _places(content: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*place, key), value
        yield from _places(value, (*place, key))


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for place, inner in _places(value):
        yield from (str(each) for each in (place[-1], inner) if isinstance(each, str))


def changed(content: Any, place: Place, change: Callable[[Any, str | int], None]) -> Any:
    """Give a copy in which ``change`` was done to what holds the place."""
    new = copy.deepcopy(content)
    node = new
    for part in place[:-1]:
        node = node[part]
    change(node, place[-1])
    return new


def replaced(content: Any, place: Place, value: Any) -> Any:
    """Give a copy with another value at the place."""
    return changed(content, place, lambda node, key: node.__setitem__(key, value))


def _removed(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    may = isinstance(place[-1], int) or matches(place, loose.optional) or matches(place, loose.free)
    yield Mutation("removed", place, changed(content, place, lambda node, key: node.__delitem__(key)), not may)


def _misspelt(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    key = place[-1]
    if not isinstance(key, str):
        return
    free = matches(place, loose.free)
    for wrong in _near(key):
        word = key if len(key) > 4 and not free and not matches(place, loose.crowded) else ""
        yield Mutation("misspelt", place, changed(content, place, partial(_rename, other=wrong)), not free, word)
    if not free:
        surplus = changed(content, place, lambda node, _: node.__setitem__("unheard-of", 1))
        yield Mutation("surplus", (*place[:-1], "unheard-of"), surplus, refused=True)


def _near(word: str) -> list[str]:
    if not word:
        return ["x"]
    middle = len(word) // 2
    swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :] if len(word) > 2 else word + "x"
    return [each for each in (word[:-1], swapped, word + word[-1]) if each and each != word]


_OTHERS: dict[str, list[Any]] = {
    "n": [7],
    "t": ["word", "12", ""],
    "b": [True],
    "l": [[], [1, "a"]],
    "m": [{}, {"a": 1}],
}


def kind_of(value: object) -> str:
    """Give the letter of a value's kind."""
    if isinstance(value, bool) or value is None:
        return "b" if value is not None else "0"
    return {int: "n", float: "n", str: "t", list: "l", dict: "m"}[type(value)]


def _of_other_kinds(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    own = kind_of(value)
    allowed = own + "".join(kinds for pattern, kinds in loose.kinds.items() if matches(place, (pattern,)))
    for kind, others in _OTHERS.items():
        if kind != own:
            for other in others:
                yield Mutation(f"a {own} as {kind}", place, replaced(content, place, other), kind not in allowed)
    may = matches(place, loose.nullable) or matches(place, loose.optional)
    yield Mutation("nothing", place, replaced(content, place, None), not may)


def _other_numbers(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    if kind_of(value) != "n":
        return
    assert isinstance(value, int | float)
    for number in (math.nan, math.inf, -math.inf):
        yield Mutation("not finite", place, replaced(content, place, number), refused=True)
    yield Mutation("huge", place, replaced(content, place, 10**400), refused=True)
    signed = matches(place, loose.signed)
    yield Mutation("negative", place, replaced(content, place, -value - 1), refused=not signed)
    for other in (0, value + 0.5, value * 3, 1e-9, 1e15):
        yield Mutation("number", place, replaced(content, place, other), refused=False)


def _other_text(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    if not isinstance(value, str):
        return
    may = matches(place, loose.text)
    for wrong in _near(value):
        yield Mutation("other text", place, replaced(content, place, wrong), refused=not may)
    yield Mutation("control", place, replaced(content, place, value + "\x07"), refused=not matches(place, loose.raw))
    yield Mutation("long", place, replaced(content, place, (value or "x") * 20_000), refused=True)


def _longer(content: Any, place: Place, value: object, loose: Loose) -> Iterator[Mutation]:
    deep: Any = value
    for _ in range(40):
        deep = [deep]
    yield Mutation("deep", place, replaced(content, place, deep), refused=True)
    if isinstance(value, list) and value:
        yield Mutation("twice", place, replaced(content, place, [*value, value[0]]), refused=False)
        yield Mutation("emptied", place, replaced(content, place, []), refused=False)
        yield Mutation("turned", place, replaced(content, place, value[::-1]), refused=False)


_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def as_text(content: Any, *, json_file: bool) -> str:
    """Give the file; numbers that are none are written as each format has them."""
    if json_file:
        return json.dumps(content, indent=2)
    return yaml.dump(content, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine to the ninth values in 500 characters."""


def texts(text: str, *, draw: random.Random, count: int) -> Iterator[tuple[str, bytes, bool]]:
    """Give changed files as bytes: what was done, the file, whether it must be refused."""
    first = text.split("\n", 1)[0]
    yield "empty", b"", True
    yield "nothing", b"null\n", True
    yield "a list", b"[1, 2]\n", True
    yield "a word", b"word\n", True
    yield "a comment", b"# nothing\n", True
    yield "a second document", f"{text}\n---\n{text}".encode(), True
    yield "all twice", f"{text}\n{text}".encode(), True
    yield "UTF-16", text.encode("utf-16"), True
    yield "Latin-1", text.replace("e", "é", 1).encode("latin-1"), True
    yield "a zero byte", text.encode() + b"\0", True
    yield "a bomb", BOMB.encode(), True
    yield "a bomb beside it", f"{BOMB}{text}".encode(), True
    yield "tags", f"x: !!python/object/apply:os.system ['true']\n{text}".encode(), True
    yield "merge keys", f"x: &x {{a: 1}}\ny:\n  <<: *x\n{text}".encode(), True
    yield "an alias of itself", f"x: &x [*x]\n{text}".encode(), True
    yield "deep", ("[" * 100_000).encode(), True
    yield "deep mappings", ("{a: " * 5_000).encode(), True
    yield "deep blocks", "".join(f"{' ' * level}a:\n" for level in range(300)).encode(), True
    yield "long digits", f"{first.rstrip('{')} {'9' * 5000}\n".encode(), True
    yield "huge", text.encode() + b"\n#" + b" " * (16 * 1024 * 1024), True
    for _ in range(count):
        at = draw.randrange(len(text))
        yield "cut off", text[:at].encode(), False
        yield "a character less", (text[:at] + text[at + 1 :]).encode(), False
        yield (
            "a character more",
            (text[:at] + draw.choice("{}[]:,-#&*!|>'\"%@`\t\n 0ax\u2028") + text[at:]).encode(),
            False,
        )
        line = draw.choice(text.split("\n"))
        yield "a line twice", text.replace(line, f"{line}\n{line}", 1).encode(), False
        data = bytearray(text.encode())
        data[at] = draw.randrange(128, 256)
        yield "a byte that is none", bytes(data), True
