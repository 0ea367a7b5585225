"""Key rings: a folder with private keys (mode 600), their public halves, and the key set that an auditor is given."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.trust.keys import Algorithm
from functions.trust.keyset import Entry, KeySet
from functions.trust.pem import PemSigner

KEY_SET = "keys.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SHORTEST = 8
"""Digits of a key's id that are enough to name it."""


@dataclass(frozen=True)
class KeyRing:
    """``<name>.pem`` is the key to sign with now; one that was replaced is ``<name>.<first 8 digits>.pem``."""

    folder: Path

    @property
    def key_set(self) -> KeySet:
        """Every key of the ring, the replaced and the revoked ones too."""
        file = self.folder / KEY_SET
        return KeySet.read(file) if file.exists() else KeySet()

    def new(
        self, name: str, *, algorithm: Algorithm, now: datetime, valid: timedelta | None = None, passphrase: bytes = b""
    ) -> Entry:
        """Make a key that is valid from now on.

        Raises:
            Rejected: There is one of this name, or the name is no file's.
        """
        with self._locked():
            if not NAME.fullmatch(name) or name.endswith(".pub"):
                raise Rejected(f"{name!r} is no name for a key", hint="use small letters, digits and hyphens")
            if self.private(name).exists():
                raise Rejected(f"there is a key {name} already", hint=f"noria keys rotate {name} replaces it")
            signer = PemSigner.new(algorithm)
            entry = _entry(signer, name, now, valid)
            self._keep(self.key_set.replaced(entry))
            self._write(name, signer, passphrase)
            return entry

    def rotate(
        self, name: str, *, now: datetime, overlap: timedelta, valid: timedelta | None = None, passphrase: bytes = b""
    ) -> tuple[Entry, Entry]:
        """Replace a key; for the overlap both are good. Gives the new one and the old one.

        Raises:
            Rejected: There is none of this name.
        """
        with self._locked():
            old = self.find(name)
            file = self.private(old.name)
            if not file.exists():
                raise Rejected(f"there is no private key {file} to replace")
            signer = PemSigner.new(old.key.algorithm)
            entry = _entry(signer, old.name, now, valid)
            ends = min(now + overlap, old.not_after or now + overlap)
            ended = old.model_copy(update={"not_after": ends, "name": f"{old.name}.{old.keyid[:SHORTEST]}"})
            self._keep(self.key_set.replaced(ended, entry))  # first, so that nothing is signed with a key nobody knows
            file.rename(self.private(ended.name))
            self._public(old.name).unlink(missing_ok=True)
            self._public(ended.name).write_text(old.public)
            self._write(old.name, signer, passphrase)
            return entry, ended

    def revoke(self, which: str, *, now: datetime, reason: str) -> Entry:
        """Take every signature of a key back, from whenever.

        Raises:
            Rejected: There is no such key, or it was revoked before.
        """
        with self._locked():
            entry = self.find(which)
            if entry.revoked_at:
                raise Rejected(f"the key {entry.keyid[:16]} was revoked before")
            revoked = entry.model_copy(update={"revoked_at": now, "reason": reason})
            self._keep(self.key_set.replaced(revoked))
            return revoked

    def find(self, which: str) -> Entry:
        """Look a key up by its name or the beginning of its id.

        Raises:
            Rejected: None is it, or several are.
        """
        keys = self.key_set.keys
        named = [each for each in keys if each.name == which]
        found = named or [each for each in keys if len(which) >= SHORTEST and each.keyid.startswith(which)]
        if len(found) != 1:
            known = nearest(which, [each.name for each in keys])
            wrong = "no key" if not found else "more than one key"
            raise Rejected(f"there is {wrong} {which!r} in {self.folder}{known}", hint="noria keys list")
        return found[0]

    def private(self, name: str) -> Path:
        """Where a private key lies."""
        return self.folder / f"{name}.pem"

    def _public(self, name: str) -> Path:
        return self.folder / f"{name}.pub.pem"

    def _write(self, name: str, signer: PemSigner, passphrase: bytes) -> None:
        handle = os.open(self.private(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(signer.pem(passphrase))
        self._public(name).write_text(signer.public.pem)

    def _keep(self, keys: KeySet) -> None:
        new = self.folder / f".{KEY_SET}"
        new.write_text(keys.json_text)
        new.replace(self.folder / KEY_SET)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _entry(signer: PemSigner, name: str, now: datetime, valid: timedelta | None) -> Entry:
    return Entry.of(signer.public, name=name, not_before=now, not_after=now + valid if valid else None)
