"""Which images there are, what they are called, and which packages each has."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "images"
REGISTRY = "localhost:5001"
RUNTIME = ("boto3", "nats-py", "obstore", "pydantic", "pyyaml")
"""Of the project's own dependencies those that a function's runtime has; the others are the command's."""
HOSTS = ("knative", "aws-lambda", "metrics", "traces")
"""Dependency groups that every image has, since each serves on all four hosts."""


@dataclass(frozen=True)
class Image:
    """One function's image, which lies in ``images/<folder>``."""

    folder: str

    @property
    def service(self) -> str:
        """Give the name that services, dependency groups and the image have."""
        return self.folder.replace("_", "-")

    @property
    def name(self) -> str:
        """Give the full name, as the FDL files have it."""
        return f"{REGISTRY}/{self.service}:{version()}"

    @property
    def function(self) -> str:
        """Give what its script runs, where that is not the function that the service is named for."""
        last = (IMAGES / self.folder / "run.sh").read_text().split()[-1]
        return last if ":" in last else self.service

    @property
    def containerfile(self) -> Path:
        """Give where it is described."""
        return IMAGES / self.folder / "Containerfile"

    @property
    def requirements(self) -> Path:
        """Give where its own packages are listed."""
        return IMAGES / self.folder / "requirements.txt"


def runtime_name(target: str = "runtime", tag: str = "") -> str:
    """Give the name of what all images stand on, or of ``code``, what they take in last."""
    return f"{REGISTRY}/noria-{target}:{tag or version()}"


def images() -> Iterator[Image]:
    """Give every function that has an image."""
    return (Image(path.parent.name) for path in sorted(IMAGES.glob("*/run.sh")))


def chosen(names: Iterable[str]) -> list[Image]:
    """Give the images of these services, or all.

    Raises:
        Rejected: There is no image of that name; names the nearest.
    """
    known = {image.service: image for image in images()}
    asked = list(names) or list(known)
    for name in asked:
        if name not in known:
            raise Rejected(
                f"there is no image for {name!r}{nearest(name, known)}", hint="python -m local.images --list"
            )
    return [known[name] for name in asked]


@cache
def project() -> dict[str, Any]:
    """Read ``pyproject.toml``."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def version() -> str:
    """Give the project's version, which is the images' tag."""
    return str(project()["project"]["version"])
