"""What a host is told from outside: where the store and the broker are, and how patient to be."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr

from functions.runtime.metrics.address import Address
from functions.runtime.settings import Settings, SettingsError


def _comma_separated(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _path_like(value: object) -> object:
    return [each for each in value.split(os.pathsep) if each] if isinstance(value, str) else value


def _certificates(path: Path) -> Path:
    from ssl import SSLError, create_default_context  # seldom needed

    try:
        create_default_context(cafile=path)
    except (SSLError, OSError):
        raise ValueError("the file holds no certificate in PEM form") from None
    return path.absolute()


def _served_at(text: str) -> str:
    if text not in {"", OFF}:
        try:
            Address.read(text)
        except ValueError:
            raise ValueError(f"give HOST:PORT, or {OFF}") from None
    return text


OFF = "off"
Certificates = Annotated[FilePath, AfterValidator(_certificates)]


class Configuration(Settings):
    """Read once from ``NORIA_*``; a secret may be given as a file by ``NORIA_<NAME>_FILE``."""

    home: Path = Field(default=Path(".noria"), description="Where the embedded store, broker and logs live.")
    store_url: str = Field(default="", description="An S3 endpoint; empty for AWS itself.")
    store_region: str = Field(default="us-east-1")
    store_access_key: str = Field(default="")
    store_secret_key: SecretStr = Field(default=SecretStr(""))
    store_ca: Certificates | None = Field(default=None, description="PEM file: who signs the store's certificate.")
    ledger: str = Field(default="noria-ledger", min_length=3, description="The bucket of leases and commit records.")
    nats_url: str = Field(default="", description="The broker; of several servers all, with commas.")
    nats_user: str = Field(default="")
    nats_password: SecretStr = Field(default=SecretStr(""))
    nats_token: SecretStr = Field(default=SecretStr(""), description="In place of name and password.")
    nats_ca: Certificates | None = Field(default=None, description="PEM file: who signs the broker's certificate.")
    nats_cert: Certificates | None = Field(default=None, description="PEM file: our certificate for mutual TLS.")
    nats_key: FilePath | None = Field(default=None, description="PEM file: the key to it.")
    tls_cert: Certificates | None = Field(default=None, description="PEM file: the embedded servers' certificate.")
    tls_key: FilePath | None = Field(default=None, description="PEM file: the key to it.")
    tls_ca: Certificates | None = Field(default=None, description="PEM file: who signs it.")
    stream: str = Field(default="EVENTS")
    replicas: int = Field(
        default=1, ge=1, le=5, description="Copies of the stream, where the broker is several servers."
    )
    ack_wait: float = Field(default=30, ge=0.5, description="Seconds after which a silent worker counts as lost.")
    backoff: Annotated[tuple[float, ...], BeforeValidator(_comma_separated)] = Field(
        default=(1, 5, 30, 120, 600), description="Seconds before each further attempt; then a dead letter."
    )
    max_deliver: int = Field(default=1000, ge=1, description="Deliveries after which the broker gives a message up.")
    in_flight: int = Field(default=1000, ge=1, description="Events of one service in all its workers at once.")
    keep: float = Field(default=7 * 86400, ge=600, description="Seconds that the stream keeps events, to be replayed.")
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
    metrics: Annotated[str, AfterValidator(_served_at)] = Field(
        default="",
        description="HOST:PORT that shows metrics, or off; noria up chooses a port, a worker alone none.",
    )
    metrics_snapshot: Path | None = Field(
        default=None, description="File in which a worker of noria up leaves its metrics for the plane to serve."
    )
    isolation: Literal["", "auto", "none", "bwrap", "landlock", "container"] = Field(
        default="", description="Walls around handlers: the best there are, none, bubblewrap's, Landlock's, podman's."
    )
    network: bool | None = Field(default=None, description="Whether walls leave a handler the network; else it says.")
    files: Annotated[tuple[Path, ...], BeforeValidator(_path_like)] = Field(
        default=(), description="What walls leave a handler to read, beside what its settings name; like PATH."
    )
    image: str = Field(default="", description="Image digest, for the commit record.")
    resource: str = Field(
        default="", max_length=200, description="What the worker runs on, as a deployment names it, for the record."
    )

    @property
    def metrics_address(self) -> Address | None:
        """Where metrics are to be served; None where nobody said."""
        return Address.read(self.metrics) if self.metrics not in {"", OFF} else None

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
        configuration = cls.from_environment("NORIA", plain | _taken_apart(plain))
        _check(configuration)
        return configuration


_READ_ELSEWHERE = {"NORIA_FUNCTION", "NORIA_READS", "NORIA_LISTS", "NORIA_WEED_BINARY", "NORIA_NATS_SERVER_BINARY"}
_READ_ELSEWHERE |= {"NORIA_FDL", "NORIA_SERVICE", "NORIA_FLAT", "NORIA_FEEDBACK"}
_TOGETHER = (("nats_cert", "nats_key"), ("tls_cert", "tls_key", "tls_ca"))


def _taken_apart(plain: Mapping[str, str]) -> dict[str, str]:
    """Take name and password out of the broker's URL, which is printed and handed on; they are not.

    Raises:
        SettingsError: A URL is none, or the store's has a name and a password.
    """
    if "@" in plain.get("NORIA_STORE_URL", ""):
        hint = "give the keys in NORIA_STORE_ACCESS_KEY and NORIA_STORE_SECRET_KEY"
        raise SettingsError("NORIA_STORE_URL has a name or a password in it", hint=hint)
    given = plain.get("NORIA_NATS_URL", "")
    if "@" not in given:
        return {}
    try:
        url = urlsplit(given if "://" in given else f"nats://{given}")
        name, password, _ = unquote(url.username or ""), unquote(url.password or ""), url.port
    except ValueError:
        name = ""
    if not name:  # a password with a slash ends the address where it should not
        hint = "nats://HOST:PORT or tls://HOST:PORT, name and password in NORIA_NATS_USER and NORIA_NATS_PASSWORD"
        raise SettingsError("NORIA_NATS_URL is no URL", hint=hint)
    own = {"NORIA_NATS_USER": name, "NORIA_NATS_PASSWORD": password} if password else {"NORIA_NATS_TOKEN": name}
    bare = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    return {"NORIA_NATS_URL": bare} | {variable: value for variable, value in own.items() if variable not in plain}


def _check(given: Configuration) -> None:
    """Refuse settings that fit one by one, and not together."""
    for names in _TOGETHER:
        if len({getattr(given, name) is None for name in names}) > 1:
            raise SettingsError(f"{' and '.join(f'NORIA_{name.upper()}' for name in names)} belong together")
    if given.store_ca and given.store_url.startswith("http://"):
        raise SettingsError(
            f"NORIA_STORE_CA is given, but {given.store_url} is not encrypted", hint="NORIA_STORE_URL=https://..."
        )
