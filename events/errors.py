"""What a document that cannot be read as events is told."""


class NotAnEvent(ValueError):  # noqa: N818 - a verdict on a document, named as callers say it
    """A document, or one record of it, is not an event about an object.

    Args:
        message: One sentence saying what is wrong.
        hint: What a person can do about it; empty when there is nothing to do.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
