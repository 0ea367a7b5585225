"""Marks: the place of a row in a list that goes on in pages, which stays its place whatever is added before."""

from functions.runtime.errors import Rejected
from local.dashboard.rows import Row


def mark(row: Row) -> str:
    """Name the place of a row."""
    return f"{row.at!r}~{row.name}"


def marked(text: str) -> tuple[float, str]:
    """Read a mark.

    Raises:
        Rejected: It is none.
    """
    at, _, name = text.partition("~")
    try:
        return float(at), name
    except ValueError:
        raise Rejected("this is no page of the list", hint="begin again with the newest") from None
