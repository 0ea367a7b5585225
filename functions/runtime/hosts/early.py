"""What a host begins before its own imports: the handler's process, by what a service's description plainly says.

A guess, made without Pydantic and without a check, so that both processes start at once: whoever has read the
description with care afterwards begins another process if it was wrong (``Children``).
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from functions.runtime.start import SCRIPTS, UNWALLED, Begun, begin, told

LARGEST = 256 * 1024
"""Bytes of an FDL file."""
_AS_WRITTEN = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Every scalar is the text that was written, as where FDL is read with care."""


def begin_early(described: Mapping[str, Any], environ: Mapping[str, str], *, function: str = "") -> Begun | None:
    """Begin the handler's process of a service; None where that takes a closer look."""
    found = guess(described, environ, function=function)
    with suppress(OSError):  # no memory, say: who comes to need the process says so
        return begin(*found) if found else None
    return None


def guess(
    described: Mapping[str, Any], environ: Mapping[str, str], *, function: str = ""
) -> tuple[str, dict[str, str]] | None:
    """Give which function a service is likely to run and in which environment; None where it is not plain."""
    given, name = described.get("environment") or {}, described.get("name")
    if not isinstance(given, Mapping) or not isinstance(name, str):
        return None
    variables = _plain(given.get("variables", given.get("Variables")))
    secrets = _plain(given.get("secrets", given.get("Secrets")))
    if variables is None or secrets is None:
        return None
    if {**environ, **variables}.get("NORIA_ISOLATION", "") not in UNWALLED:
        return None
    found = told(name, with_function(variables, function), secrets, environ)
    return None if found[0] == SCRIPTS else found  # a script's function is told more than this


def with_function(variables: Mapping[str, str], function: str) -> dict[str, str]:
    """Give a service's variables with the function that its script names; the service's own word is stronger."""
    return ({"NORIA_FUNCTION": function} if function else {}) | dict(variables)


def described_in(path: str, name: str) -> Mapping[str, Any]:
    """Find what an FDL file says of a service of OSCAR's; nothing where it is not plain to see."""
    try:
        with Path(path).open("rb") as file:
            content = yaml.load(file.read(LARGEST), Loader=_AS_WRITTEN)  # noqa: S506 - it makes nothing but text
        services = [service for entry in content["functions"]["oscar"] for service in entry.values()]
        return next(each for each in services if isinstance(each, dict) and each.get("name") == name)
    except (OSError, yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        return {}


def _plain(given: object) -> dict[str, str] | None:
    """Give a mapping of text to text; None for anything else."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(each, str) for pair in given.items() for each in pair):
        return None
    return given
