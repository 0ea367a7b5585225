"""The verdict: one line for each thing that was looked at, and one for each that was not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.runtime.errors import Rejected
from functions.trust.bom import BomError
from functions.trust.errors import TrustError

Status = Literal["ok", "failed", "not_checked"]
Kind = Literal[
    "folder",
    "signature",
    "key",
    "chain",
    "time",
    "file",
    "bom",
    "statement",
    "attestation",
    "job",
    "record",
    "model",
    "data",
    "lineage",
    "retraining",
]
"""What was looked at; these names are stable."""


class Check(BaseModel):
    """One thing that was looked at; ``code``, ``E_FILE_CHANGED``, is stable and says why it is not ``ok``."""

    model_config = ConfigDict(frozen=True)

    check: Kind
    status: Status
    subject: str
    sentence: str
    code: str = ""
    hint: str = ""


class Verification(BaseModel):
    """What came of a whole folder; ``job`` and ``signed`` are empty unless a trusted key vouches for them."""

    model_config = ConfigDict(frozen=True)

    schema_: Literal["noria.verification/1"] = Field(default="noria.verification/1", alias="schema")
    subject: str
    verdict: Literal["verified", "failed"]
    job: str = ""
    signed: str = ""
    signers: tuple[str, ...] = ()
    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        """Whether a trusted key vouches for all of it, and nothing contradicts it."""
        return self.verdict == "verified"

    def having(self, status: Status) -> tuple[Check, ...]:
        """Give the checks that ended so."""
        return tuple(each for each in self.checks if each.status == status)

    @property
    def codes(self) -> tuple[str, ...]:
        """Why it failed: the code of each failed check, each once, in their order."""
        return tuple(dict.fromkeys(each.code for each in self.having("failed")))


class Checks:
    """Collects what was looked at."""

    def __init__(self) -> None:
        self.made: list[Check] = []

    def ok(self, check: Kind, subject: str, sentence: str) -> None:
        """Note that something is as it should be."""
        self._note(check, "ok", subject, sentence)

    def failed(self, check: Kind, subject: str, error: Rejected) -> None:
        """Note that something is not."""
        code = error.code if isinstance(error, TrustError) else "E_BOM" if isinstance(error, BomError) else "E_RECORD"
        self._note(check, "failed", subject, error.message, code, error.hint)

    def skipped(self, check: Kind, subject: str, code: str, sentence: str, *, hint: str = "") -> None:
        """Note that something was not looked at, and why."""
        self._note(check, "not_checked", subject, sentence, code, hint)

    @contextmanager
    def trying(self, check: Kind, subject: str) -> Iterator[None]:
        """Note a failure of what is done within, and go on after it."""
        try:
            yield
        except Rejected as error:
            self.failed(check, subject, error)

    def _note(self, check: Kind, status: Status, subject: str, sentence: str, code: str = "", hint: str = "") -> None:
        texts = {"subject": subject, "sentence": sentence, "hint": hint}
        # A file's name may be no text at all; what is said of it must be.
        readable = {name: text.encode(errors="backslashreplace").decode() for name, text in texts.items()}
        self.made.append(Check(check=check, status=status, code=code, **readable))
