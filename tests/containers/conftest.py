"""Images, built once for all tests of this folder; without podman they are skipped."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.images.building import Builder, context, ensure_base, fetch_wheels
from local.images.catalogue import images
from local.images.podman import missing

LARGE = {"train-on-upload"}
"""Left to ``make images``: TensorFlow alone takes minutes."""
SERVICES = [image.service for image in images() if image.service not in LARGE]
Images = Callable[[str], str]


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    """Give what builds: the base and the code are there, and the wheels of every image."""
    if why := missing():
        pytest.skip(why)
    ensure_base()
    fetch_wheels(image for image in images() if image.service not in LARGE)
    with context() as folder:
        found = Builder(folder)
        found.base()
        yield found


@pytest.fixture(scope="session")
def image(builder: Builder) -> Images:
    """Give the name of a service's image, built when first asked for."""
    known = {each.service: each for each in images()}
    built: dict[str, str] = {}

    def name_of(service: str) -> str:
        if service not in built:
            builder.function(known[service])
            built[service] = known[service].name
        return built[service]

    return name_of


@pytest.fixture
def shared() -> Iterator[Path]:
    """Give a folder that a container's user may read and write."""
    with tempfile.TemporaryDirectory(prefix="noria-container-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)
