"""Keys of services elsewhere, from a file in the form of ``.noria/credentials.json``."""

import json
from pathlib import Path
from typing import Any

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.credentials import Keys

FIELDS = ("access_key", "secret_key", "password")
_FORM = "write {SERVICE: {access_key: ..., secret_key: ..., password: ...}}; the password is the broker's"
_LARGEST = 1 << 20


def read_keys(path: Path) -> dict[str, Keys]:
    """Read each service's keys to the store, and its password at the broker where there is one.

    Raises:
        Rejected: The file cannot be used; no value of it is in the sentence.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise Rejected(f"{path} is too large for a file of keys", hint=_FORM)
        found = json.loads(path.read_text())
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Rejected(f"{path} is no JSON", hint=_FORM) from None
    if not isinstance(found, dict):
        raise Rejected(f"{path} is no mapping of services", hint=_FORM)
    return {name: _keys(path, name, given) for name, given in found.items()}


def _keys(path: Path, name: str, given: Any) -> Keys:  # noqa: ANN401 - JSON
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise Rejected(f"{path}: the keys of {name} are no mapping of text", hint=_FORM)
    for field in given:
        if field not in FIELDS:
            raise Rejected(f"{path}: {field[:80]} of {name} is not known{nearest(field, FIELDS)}", hint=_FORM)
    if bool(given.get("access_key")) != bool(given.get("secret_key")):
        raise Rejected(f"{path}: {name} has only one of access_key and secret_key", hint=_FORM)
    return Keys(given.get("access_key", ""), given.get("secret_key", ""), given.get("password", ""))
