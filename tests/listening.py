"""A small HTTP server on this machine, for as long as a ``with`` takes; what it answers is each test's own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAUSE = 0.02
"""Seconds that the end waits at most."""


class Listener(BaseHTTPRequestHandler):
    """Answers requests of whatever method, and keeps quiet about it."""

    def answer(self) -> None:
        """Answer one; ``self.command`` is its method."""
        raise NotImplementedError

    def _answer(self) -> None:
        self.answer()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening(answers: type[Listener]) -> Iterator[str]:
    """Serve on a free port of the loopback, and give the address, with no slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_PAUSE,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
