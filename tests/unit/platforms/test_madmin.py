"""What MinIO's administrators send it can be read by MinIO."""

import pytest
from cryptography.exceptions import InvalidTag

from local.platforms.oscar.madmin import encrypt
from tests.unit.provisioning.minio_admin import decrypt

THEIRS = (
    (
        "",
        b"",
        "828aa81599df0651c0461adb82283e8b89956baee9f6e719947ef9cddc849028001dc9d3ac0938f66b07bacc9751437e1985f8a9763c240e81",
    ),
    (
        'xPl.8/rhR"Q_1xLt',
        bytes(32),
        "b5c016e93b84b473fc8a37af94936563630c36d6df1841d23a86ee51ca161f9e00ac19116b32f643ff6a56a212b265d8c56"
        "195bb0d12ce199e13dfdc5272f80c1564da2c6fc2fa18da91d8062de02af5cdafea491c6f3cae1f",
    ),
)
"""Password, content and what madmin made of them: values of minio/madmin-go 1a19dcc, encrypt_test.go."""


@pytest.mark.parametrize(("password", "content", "sealed"), THEIRS)
def test_what_is_sealed_is_byte_for_byte_what_madmin_seals(password: str, content: bytes, sealed: str) -> None:
    theirs = bytes.fromhex(sealed)

    ours = encrypt(password, content, salt=theirs[:32], nonce=theirs[33:41])

    assert ours == theirs


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 40000])
def test_whatever_its_size_it_is_opened_with_the_password_alone(size: int) -> None:
    content = bytes(number % 251 for number in range(size))

    sealed = encrypt("the key", content)

    assert decrypt("the key", sealed) == content
    with pytest.raises(InvalidTag):
        decrypt("another key", sealed)
