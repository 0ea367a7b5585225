"""Refusals: what the API answers when it does not do what it was asked to; one sentence, and what to do about it."""

from collections.abc import Mapping


class Refusal(Exception):  # noqa: N818 - a verdict, as in functions.runtime.errors
    """An answer that is no result.

    Args:
        status: The HTTP status.
        message: One sentence saying what is wrong with this request.
        hint: What its sender can do; empty when there is nothing to do.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, message: str, *, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})
