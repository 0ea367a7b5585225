"""The two verdicts that a function or the runtime can give on purpose; everything unforeseen counts as ``TryAgain``."""

from typing import ClassVar


class FunctionError(Exception):
    """Base of everything raised on purpose.

    Args:
        message: One sentence saying what is wrong with this event.
        hint: What a person can do about it; empty when there is nothing to do.
    """

    retry: ClassVar[bool]

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Rejected(FunctionError):  # noqa: N818 - a verdict, named as the house style names it
    """This event can never succeed: it becomes a dead letter at once."""

    retry = False


class InputVanishedError(Rejected):
    """The object was deleted or overwritten before it was read."""


class SupersededError(InputVanishedError):
    """The object is not the one that was announced any more; its newer version has an event of its own."""


class CancelledError(Rejected):
    """A person does not want the run any more."""


class TryAgain(FunctionError):  # noqa: N818 - a verdict
    """Something outside is broken: deliver again, after ``delay`` seconds if given."""

    retry = True

    def __init__(self, message: str, *, hint: str = "", delay: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.delay = delay


class NotYetError(TryAgain):
    """It is not this event's turn: somebody else has to finish first. Deliver again; this was no attempt.

    Whoever raises it may say for how many seconds in all it is worth waiting, ``patience``.
    """

    def __init__(
        self, message: str, *, hint: str = "", delay: float | None = None, patience: float | None = None
    ) -> None:
        super().__init__(message, hint=hint, delay=delay)
        self.patience = patience


class StoreUnavailableError(TryAgain):
    """The object store did not answer, or answered that it cannot serve now."""


class AccessDeniedError(StoreUnavailableError):
    """The object store does not let these keys do that; a person may mend it."""


class MissingError(FunctionError):
    """There is no such object, or no such bucket."""

    retry = False


class ConflictError(FunctionError):
    """The object exists already, or is no longer the version that was named."""

    retry = False
