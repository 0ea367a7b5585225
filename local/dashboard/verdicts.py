"""Verdicts: whether the signed folder around a bill of materials is as it was signed.

``noria verify`` does it in a process of its own: what lies there is a stranger's, and this process holds the keys.
"""

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

from functions.runtime.errors import MissingError, Rejected, TryAgain
from local.dashboard.objects import known
from local.dashboard.pages import Pages
from local.dashboard.sources import Sources
from local.dashboard.visit import Visit

pages = Pages()
LARGEST, MOST_FILES = 2**30, 200
"""Bytes and files of a folder that a page verifies."""
PATIENCE = 120.0
"""Seconds that it may take."""
REMEMBERED = 64
REST = 60.0
"""Seconds before what could not be verified is tried again."""
TRUSTED = "keys/keys.json"
"""The key set that ``noria verify`` trusts (functions/trust/keyring.py, which needs the group sign-bom)."""


@dataclass
class Verifier:
    """Verifies folders, one at a time, and remembers what it found until they or the keys change."""

    _turn: threading.Lock = field(default_factory=threading.Lock)
    _found: dict[str, dict[str, object]] = field(default_factory=dict)
    _failed: dict[str, tuple[float, TryAgain]] = field(default_factory=dict)

    def verdict(self, sources: Sources, bucket: str, folder: str) -> dict[str, object]:
        """Give the verdict as ``noria verify --json`` writes it.

        Raises:
            MissingError: Nothing lies there.
            Rejected: There is too much of it.
            TryAgain: It was not done in time, or could not be; this is remembered for ``REST`` seconds. Or another one
                is being verified: whoever waited here would hold one of the threads that all pages share.
        """
        stats = [stat for stat, _ in zip(sources.store.list(bucket, folder), range(MOST_FILES + 1), strict=False)]
        if not stats:
            raise MissingError(f"nothing lies in {bucket}/{folder}")
        if len(stats) > MOST_FILES or sum(stat.size for stat in stats) > LARGEST:
            raise Rejected("there is too much for a page", hint=f"noria verify {bucket}/{folder}/")
        now = _digest([f"{bucket}/{stat.key} {stat.etag}" for stat in stats], sources.given.home / TRUSTED)
        if not self._turn.acquire(timeout=1):
            raise TryAgain("another folder is being verified", hint="look again in a minute")
        try:
            return self._remembered(now, f"{bucket}/{folder}/", sources.given.home / "dashboard")
        finally:
            self._turn.release()

    def _remembered(self, now: str, what: str, folder: Path) -> dict[str, object]:
        if now in self._found:
            return self._found[now]
        since, failure = self._failed.get(now, (0.0, None))
        if failure and time.monotonic() - since < REST:
            raise failure
        for memory in (self._found, self._failed):
            if len(memory) >= REMEMBERED:
                memory.pop(next(iter(memory)))
        try:
            self._found[now] = _verified(what, folder)
        except TryAgain as error:
            self._failed[now] = time.monotonic(), error
            raise
        return self._found[now]


verifier = Verifier()


def _digest(objects: list[str], trusted: Path) -> str:
    """Name what was verified, and by which keys: one may have been revoked since."""
    keys = trusted.read_bytes() if trusted.exists() else b""
    return sha256("\n".join(objects).encode(errors="replace") + b"\0" + keys).hexdigest()


def _verified(what: str, folder: Path) -> dict[str, object]:
    """Run the command in ``folder``, where nothing is called as a bucket may be."""
    command = [sys.executable, "-m", "local.cli", "verify", "--json", "--", what]
    why = f"noria verify {what} says why"
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL, cwd=folder, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise TryAgain(f"it took longer than {PATIENCE:g} s to verify", hint=why) from error
    try:
        found: dict[str, object] = json.loads(done.stdout)
    except ValueError as error:
        said = next((line for line in done.stderr.splitlines() if "rror" in line), "it could not be verified")
        raise TryAgain(said.partition(": ")[2][:200] or said, hint=why) from error
    return found


@pages.get("/verdict")
def verdict(visit: Visit) -> Response:
    """Show the verdict on a folder; as a fragment the badge alone."""
    bucket, folder = visit.asked("bucket"), visit.asked("folder").strip("/")
    known(visit.sources, bucket)
    if not folder:
        raise Rejected("say which folder")
    try:
        found = verifier.verdict(visit.sources, bucket, folder)
    except (Rejected, TryAgain) as error:
        if visit.is_fragment:
            return visit.render("verdict_badge.html", bucket=bucket, folder=folder, found=None, reason=error.message)
        raise
    template = "verdict_badge.html" if visit.is_fragment else "verdict.html"
    return visit.render(template, bucket=bucket, folder=folder, found=found, reason="")
