"""A disk of a few mebibytes, which a test can fill and free again: a tmpfs, mounted by root or in a namespace."""

import functools
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.noria import ROOT

NAMESPACE = ("unshare", "--map-root-user", "--mount")


@dataclass(frozen=True)
class Disk:
    """A small file system at ``folder``."""

    folder: Path

    def fill(self) -> None:
        """Leave not a byte on it."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            for size in (2**20, 4096, 1):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink()


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Disk]:
    """Mount a disk at ``folder`` for the time of the ``with``."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def mounting(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test as it is if this process may mount, else in a namespace of its own; skip it where neither goes."""

    @functools.wraps(test)
    def run(*given: object, **named: object) -> None:
        if _can("mount"):
            return test(*given, **named)
        if not _can(*NAMESPACE):
            pytest.skip("nobody may mount a small disk here: neither this user nor a namespace of its own")
        address = f"{inspect.getfile(test)}::{test.__name__}"
        command = [*NAMESPACE, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", address]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return None

    return run


@functools.cache
def _can(*command: str) -> bool:
    if command == ("mount",):
        if os.geteuid() != 0:
            return False
        command = ("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    else:
        command = (*command, "true")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
