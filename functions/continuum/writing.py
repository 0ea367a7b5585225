"""The files of an application as text: YAML, or JSON, that the readers here and upstream's read as the same values."""

import json
from typing import Any, TypeAlias

import yaml

from functions.continuum.model import Model, Root
from functions.documents.document import Plain, is_text

Content: TypeAlias = Model | Root[Any] | dict[str, Any]
"""A file's content, or its plain values."""


class _Dumper(yaml.SafeDumper):
    """Writes all values out, without aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return isinstance(data, object)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # PyYAML asks YAML 1.1 whether text must be quoted; in 1.2 a component called 1e5 or 08 would be a number.
    style = None if is_text(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(content: Content) -> str:
    """Give a file's content as YAML, its fields in their order."""
    return yaml.dump(_numbered(_plain(content)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def json_text(content: Content) -> str:
    """Give a file's content as JSON."""
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(content: Content) -> dict[str, Any]:
    return content if isinstance(content, dict) else content.plain()


def _numbered(plain: Plain) -> object:
    """Give plain values with layers' numbers as numbers where they name fields, as upstream's YAML has them."""
    if isinstance(plain, dict):
        return {int(key) if _is_number(key) else key: _numbered(value) for key, value in plain.items()}
    return [_numbered(value) for value in plain] if isinstance(plain, list) else plain


def _is_number(key: str) -> bool:
    return key.isdecimal() and key.isascii() and (key == "0" or key[0] != "0")
