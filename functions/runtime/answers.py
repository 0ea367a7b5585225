"""What the store's answers mean: the client's errors in the runtime's own words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError

from functions.runtime.errors import AccessDeniedError, ConflictError, MissingError, Rejected, StoreUnavailableError

REFUSED_KEYS = frozenset({"KeyTooLongError", "InvalidURI", "InvalidObjectName", "XMinioInvalidObjectName"})
DISTRUST = {"Expired": "it has expired", "Not": "it is for another host, or not valid yet"}
"""The first word of what the client says of a certificate, in words."""


@contextmanager
def verdicts(bucket: str, key: str) -> Iterator[None]:
    """Turn what the client raises into the runtime's own words; keys and secrets stay out of the message."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        if isinstance(error, FileNotFoundError) and error.filename:  # our own disk, not the store
            raise
        raise MissingError(f"{bucket}/{key} does not exist") from error
    except (AlreadyExistsError, PreconditionError) as error:
        raise ConflictError(f"{bucket}/{key} is not the version expected") from error
    except BaseError as error:
        answer = _answer(error)
        if answer in REFUSED_KEYS:
            raise Rejected(f"the store refuses a key: {answer}", hint="upload under a shorter, plainer key") from error
        if answer in {"NoSuchBucket", "NoSuchKey"}:
            raise MissingError(f"{bucket}/{key} does not exist") from error
        kind = AccessDeniedError if answer == "AccessDenied" else StoreUnavailableError
        raise kind(f"the store did not serve {bucket}/{key}: {answer}") from error
    except ValueError as error:
        if "Could not parse path" not in str(error):
            raise
        raise Rejected(
            f"the key {key!r} has a control character, which not every store serves", hint="upload it under another key"
        ) from None


def _answer(error: BaseError) -> str:
    """Give the store's own error code, or what the client says of the connection, without addresses and bodies."""
    text = str(error)
    if untrusted := re.search(r"InvalidCertificate\(\s*([A-Z][a-z]+)", text):
        return f"its certificate is not to be believed: {DISTRUST.get(untrusted[1], 'nobody trusted has signed it')}"
    code = re.search(r"<Code>(\w+)</Code>", text)
    return code[1] if code else text.split("\n", 1)[0].rpartition(" - ")[2][:200]
