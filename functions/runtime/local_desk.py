"""The desk of a function that is run by hand on local files: no store, no ledger, nobody else at work."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from events import ObjectCreated
from functions.runtime.desk import Beside
from functions.runtime.errors import InputVanishedError, MissingError
from functions.runtime.hashing import sha256_of_file
from functions.runtime.runs import Run, StoredObject

LONG_AGO = 1e9
"""Seconds: nobody else is at work on a person's own files, so none of them is too young."""


@dataclass(frozen=True)
class LocalDesk:
    """Answers from the folder that the file ``path`` lies in; a checkpoint is the file ``kept``, if one is wanted."""

    path: Path
    kept: Path | None = None

    def fetch(self, event: ObjectCreated) -> Path:  # noqa: ARG002 - there is only one
        """Give the file itself."""
        return self.path

    def sibling(self, suffix: str) -> Path | None:
        """Find ``a.jpg.faces.json`` beside ``a.jpg.blurred.png``: the longest common name with ``suffix``."""
        stem = self.path.name
        while "." in stem:
            stem = stem.rpartition(".")[0]
            beside = self.path.with_name(stem + suffix)
            if beside.is_file():
                return beside
        return None

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        """List the folder's files."""
        root = self.path.parents[up]
        found = root.rglob("*") if up else root.iterdir()
        return tuple(_beside(path, root, up) for path in sorted(found) if path.is_file())

    def take(self, one: Beside) -> Path:
        """Give the file."""
        path = self.path.parents[one.up] / one.name
        if not path.is_file():
            raise InputVanishedError(f"{path} is gone")
        return path

    def lead(self, members: tuple[Beside, ...]) -> bool:  # noqa: ARG002
        """Tell that this event works on the set: there is no other."""
        return True

    def follow(self, series: str) -> Run | None:  # noqa: ARG002
        """Give no record: no run was before."""
        return None

    def producer(self) -> Run | None:
        """Give no record: the file is a first upload."""
        return None

    def record(self, name: str) -> Run | None:  # noqa: ARG002
        """Give no record."""
        return None

    def read(self, one: StoredObject) -> Path:
        """Refuse: no record names anything."""
        raise MissingError(f"there is no store to read {one.bucket}/{one.key} from")

    def digest(self, path: Path) -> str:
        """Give the SHA-256 of a file."""
        return sha256_of_file(path)

    def progress(self, numbers: Mapping[str, float]) -> None:
        """Show nothing: who runs a function by hand reads its log."""

    def checkpoint(self, path: Path) -> None:
        """Keep the file where it was wanted."""
        if self.kept:
            self.kept.write_bytes(path.read_bytes())

    def checkpointed(self) -> Path | None:
        """Give what was kept."""
        return self.kept if self.kept and self.kept.is_file() else None


def local_event(source: Path, root: Path | None = None) -> ObjectCreated:
    """Make the event that a store would have announced for the file, had ``root`` been uploaded."""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    kind = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
    return ObjectCreated(
        bucket="local",
        key=f"in/{source.relative_to(root or source.parent).as_posix()}",
        etag=digest.hexdigest(),
        size=source.stat().st_size,
        source="noria:invoke",
        metadata={"content-type": kind},
    )


def _beside(path: Path, root: Path, up: int) -> Beside:
    status = path.stat()
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    etag = f"{status.st_size:x}-{status.st_mtime_ns:x}"
    name = path.relative_to(root).as_posix()
    return Beside(name=name, etag=etag, size=status.st_size, modified=modified, age=LONG_AGO, up=up)
