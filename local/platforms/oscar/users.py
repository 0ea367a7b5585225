"""Users of a MinIO or RustFS and what they may do, by MinIO's admin interface, which both have.

Paths and forms: minio/minio cmd/admin-router.go and cmd/admin-handlers-users.go, minio/madmin-go 0728d57; RustFS serves
the same below ``/minio/admin`` (rustfs/src/admin/utils.rs).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from functions.provisioning.stores import Minio
from functions.runtime.errors import Rejected, TryAgain
from local.credentials import Keys
from local.platforms.oscar.madmin import encrypt

ADMIN = "/minio/admin/v3"
_SHOWN = 200
_LONGEST = 20


def user_of(service: str) -> str:
    """Name a service's user, its access key: always the same, so that new keys leave no old user behind.

    MinIO takes 3 to 20 characters (minio internal/auth/credentials.go).
    """
    name = f"noria-{service}"
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(service.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST - len(digest) - 1]}-{digest}"


class StoreUsers:
    """The users of one store.

    Args:
        store: Where it is, and the keys of an administrator.
    """

    def __init__(self, store: Minio) -> None:
        self._store = store

    def let(self, name: str, keys: Keys, policy: Mapping[str, Any]) -> None:
        """Make a user, or change the one of its access key, that may do what the policy says and nothing else.

        Args:
            name: The policy's.
            keys: The user's.
            policy: A document of S3's policy language.

        Raises:
            Rejected: The store does not take it.
            TryAgain: It does not answer.
        """
        document = json.dumps(policy, separators=(",", ":")).encode()
        self._send("add-canned-policy", {"name": name}, document)
        user = json.dumps({"secretKey": keys.secret_key, "status": "enabled"}).encode()
        self._send("add-user", {"accessKey": keys.access_key}, encrypt(self._store.secret_key, user))
        own = {"policyName": name, "userOrGroup": keys.access_key, "isGroup": "false"}
        self._send("set-user-or-group-policy", own, b"")

    def _send(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        from botocore.exceptions import HTTPClientError  # 0.3 s, and needed here only
        from botocore.httpsession import URLLib3Session

        store = self._store
        url = f"{store.endpoint.rstrip('/')}{ADMIN}/{path}?{urlencode(query)}"
        try:
            answer = URLLib3Session(timeout=60).send(_signed(store, url, body))
        except HTTPClientError as error:
            raise TryAgain(f"the store at {store.endpoint} does not answer: {type(error).__name__}") from None
        if answer.status_code < 300:
            return
        sentence = f"the store at {store.endpoint} answers {path} with {answer.status_code}: {_said(answer.content)}"
        if answer.status_code >= 500:
            raise TryAgain(sentence)
        raise Rejected(sentence, hint="give each service keys that were made another way: --keys FILE")


def _signed(store: Minio, url: str, body: bytes) -> Any:  # noqa: ANN401 - botocore has no types
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("PUT", url, headers={"Content-Type": "application/octet-stream"}, data=body)
    S3SigV4Auth(Credentials(store.access_key, store.secret_key), "s3", store.region).add_auth(request)
    return request.prepare()


def _said(content: bytes) -> str:
    """Give the store's own words: a code, or what it wrote; no secret of ours was sent in the clear."""
    try:
        found = json.loads(content)
        return str(found["Code"])[:_SHOWN]
    except (ValueError, KeyError, TypeError):
        return " ".join(content[:_SHOWN].decode(errors="replace").split()) or "nothing more"
