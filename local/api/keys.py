"""API keys: who may do what. A key is shown once, when it is made; its SHA-256 is what is kept.

A key has 256 random bits, so that a plain digest of it can be neither guessed nor searched for: the slow digests that
passwords need would only make every request slow.
"""

import fcntl
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.service import write_private

Scope = Literal["submit", "read", "cancel", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_KEY = re.compile(r"noria_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


class ApiKey(BaseModel):
    """One key as it is kept; ``sha256`` is of the whole key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created: AwareDatetime
    expires: AwareDatetime | None = None
    revoked: AwareDatetime | None = None

    def may(self, scope: Scope) -> bool:
        """Tell whether the key lets its bearer do this; ``admin`` may do everything."""
        return scope in self.scopes or "admin" in self.scopes

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it has neither expired nor been revoked."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass
class KeyFile:
    """The keys in one private file, read again whenever it has changed: who runs already refuses a revoked key too."""

    path: Path
    _read: tuple[tuple[int, ...], dict[str, ApiKey]] = field(default=((), {}))

    @classmethod
    def of(cls, home: Path) -> Self:
        """Give the keys of a home, ``.noria``."""
        return cls(home / "api-keys.json")

    def new(self, name: str, scopes: Sequence[Scope], expires: datetime | None = None) -> tuple[ApiKey, str]:
        """Make a key; gives what is kept of it, and the key itself."""
        id_, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"noria_{id_}_{secret}"
        key = ApiKey(
            id=id_,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            created=datetime.now(UTC),
            expires=expires,
        )
        with self._changing() as known:
            known[id_] = key
        return key, text

    def revoke(self, wanted: str) -> ApiKey:
        """End the key with this id, or name where only one has it.

        Raises:
            Rejected: There is none, or more than one.
        """
        with self._changing() as known:
            found = [key for key in known.values() if wanted in {key.id, key.name} and key.revoked is None]
            if len(found) != 1:
                names = [part for key in known.values() if key.revoked is None for part in (key.id, key.name)]
                what = f"{len(found)} keys are named {wanted!r}" if found else f"there is no key {wanted!r}"
                near = "" if found else nearest(wanted, names)
                raise Rejected(f"{what}{near}", hint="noria api key list shows their ids")
            ended = found[0].model_copy(update={"revoked": datetime.now(UTC)})
            known[ended.id] = ended
        return ended

    def all(self) -> list[ApiKey]:
        """List the keys, the oldest first."""
        return sorted(self._known().values(), key=lambda key: key.created)

    def bearer(self, text: str) -> ApiKey | None:
        """Give the key that ``text`` is, if it is one that counts; takes as long for a wrong one as for a right one."""
        form = _KEY.fullmatch(text)
        key = self._known().get(form[1]) if form else None
        given = hashlib.sha256(text.encode()).hexdigest()
        is_right = hmac.compare_digest(given, key.sha256 if key else _NOBODY)
        return key if key and is_right and key.is_valid(datetime.now(UTC)) else None

    def _known(self) -> dict[str, ApiKey]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return {}
        version = found.st_mtime_ns, found.st_ino, found.st_size  # two changes may have one time: clocks are coarse
        if version != self._read[0]:
            self._read = version, self._parsed()
        return self._read[1]

    def _parsed(self) -> dict[str, ApiKey]:
        try:
            keys = [ApiKey.model_validate(each) for each in json.loads(self.path.read_text())["keys"]]
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise Rejected(
                f"{self.path} is not a file of API keys", hint="mend it, or delete it and make keys"
            ) from error
        return {key.id: key for key in keys}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        """Let one program at a time change the file."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._parsed() if self.path.exists() else {}
            yield known
            write_private(
                self.path, json.dumps({"keys": [k.model_dump(mode="json") for k in known.values()]}, indent=2)
            )
