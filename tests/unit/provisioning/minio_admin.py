"""Who a MinIO knows and what they may do, and how it is told: its admin interface, as far as users and policies go."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

ADMIN = "/minio/admin/v3/"


@dataclass
class Admin:
    """One store's users.

    Attributes:
        secret: Of the administrator.
        users: Access key -> secret key.
        policies: Name -> document.
        may: Access key -> the name of what it may do.
        refuses: The code that it refuses everything with, if one.
        make: Whose store it is, ``minio`` or ``rustfs``: it knows no targets by names of another.
    """

    secret: str = "the key"
    users: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    may: dict[str, str] = field(default_factory=dict)
    refuses: str = ""
    make: str = "minio"

    def answer(self, path: str, query: Mapping[str, str], body: bytes, authorization: str) -> tuple[int, bytes]:
        """Do what is asked by whoever signs."""
        if self.refuses or not authorization.startswith("AWS4-HMAC-SHA256 Credential="):
            return 403, json.dumps({"Code": self.refuses or "AccessDenied"}).encode()
        if path == "add-canned-policy":
            self.policies[query["name"]] = json.loads(body)
        elif path == "add-user":
            try:
                told = json.loads(decrypt(self.secret, body))
            except (InvalidTag, ValueError):
                return 400, b'{"Code":"XMinioAdminConfigBadJSON"}'
            if not 3 <= len(query["accessKey"]) <= 20 or not 8 <= len(told["secretKey"]) <= 40:
                return 400, b'{"Code":"XMinioAdminInvalidSecretKey"}'
            self.users[query["accessKey"]] = told["secretKey"]
        elif path == "set-user-or-group-policy":
            if query["policyName"] not in self.policies or query["userOrGroup"] not in self.users:
                return 404, b'{"Code":"XMinioAdminNoSuchUser"}'
            self.may[query["userOrGroup"]] = query["policyName"]
        else:
            return 404, b'{"Code":"MethodNotAllowed"}'
        return 200, b""


def decrypt(password: str, sealed: bytes) -> bytes:
    """Open what ``madmin.EncryptData`` has made with Argon2id and AES-256-GCM.

    Raises:
        InvalidTag: It is not what was sent, or was sealed with another password.
    """
    salt, number, nonce, rest = sealed[:32], sealed[32], sealed[33:41], sealed[41:]
    if number != 0:
        raise ValueError(f"cipher {number}")
    cipher = AESGCM(Argon2id(salt=salt, length=32, iterations=1, lanes=4, memory_cost=65536).derive(password.encode()))
    tag = cipher.encrypt(nonce + bytes(4), b"", b"")
    size = (1 << 14) + 16
    parts = [rest[begin : begin + size] for begin in range(0, len(rest), size)]
    return b"".join(
        cipher.decrypt(nonce + struct.pack("<I", count), part, (b"\x80" if count == len(parts) else b"\0") + tag)
        for count, part in enumerate(parts, 1)
    )
