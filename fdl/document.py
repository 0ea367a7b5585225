"""YAML that a stranger may have written, to plain mappings, lists and text, with the line of each.

Every scalar stays the text that was written, so that ``1.0``, ``yes`` or ``0123`` in an environment variable reaches
the program as it stands in the file; what is a number is for the fields to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from fdl.errors import FdlError

LARGEST = 256 * 1024
_DEEPEST = 40
_MOST_NODES = 20_000

_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp", "value"))
_NULL = "tag:yaml.org,2002:null"

Place = tuple[str | int, ...]
Plain = None | str | list["Plain"] | dict[str, "Plain"]


@dataclass
class Document:
    """What a file says, and on which line (from 1) it says so."""

    content: Mapping[str, Plain]
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Give the line of ``place``, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def parse(text: str, source: str) -> Document:
    """Read one YAML document, bounded in size, depth and what its aliases unfold to.

    Raises:
        FdlError: It is not YAML, not one document, not a mapping, or larger than any FDL.
    """
    if len(text) > LARGEST:
        raise FdlError(
            source, [f"is larger than {LARGEST // 1024} KiB"], hint="an FDL file names scripts, not their text"
        )
    try:
        node = yaml.compose(without_trailing_tabs(text), Loader=yaml.SafeLoader)
    except RecursionError:
        raise FdlError(source, ["is nested too deeply"]) from None
    except yaml.YAMLError as error:
        raise _not_yaml(error, source) from None
    if node is None:
        raise FdlError(source, ["is empty"])
    reader = _Reader(source)
    content = reader.read(node, ())
    if reader.problems:
        raise FdlError(source, reader.problems)
    if not isinstance(content, dict):
        raise FdlError(source, ["is not a mapping with functions in it"])
    return Document(content, reader.lines)


class _Reader:
    """One walk over the nodes; what is wrong is collected, what is hostile ends it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: dict[Place, int] = {}
        self.problems: list[str] = []
        self._nodes = 0

    def read(self, node: yaml.Node, place: Place) -> Plain:
        self._nodes += 1
        line = node.start_mark.line + 1
        if len(place) > _DEEPEST or self._nodes > _MOST_NODES:
            raise FdlError(self.source, [f"line {line}: its aliases or levels unfold to more than any FDL has"])
        self.lines[place] = line
        if isinstance(node, yaml.MappingNode) and node.tag.endswith(":map"):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag.endswith(":seq"):
            return [self.read(child, (*place, number)) for number, child in enumerate(node.value)]
        if node.tag == _NULL:
            return None
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN_TAGS:
            return str(node.value)
        self.problems.append(f"line {line}: the tag {node.tag[:60]} is not read")
        return None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> Plain:
        read: dict[str, Plain] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            if name.tag.endswith(":merge"):
                self.problems.append(f"line {line}: merge keys (<<) are not read; write the fields out")
            elif not isinstance(name, yaml.ScalarNode):
                self.problems.append(f"line {line}: a name must be text")
            elif name.value in read:
                first = self.lines[(*place, name.value)]
                self.problems.append(f"line {line}: {name.value} is written twice, first on line {first}")
            else:
                read[name.value] = self.read(value, (*place, name.value))
                self.lines[(*place, name.value)] = line
        return read


def without_trailing_tabs(text: str) -> str:
    """Give YAML as PyYAML takes it: Go's reader, and so OSCAR, takes a tab at the end of a line."""
    return "\n".join(line.rstrip(" \t\r") if line.rstrip("\r").endswith("\t") else line for line in text.split("\n"))


def _not_yaml(error: yaml.YAMLError, source: str) -> FdlError:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
    where = f"line {mark.line + 1}: " if mark is not None else ""
    if "another document" in problem:
        return FdlError(
            source, [f"{where}a second document begins here"], hint="one file is one pipeline: split it at the ---"
        )
    hint = "indent with spaces: YAML has no tabs there" if "\\t" in problem else ""
    return FdlError(source, [f"{where}{problem}"], hint=hint)
