"""What MinIO's administrators send it, encrypted with their secret key: minio/madmin-go encrypt.go.

A salt of 32 bytes, the cipher's number, a nonce of 8 bytes, and fragments of 16 KiB with AES-256-GCM, each with its
number in the nonce and the header's tag as associated data (secure-io/sio-go, "The Sio Format").
"""

import os
import struct

FRAGMENT = 1 << 14
ARGON2_AES = b"\0"
_SALT, _NONCE = 32, 8
_LAST = b"\x80"


def encrypt(password: str, content: bytes, *, salt: bytes = b"", nonce: bytes = b"") -> bytes:
    """Encrypt ``content``; salt and nonce are drawn where none are given."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    salt, nonce = salt or os.urandom(_SALT), nonce or os.urandom(_NONCE)
    derived = Argon2id(salt=salt, length=32, iterations=1, lanes=4, memory_cost=64 * 1024)
    cipher = AESGCM(derived.derive(password.encode()))
    tag = cipher.encrypt(_numbered(nonce, 0), b"", b"")
    fragments = [content[begin : begin + FRAGMENT] for begin in range(0, len(content), FRAGMENT)] or [b""]
    sealed = [
        cipher.encrypt(_numbered(nonce, number), each, (_LAST if number == len(fragments) else b"\0") + tag)
        for number, each in enumerate(fragments, 1)
    ]
    return b"".join([salt, ARGON2_AES, nonce, *sealed])


def _numbered(nonce: bytes, number: int) -> bytes:
    return nonce + struct.pack("<I", number)
