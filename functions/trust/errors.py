"""What trust code raises: a sentence for people and a code for machines."""

from functions.runtime.errors import Rejected


class TrustError(Rejected):
    """Something is not what a signature says, or cannot be believed; ``code`` is stable, ``E_KEY_UNKNOWN``."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
