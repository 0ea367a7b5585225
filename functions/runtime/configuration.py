"""What a host is told from outside: where the store and the broker are, and how patient to be."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr

from functions.runtime.settings import Settings, SettingsError


def _comma_separated(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class Configuration(Settings):
    """Read once from ``NORIA_*``; a secret may be given as a file by ``NORIA_<NAME>_FILE``."""

    home: Path = Field(default=Path(".noria"), description="Where the embedded store, broker and logs live.")
    store_url: str = Field(default="", description="An S3 endpoint; empty for AWS itself.")
    store_region: str = Field(default="us-east-1")
    store_access_key: str = Field(default="")
    store_secret_key: SecretStr = Field(default=SecretStr(""))
    ledger: str = Field(default="noria-ledger", min_length=3, description="The bucket of leases and commit records.")
    nats_url: str = Field(default="")
    nats_user: str = Field(default="")
    nats_password: SecretStr = Field(default=SecretStr(""))
    stream: str = Field(default="EVENTS")
    ack_wait: float = Field(default=30, ge=0.5, description="Seconds after which a silent worker counts as lost.")
    backoff: Annotated[tuple[float, ...], BeforeValidator(_comma_separated)] = Field(
        default=(1, 5, 30, 120, 600), description="Seconds before each further attempt; then a dead letter."
    )
    time_limit: float = Field(default=300, gt=0, description="Seconds that one run of a handler may take.")
    input_limit: int = Field(default=5 * 2**30, gt=0, description="Bytes; a larger object is refused unread.")
    hop_limit: int = Field(default=16, ge=1, description="Functions that one upload may pass through.")
    concurrency: int = Field(default=16, ge=1, le=256, description="Events in flight in one worker.")
    runners: int = Field(default=1, ge=1, le=64, description="Handler processes of one worker.")
    work: Path = Field(default=Path(gettempdir()), description="Where private folders are made.")
    reconcile: float | None = Field(
        default=None,
        gt=0,
        description="Seconds between looks for unannounced objects; 60, or 5 for a store by URL.",
    )
    image: str = Field(default="", description="Image digest, for the commit record.")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read ``NORIA_*`` variables.

        Raises:
            SettingsError: Each wrong value or unknown name, in one message.
        """
        plain = {name: value for name, value in environ.items() if name.startswith("NORIA_")}
        plain = {name: value for name, value in plain.items() if name not in _READ_ELSEWHERE}
        for name in [name for name in plain if name.endswith("_FILE")]:
            path = Path(plain.pop(name))
            try:
                plain[name.removesuffix("_FILE")] = path.read_text().strip()
            except OSError as error:
                raise SettingsError(f"{name} names {path}: {error.strerror}") from error
        return cls.from_environment("NORIA", plain)


_READ_ELSEWHERE = {"NORIA_FUNCTION", "NORIA_WEED_BINARY", "NORIA_NATS_BINARY"}
