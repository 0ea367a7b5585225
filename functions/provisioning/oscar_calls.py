"""Requests to an OSCAR cluster, and what its answers mean for whoever asked."""

import base64
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from functions.runtime.errors import Rejected, TryAgain

LARGEST = 32 * 1024 * 1024
"""Bytes of an answer that are read."""
LONGEST = 4 * 1024 * 1024
"""Bytes of a text that are given."""

_LOOKED_AT = 64 * 1024
_SHOWN = 300
"""Characters of an answer that go into a message."""
_SHORTEST = 4
"""Characters; no key is shorter, and without such words no sentence could be read."""
_OPEN = ("name",)
"""What of a service may be in a message."""

_LOCAL = ("localhost", "127.0.0.1", "::1")


class Calls:
    """The address of a cluster and what opens it.

    Args:
        endpoint: ``https://<host>``; without TLS only on this machine, as the password would be read on the way.
        user: OSCAR's is ``oscar``; empty, and ``secret`` is a bearer token.
        secret: The user's password, or the token.
        seconds: How long an answer may take from its request to its last byte, and making a connection before it.
        trust: A context that knows the cluster's certificate, where the system's does not.

    Raises:
        Rejected: The address cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        secret: SecretStr,
        *,
        user: str = "oscar",
        seconds: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        try:
            address = urlsplit(endpoint)
            usable = address.scheme in ("https", "http") and address.hostname and not address.username
            usable = usable and (address.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise Rejected("the cluster's address is not one such as https://oscar.example", hint="correct the address")
        if address.scheme == "http" and address.hostname not in _LOCAL:
            sentence = f"http://{address.hostname} would send the password for all to read"
            raise Rejected(sentence, hint="give the cluster a certificate, and https:// as its address")
        self._address, self._seconds, self._trust = address, seconds, trust
        self._secret, self._user = secret, user

    @property
    def endpoint(self) -> str:
        """The address, without a slash at its end."""
        return self._address.geturl().rstrip("/")

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Give what is there, and none where there is nothing.

        Raises:
            TryAgain: The cluster does not answer, or not with JSON.
            Rejected: It does not let us in.
        """
        body = self._got(path, cut=False)
        if body is None:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise TryAgain(f"{self.where} answers GET {path} with no JSON") from None

    def text(self, path: str) -> str | None:
        """Give the text that is there, its first ``LONGEST`` bytes, and none where there is nothing.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        body = self._got(path, cut=True)
        return None if body is None else body.decode("utf-8", "replace")

    def send(self, method: str, path: str, content: Any = None) -> None:  # noqa: ANN401 - JSON
        """Change something; deleting what is not there is no failure.

        Raises:
            TryAgain: The cluster does not answer, or cannot do it now.
            Rejected: It will not do it.
        """
        given = None if content is None else json.dumps(content).encode()
        status, body = self._request(method, path, given, most=_LOOKED_AT)
        if method == "DELETE" and status == http.client.NOT_FOUND:
            return
        self._judged(method, path, status, body, sent=content)

    @property
    def where(self) -> str:
        """Whom sentences speak of."""
        return f"OSCAR at {self._address.hostname}"

    def _got(self, path: str, *, cut: bool) -> bytes | None:
        status, body = self._request("GET", path, None, most=LONGEST if cut else LARGEST + 1)
        if len(body) > LARGEST:
            raise TryAgain(f"{self.where} answers GET {path} with more than {LARGEST} bytes")
        if status == http.client.NOT_FOUND:
            return None
        self._judged("GET", path, status, body)
        return body

    def _request(self, method: str, path: str, body: bytes | None, *, most: int) -> tuple[int, bytes]:
        """Send a request, and give the answer's status and its first ``most`` bytes."""
        connection = self._connection()
        headers = {"Authorization": self._authorization(), "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.connect()
            with _limited(connection.sock, self._seconds):
                connection.request(method, self._address.path.rstrip("/") + path, body, headers)
                answer = connection.getresponse()
                found = answer.read(most)
        except ssl.SSLCertVerificationError as error:
            raise Rejected(f"{self.where} is not who it says: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            raise TryAgain(f"{self.where} does not answer: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return answer.status, found

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._seconds)
        trust = self._trust or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._seconds, context=trust)

    def _authorization(self) -> str:
        secret = self._secret.get_secret_value()
        if not self._user:
            return f"Bearer {secret}"
        return "Basic " + base64.b64encode(f"{self._user}:{secret}".encode()).decode()

    def _judged(self, method: str, path: str, status: int, body: bytes, *, sent: Any = None) -> None:  # noqa: ANN401
        if 200 <= status < 300:
            return
        said = " ".join(_without(body[:_LOOKED_AT].decode(errors="replace"), sent).split())[:_SHOWN]
        sentence = f"{self.where} answers {method} {path} with {status}{said and f': {said}'}"
        if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            raise Rejected(sentence, hint="look at the cluster's user and password, or token")
        if status in (http.client.REQUEST_TIMEOUT, http.client.TOO_MANY_REQUESTS) or status >= 500:
            raise TryAgain(sentence)
        raise Rejected(sentence, hint="look at what OSCAR says")


@contextmanager
def _limited(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a connection after so long: a socket's own timeout is for each of its bytes, not for all of them.

    Raises:
        TimeoutError: It was cut, whatever became of what was under way.
    """
    is_over = threading.Event()

    def cut() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS' own, which another thread is reading

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException):
        if not is_over.is_set():
            raise
    finally:
        timer.cancel()
    if is_over.is_set():
        raise TimeoutError(f"its answer took more than {seconds:g} seconds")


def _without(text: str, sent: Any) -> str:  # noqa: ANN401 - JSON
    """Give what a cluster says without the values that were sent to it: keys of stores are among them."""
    values = {line for value in _values(sent) for line in value.splitlines() if len(line) >= _SHORTEST}
    written = values | {json.dumps(value, ensure_ascii=plain)[1:-1] for value in values for plain in (True, False)}
    for value in sorted(written, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def _values(sent: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(sent, str):
        yield sent
    elif isinstance(sent, Mapping):
        for name, value in sent.items():
            if name not in _OPEN:
                yield from _values(value)
    elif isinstance(sent, list | tuple):
        for value in sent:
            yield from _values(value)
