"""A service's own secrets: they reach its handler's environment, and nothing that is written down."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from fdl.naming import is_secret

if TYPE_CHECKING:
    from fdl import Service

NAMES = "NORIA_SECRETS"
"""The variable that tells a handler's process which of its variables are secret, by name."""
SHORTEST = 6
"""Characters; anything shorter would blank out ordinary words."""


@dataclass(frozen=True)
class Secrets:
    """Values that must appear in no log, record or dead letter."""

    values: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def among(cls, values: Iterable[str]) -> Self:
        """Take those that are long enough, as they are and as JSON writes them, the longest first."""
        long = {value for value in values if len(value) >= SHORTEST}
        written = long | {json.dumps(value, ensure_ascii=False)[1:-1] for value in long}
        return cls(tuple(sorted(written, key=len, reverse=True)))

    @classmethod
    def of(cls, service: "Service") -> Self:
        """Take those of the service's FDL: its secrets, and variables with a name that says so."""
        told = (value.get_secret_value() for value in service.secrets.values())
        return cls.among([*told, *(value for name, value in service.environment.items() if is_secret(name))])

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Self:
        """Take those that a handler's process was given."""
        return cls.among(environ.get(name, "") for name in environ.get(NAMES, "").split(","))

    def scrubbed(self, text: str) -> str:
        """Give the text with every secret replaced by ``***``."""
        for value in self.values:
            text = text.replace(value, "***")
        return text
