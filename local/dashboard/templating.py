"""Templates: what strangers wrote is shown as they wrote it, and does nothing."""

import unicodedata
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER = Path(__file__).parent / "templates"
_KEPT = frozenset("\n\t")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what is not seen and yet changes how the text around it is read."""


def environment() -> Environment:
    """Make the environment that all pages share."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalised,
    )
    made.filters |= {
        "seconds": seconds,
        "bytes": in_bytes,
        "moment": moment,
        "number": number,
        "query": _query,
        "short": short,
    }
    return made


def visible(text: str) -> str:
    """Write out what a page would obey instead of showing it: controls, directions, halves of characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_plain(char) else char.encode("unicode_escape").decode() for char in text)


def _is_plain(char: str) -> bool:
    return char in _KEPT or unicodedata.category(char) not in _HIDDEN


def _finalised(value: object) -> object:
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def seconds(value: float | None) -> str:
    """Write a length of time: ``3 ms``, ``1.25 s``, ``4 min``, ``3.2 h``; nothing for None."""
    if value is None:
        return ""
    for limit, unit, places in ((0.9995, 1e-3, "{:.0f} ms"), (99.5, 1, "{:.2f} s"), (5400, 60, "{:.0f} min")):
        if value < limit:
            return places.format(value / unit)
    return f"{value / 3600:.1f} h" if value < 172_800 else f"{value / 86_400:.1f} d"


def in_bytes(value: float | None) -> str:
    """Write a size in binary units: ``512 B``, ``1.5 MiB``."""
    if value is None:
        return ""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def moment(value: datetime | None) -> str:
    """Write a moment in UTC to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else ""


def number(value: float | None) -> str:
    """Write a count or a measurement with at most four digits that tell something."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def short(text: str, most: int = 80) -> str:
    """Cut the middle out of a long text."""
    return text if len(text) <= most else f"{text[: most * 2 // 3]}…{text[-(most // 3) :]}"


def _query(path: str, **parameters: object) -> str:
    """Give an address with parameters, whatever characters they hold; empty ones are left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path
