"""JSON that is signed or checked: read strictly, written in one way, its bytes checked before anything else."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from functions.documents import strict
from functions.trust.errors import TrustError

DEEPEST = 200
LIMIT = 64 * 2**20
"""Bytes; larger documents are no attestations."""


def parsed(data: bytes, name: str) -> dict[str, object]:
    """Read one JSON object; twice the same key, NaN and depth without end are refused.

    Raises:
        TrustError: ``E_NOT_JSON`` or ``E_DUPLICATE_KEY``.
    """
    if len(data) > LIMIT:
        raise TrustError("E_NOT_JSON", f"{name} is larger than {LIMIT >> 20} MiB")
    try:
        document = strict.loads(data, deepest=DEEPEST)
    except strict.NotStrictError as error:
        code = "E_DUPLICATE_KEY" if error.kind == "twice" else "E_NOT_JSON"
        raise TrustError(code, f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise TrustError("E_NOT_JSON", f"{name} is not a JSON object")
    return {**document}


def written(document: Mapping[str, object]) -> bytes:
    """Write a document in its one form: sorted keys, no white space, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def fields(document: object, name: str, known: Mapping[str, type], *, code: str) -> dict[str, object]:
    """Give a JSON object that has exactly the ``known`` fields, each of its type.

    Raises:
        TrustError: With ``code``, or ``E_UNSIGNED_FIELD`` for a field that is not known.
    """
    if not isinstance(document, dict):
        raise TrustError(code, f"{name} is not an object")
    extra = sorted(set(document) - set(known))
    if extra:
        raise TrustError("E_UNSIGNED_FIELD", f"{name} has a field that nothing vouches for: {extra[0]}")
    wrong = [field for field, kind in known.items() if not isinstance(document.get(field), kind)]
    if wrong:
        raise TrustError(code, f"{name} has no right {wrong[0]}")
    return {**document}


def encoded(data: bytes) -> str:
    """Write bytes as standard base64."""
    return base64.b64encode(data).decode()


def decoded(text: object, name: str) -> bytes:
    """Read standard base64 in its one form: two texts must not stand for the same bytes.

    Raises:
        TrustError: ``E_BASE64``.
    """
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or encoded(data) != text:
        raise TrustError("E_BASE64", f"{name} is not base64")
    return data


def safe_name(name: object) -> str:
    """Give a relative POSIX path as it stands, if a file of a folder can have it.

    Raises:
        TrustError: ``E_PATH``: it is absolute, leads out of the folder, or is not in its simplest form.
    """
    if (
        not isinstance(name, str)
        or not name
        or str(PurePosixPath(name)) != name
        or name.startswith("/")
        or ".." in PurePosixPath(name).parts
        or any(char in name for char in "\\\0")
        or name == "."
    ):
        raise TrustError("E_PATH", f"{name!r} is no name of a file in a folder")
    return name


def digest(value: object, name: str) -> str:
    """Give a SHA-256 in lower case hex digits.

    Raises:
        TrustError: ``E_DIGEST``.
    """
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise TrustError("E_DIGEST", f"{name} has no SHA-256 in 64 hex digits")
    return value
