"""Signing keys of the embedded plane: who signs is given the private key's file, who verifies the key set's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fdl import Service

PRIVATE, PUBLIC = "SIGN_BOM_KEY_FILE", "VERIFY_BOM_KEYS_FILE"
NAME = "sign-bom"


def signing_environment(service: Service, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Give what a worker of ``service`` is told of keys; makes one in ``home`` where there is none.

    Only a service is told whose FDL names ``SIGN_BOM_KEY_FILE`` or ``VERIFY_BOM_KEYS_FILE`` among its secrets without
    a value; what the environment says goes before.
    """
    wanted = [name for name in (PRIVATE, PUBLIC) if _is_open(name, service) and not environ.get(name)]
    if not wanted:
        return {}
    from functions.trust.keyring import KEY_SET, KeyRing  # needs the group sign-bom

    ring = KeyRing(home / "keys")
    if not ring.private(NAME).exists():
        ring.new(NAME, algorithm="ecdsa-p256", now=datetime.now(UTC))
    files = {PRIVATE: ring.private(NAME), PUBLIC: ring.folder / KEY_SET}
    return {name: str(files[name].absolute()) for name in wanted}


def _is_open(name: str, service: Service) -> bool:
    secret = service.secrets.get(name)
    return secret is not None and not secret.get_secret_value()
