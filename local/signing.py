"""Signing keys of the embedded plane: a function that needs one is given the file's name, and no other function is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fdl import Service

KEY_FILE = "SIGN_BOM_KEY_FILE"
NAME = "sign-bom"


def signing_environment(service: Service, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Give what a worker of ``service`` is told of the key to sign with; makes one in ``home`` where there is none.

    Only a service whose FDL asks for the secret ``SIGN_BOM_KEY_FILE`` without giving it is told of one.
    """
    secret = service.secrets.get(KEY_FILE)
    if secret is None or secret.get_secret_value() or environ.get(KEY_FILE):
        return {}
    from functions.trust.keyring import KeyRing  # needs the group sign-bom

    ring = KeyRing(home / "keys")
    if not ring.private(NAME).exists():
        ring.new(NAME, algorithm="ecdsa-p256", now=datetime.now(UTC))
    return {KEY_FILE: str(ring.private(NAME).absolute())}
