from pathlib import Path

import pytest

from functions.runtime.configuration import Configuration
from functions.runtime.settings import SettingsError


@pytest.mark.parametrize(
    ("url", "bare", "user", "password", "token"),
    [
        ("nats://host:4222", "nats://host:4222", "", "", ""),
        ("tls://ann:pa%2Fss@host:4222", "tls://host:4222", "ann", "pa/ss", ""),
        ("ann:secret@host", "nats://host", "ann", "secret", ""),
        ("nats://t0ken@host", "nats://host", "", "", "t0ken"),
    ],
)
def test_name_and_password_are_taken_out_of_the_brokers_url(
    url: str, bare: str, user: str, password: str, token: str
) -> None:
    given = Configuration.read({"NORIA_NATS_URL": url})

    assert (given.nats_url, given.nats_user) == (bare, user)
    assert (given.nats_password.get_secret_value(), given.nats_token.get_secret_value()) == (password, token)


def test_name_and_password_of_their_own_are_stronger_than_the_urls(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")

    given = Configuration.read({"NORIA_NATS_URL": "nats://ann:secret@host", "NORIA_NATS_PASSWORD_FILE": str(file)})

    assert (given.nats_user, given.nats_password.get_secret_value()) == ("ann", "from the file")
    assert "from the file" not in repr(given)


@pytest.mark.parametrize("url", ["nats://ann:se/cret@host", "nats://ann:secret@host:port", "nats://[ann:secret@host"])
def test_a_broken_url_with_a_password_is_refused_without_it(url: str) -> None:
    with pytest.raises(SettingsError, match="NORIA_NATS_URL is no URL") as refusal:
        Configuration.read({"NORIA_NATS_URL": url})

    assert "cret" not in f"{refusal.value!r} {refusal.value.hint} {refusal.value.__context__!r}"
