"""Settings of send-alerts: whom alerts are sent to is said here alone, never by what is uploaded."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from functions.runtime import Settings

MOST_URLS = 20


def _comma_separated(value: object) -> object:
    """Give secrets from the first step on: what refuses a value shows it, and a log keeps that."""
    if isinstance(value, str):
        return tuple(SecretStr(each.strip()) for each in value.split(",") if each.strip())
    return value


def _plain(urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if len(urls) > MOST_URLS:
        raise ValueError(f"there are {len(urls)} URLs, more than {MOST_URLS}")
    for place, url in enumerate(urls, 1):
        if not _is_address(url.get_secret_value()):
            raise ValueError(f"number {place} is no http or https URL without a name and password in it")
    return urls


def _is_address(url: str) -> bool:
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:  # a port or a bracket that cannot be
        return False


def _secret(value: object) -> object:
    return SecretStr(value) if isinstance(value, str) else value


def _one_line(token: SecretStr) -> SecretStr:
    if not token.get_secret_value().isprintable() or not token.get_secret_value().isascii():
        raise ValueError("it has characters that no header can have")
    return token


class SendAlerts(Settings):
    """Set from the environment as ``SEND_ALERTS_URLS`` and so on."""

    urls: Annotated[tuple[SecretStr, ...], AfterValidator(_plain), BeforeValidator(_comma_separated)] = Field(
        default=(), description="Webhooks, separated by commas; each gets every alert."
    )
    token: Annotated[SecretStr, AfterValidator(_one_line), BeforeValidator(_secret)] = Field(
        default=SecretStr(""), description="Sent as Authorization: Bearer, if there is one."
    )
    timeout: float = Field(default=10, gt=0, le=120, description="Seconds for one answer.")
    max_bytes: int = Field(default=100_000, gt=0, description="Of an alert.")
