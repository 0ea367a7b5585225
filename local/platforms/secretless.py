"""An FDL file as it may lie where others read it: in an image, in a ConfigMap. What is secret keeps its name alone."""

from collections.abc import Iterator
from typing import Any

import yaml

from fdl.document import without_trailing_tabs
from fdl.naming import is_secret

_KEYS = ("storage_providers", "clusters", "token")
"""What a host does not need, since it is told of the store otherwise, and what may have keys in it."""


def secretless(text: str, *, scripts: dict[str, str] | None = None) -> str:
    """Give the FDL without secrets' values; a host takes them from its environment, by the same names.

    Args:
        text: FDL that can be read.
        scripts: Where a service's script lies now, by the service's name; others stay as written.
    """
    document = yaml.safe_load(without_trailing_tabs(text))
    _drop(document)
    for service in _services(document):
        _drop(service)
        if service.get("name") in (scripts or {}):
            service["script"] = (scripts or {})[service["name"]]
        for holder in (service, service.get("container") or {}):
            if holder.get("environment"):
                holder["environment"] = _environment(holder["environment"])
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _services(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    functions = document["functions"]
    for entry in functions.get("oscar") or ():
        yield from entry.values()
    for entry in functions.get("aws") or ():
        yield entry["lambda"]
        yield entry.get("batch") or {}


def _drop(mapping: dict[str, Any]) -> None:
    for key in _KEYS:
        mapping.pop(key, None)


def _environment(given: dict[str, Any]) -> dict[str, Any]:
    """Empty the secrets, and make secrets of the variables whose names say that they are."""
    variables = {k: v for each in ("variables", "Variables") for k, v in (given.get(each) or {}).items()}
    secrets = [name for each in ("secrets", "Secrets") for name in given.get(each) or {}]
    secrets += [name for name in variables if is_secret(name)]
    plain = {name: value for name, value in variables.items() if not is_secret(name)}
    return {"Variables": plain, "Secrets": dict.fromkeys(secrets, "")}
