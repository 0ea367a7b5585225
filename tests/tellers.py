"""A function that tells its secrets in every way that a handler can, for tests that look for them afterwards."""

import os
import threading

from pydantic import Field, SecretStr

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, function

NAMES = ("TOKEN", "LATER", "API_KEY")


class Told(Settings):
    """Set from the environment as ``TELL_...``."""

    password: SecretStr = Field(default=SecretStr("long enough to be one"), min_length=12)


def secret() -> str:
    return " ".join(os.environ[name] for name in NAMES)


def fail() -> None:
    raise RuntimeError(secret())


@function(settings=Told)
def tell(event: ObjectCreated, ctx: Context[Told]) -> None:
    """Do what the content says, with the secrets in it."""
    match ctx.fetch(event).read_bytes():
        case b"raise":
            fail()
        case b"cut":  # in the middle of the last secret, wherever a message may be cut
            raise RuntimeError("x" * 470 + secret())
        case b"reject":
            raise Rejected(f"{secret()} is wrong", hint=f"not {secret()}")
        case b"chain":
            try:
                fail()
            except RuntimeError as error:
                raise ValueError(f"because of {secret()}") from error
        case b"thread":
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
        case b"exit":
            raise SystemExit(secret())
    ctx.log.warning("the secrets are %s", secret(), extra={"secret": secret()})
    try:
        fail()
    except RuntimeError:
        ctx.log.exception("a secret")
    ctx.output(f"{event.name}.copy").write_bytes(b"done")
