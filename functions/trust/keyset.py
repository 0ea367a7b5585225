"""Key sets: the keys that an auditor trusts, from when to when, for what, and which were revoked (a JSON file)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from functions.trust.errors import TrustError
from functions.trust.keys import KeyFileError, PublicKey
from functions.trust.pem import contents

Role = Literal["sign-bom", "sign-model"]
"""What a key may sign: bills of materials with their attestations, or model folders alone."""


class Entry(BaseModel):
    """One key; times are aware of their zone, a bound that is missing is none.

    ``not_before`` and ``not_after`` bound when it may have signed; ``revoked_at`` takes every signature of it back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keyid: str
    public: str = Field(description="PEM")
    name: str = ""
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    reason: str = ""
    roles: tuple[Role, ...] = ("sign-bom", "sign-model")

    @model_validator(mode="after")
    def _is_its_key(self) -> Self:
        try:
            right = self.key.key_id
        except KeyFileError as error:
            raise ValueError(error.message) from error
        if self.keyid != right:
            raise ValueError(f"the key of {self.keyid[:16]} has the id {right}")
        return self

    @classmethod
    def of(
        cls,
        key: PublicKey,
        *,
        name: str = "",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Self:
        """Make an entry of a key."""
        return cls(keyid=key.key_id, public=key.pem, name=name, not_before=not_before, not_after=not_after)

    @property
    def key(self) -> PublicKey:
        """The key itself."""
        return PublicKey.parse(self.public.encode(), name=f"the key {self.keyid[:16]}")

    def judge(self, at: datetime, role: Role) -> None:
        """Check that the key may have signed at a time.

        Raises:
            TrustError: It was revoked, whenever; or was not valid at the time; or is for something else.
        """
        who = f"the key {self.keyid[:16]}"
        if self.revoked_at:
            why = f" ({self.reason})" if self.reason else ""
            said = f"signed by {who}, which was revoked at {moment(self.revoked_at)}{why}"
            raise TrustError(
                "E_KEY_REVOKED", said, hint="a signing time is the signer's word: it cannot save a signature"
            )
        if role not in self.roles:
            raise TrustError("E_KEY_ROLE", f"{who} is not for {role} but for {', '.join(self.roles) or 'nothing'}")
        if self.not_before and at < self.not_before:
            raise TrustError(
                "E_KEY_NOT_YET_VALID", f"signed at {moment(at)}, and {who} is valid from {moment(self.not_before)}"
            )
        if self.not_after and at > self.not_after:
            raise TrustError(
                "E_KEY_EXPIRED", f"signed at {moment(at)}, and {who} was valid until {moment(self.not_after)}"
            )


class KeySet(BaseModel):
    """Keys by id; several may be valid at a time, so that one can be replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["noria.keys/1"] = Field(default="noria.keys/1", alias="schema")
    keys: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _has_each_once(self) -> Self:
        ids = [each.keyid for each in self.keys]
        if len(set(ids)) < len(ids):
            raise ValueError("a key is listed twice")
        return self

    @classmethod
    def of(cls, *keys: PublicKey) -> Self:
        """Trust these keys without bounds."""
        return cls(keys=tuple(Entry.of(key) for key in keys))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a key set, or a single PEM public key.

        Raises:
            KeyFileError: It is neither.
        """
        data = contents(file)
        if data.lstrip().startswith(b"-----"):
            return cls.of(PublicKey.parse(data, name=str(file)))
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            said = f"{file} is not a key set: {where + ': ' if where else ''}{first['msg']}"
            raise KeyFileError(said, hint="noria keys new makes one") from error

    @property
    def json_text(self) -> str:
        """The set as its file has it."""
        return self.model_dump_json(indent=1, by_alias=True, exclude_none=True) + "\n"

    @property
    def by_id(self) -> dict[str, PublicKey]:
        """Every key, revoked ones too: a signature is first checked, then judged."""
        return {each.keyid: each.key for each in self.keys}

    def find(self, keyid: str) -> Entry | None:
        """Look a key up."""
        return next((each for each in self.keys if each.keyid == keyid), None)

    def replaced(self, *entries: Entry) -> Self:
        """Give the set with these entries in place of those of the same keys, new ones at the end."""
        by_id = {each.keyid: each for each in (*self.keys, *entries)}
        return self.model_copy(update={"keys": tuple(by_id.values())})


def moment(at: datetime) -> str:
    """Write a time for people and machines: ``2026-11-23T01:02:03+00:00``."""
    return at.isoformat(timespec="seconds")


def merged(sets: Sequence[KeySet]) -> KeySet:
    """Give all keys of several sets; whatever one of them restricts or revokes holds for all."""
    found: dict[str, Entry] = {}
    for each in (entry for one in sets for entry in one.keys):
        found[each.keyid] = _narrowed(found[each.keyid], each) if each.keyid in found else each
    return KeySet(keys=tuple(found.values()))


def _narrowed(one: Entry, other: Entry) -> Entry:
    revoked = one if one.revoked_at else other
    begins = [at for at in (one.not_before, other.not_before) if at]
    ends = [at for at in (one.not_after, other.not_after) if at]
    return one.model_copy(
        update={
            "name": one.name or other.name,
            "not_before": max(begins, default=None),
            "not_after": min(ends, default=None),
            "revoked_at": revoked.revoked_at,
            "reason": revoked.reason,
            "roles": tuple(role for role in one.roles if role in other.roles),
        }
    )
