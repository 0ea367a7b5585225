"""Object keys as notifications carry them: escaped like a form field, decoded once and only here.

MinIO escapes with Go's ``url.QueryEscape`` (letters, digits and ``-_.~`` stay, a space becomes ``+``), RustFS with
Rust's ``form_urlencoded`` (``*`` stays too, ``~`` does not), AWS much the same but leaves ``/`` alone (minio#11665).
"""

import re
from urllib.parse import quote_plus, unquote_plus

_ESCAPED = re.compile(r"(?:[A-Za-z0-9\-_.~*+]|%[0-9A-Fa-f]{2})*")


def encode(key: str) -> str:
    """Escape a key as Go's ``url.QueryEscape`` does: ``in/a b+ü.jpg`` is ``in%2Fa+b%2B%C3%BC.jpg``."""
    return quote_plus(key)


def decode(escaped: str) -> str:
    """Give the key as it was uploaded.

    Raises:
        UnicodeDecodeError: The bytes are not UTF-8, as every S3 key is; replacing them would name another object.
    """
    return unquote_plus(escaped, errors="strict")


def is_escaped(key: str) -> bool:
    """Whether MinIO or RustFS can have written ``key`` escaped: then it has no slash, for that becomes ``%2F``."""
    return _ESCAPED.fullmatch(key) is not None
