"""cdx-validate of cdxgen, from npm: a CycloneDX validator that shares no code and no schema files with ours.

Installed once per machine below ``~/.cache/noria``, by whichever test wants it first.
"""

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "@cyclonedx/cdxgen@12.8.4"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "noria" / "foreign"
INSTALL = ("npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", PACKAGE)


@dataclass(frozen=True)
class Report:
    """What cdx-validate says; ``text`` is what it printed beside it."""

    schema_valid: bool
    deep_valid: bool
    text: str


def validate(bom: Path) -> Report:
    """Run cdx-validate on a file, both its schema check and its checks of references and package URLs."""
    report = bom.with_name(f"{bom.name}.report.json")  # its output would be cut off at what a pipe holds
    command = [str(binaries() / "cdx-validate"), "--strict", "--input", str(bom), "--report", "json", "-o", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert report.exists(), done.stdout + done.stderr
    found = json.loads(report.read_text())
    return Report(found["schemaValid"], found["deepValid"], done.stdout + done.stderr)


@cache
def binaries() -> Path:
    """Give the folder of cdxgen's commands, installed now if need be; skips the test where npm is missing."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("no npm and node, so cdx-validate cannot be asked")
    place = CACHE / PACKAGE.replace("/", "-")
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / ".complete").exists():
            _install(place)
    return place / "node_modules" / ".bin"


def _install(place: Path) -> None:
    (place / "package.json").write_text('{"private": true}\n')
    done = subprocess.run(INSTALL, cwd=place, capture_output=True, text=True, check=False, timeout=280)
    if done.returncode:
        pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-300:]}")
    (place / ".complete").touch()
