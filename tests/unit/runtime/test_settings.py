from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from functions.runtime import Settings
from functions.runtime.configuration import Configuration
from functions.runtime.settings import SettingsError


class Blur(Settings):
    strength: float = Field(default=0.5, gt=0, le=1)
    min_face: int = 24


def test_an_unset_variable_leaves_the_default() -> None:
    settings = Blur.from_environment("blur", {"BLUR_STRENGTH": "0.7", "OTHER": "x"})

    assert (settings.strength, settings.min_face) == (0.7, 24)


class Posting(Settings):
    token: SecretStr = Field(default=SecretStr(""), max_length=8)
    others: tuple[SecretStr, ...] = ()


def test_a_secret_that_does_not_fit_is_named_and_not_shown() -> None:
    with pytest.raises(SettingsError) as failure:
        Posting.from_environment("posting", {"POSTING_TOKEN": "hush-hush-hush", "POSTING_OTHERS": "hush-too"})

    assert "POSTING_TOKEN has a value that is not shown" in failure.value.message
    assert "POSTING_OTHERS has a value that is not shown" in failure.value.message
    assert "hush" not in failure.value.message


def test_every_wrong_value_is_named_in_one_message_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError) as failure:
        Blur.from_environment("blur", {"BLUR_STRENGHT": "1", "BLUR_STRENGTH": "2", "BLUR_MIN_FACE": "big"})

    assert "BLUR_STRENGHT is not a setting; did you mean BLUR_STRENGTH?" in failure.value.message
    assert "BLUR_STRENGTH has value '2'" in failure.value.message
    assert "BLUR_MIN_FACE has value 'big'" in failure.value.message


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("canary\n")

    given = Configuration.read({"NORIA_STORE_SECRET_KEY_FILE": str(file), "NORIA_BACKOFF": "1,2.5"})

    assert given.store_secret_key.get_secret_value() == "canary"
    assert "canary" not in repr(given)
    assert given.backoff == (1, 2.5)


def test_an_unknown_noria_variable_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"NORIA_STORE_ULR is not a setting; did you mean NORIA_STORE_URL\?"):
        Configuration.read({"NORIA_STORE_ULR": "http://127.0.0.1"})


def test_a_secret_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        Configuration.read({"NORIA_NATS_PASSWORD_FILE": str(tmp_path / "gone")})
