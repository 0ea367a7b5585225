"""A whole plane whose handlers run in containers of their functions' images: ``noria up --isolation container``."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.runtime.podman import identify
from local.cli.demo.pictures import write_photo
from local.images.podman import environ
from tests.containers.conftest import Images
from tests.pipeline.noria import Noria
from tests.pipeline.walled_plane import WalledPlane, plane_with
from tests.pipelines import pipeline

LIGHT = "send-alerts"
MASKS = Path("fdl/mask-detection.yaml")
SETTINGS = {"CONTAINERS_CONF": environ()["CONTAINERS_CONF"]}


@pytest.fixture(scope="module")
def noria(image: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    with plane_with("container", tmp_path_factory.mktemp("plane"), image(LIGHT), **SETTINGS) as noria:
        yield noria


class TestContainer(WalledPlane):
    """The same, in containers."""

    def test_the_commit_record_names_the_image_that_ran(self, noria: Noria, image: Images, tmp_path: Path) -> None:
        file = tmp_path / "nothing.json"
        file.write_text("{}")

        noria("put", file, "inbox/in/image/", "--wait")

        (run,) = (each for each in noria.json("runs") if each["input"]["key"] == "in/image/nothing.json")
        assert run["image"] == identify(image(LIGHT)).digest


def test_the_mask_pipeline_runs_in_its_own_images(image: Images, tmp_path: Path) -> None:
    for service in ("blur-faces", "mask-detect"):
        image(service)
    noria = Noria(tmp_path / ".noria", {"NORIA_WORK": str(tmp_path), **SETTINGS})
    photo = tmp_path / "photo.png"
    write_photo(photo)

    try:
        noria("up", "--detach", "--isolation", "container", MASKS)
        noria("put", photo, "photos/in/", "--wait")
        runs = noria.json("runs")
    finally:
        noria("down")

    assert {(run["function"], run["state"]) for run in runs} == {
        ("blur-faces", "committed"),
        ("mask-detect", "committed"),
    }
    assert all(run["image"].startswith("sha256:") for run in runs)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ("localhost:5001/no-such:1", os.environ["PATH"], "podman has no image localhost:5001/no-such:1"),
        ("localhost:5001/any:1", str(Path(sys.executable).parent), "podman is not installed"),
    ],
    ids=["no image", "no podman"],
)
def test_what_is_missing_is_one_sentence_before_anything_starts(
    image: Images, tmp_path: Path, given: str, path: str, said: str
) -> None:
    image(LIGHT)
    file = tmp_path / "probe.yaml"
    file.write_text(pipeline("probe", "inbox/in", "outbox/out", function="tests.walled:probe", image=given))
    noria = Noria(tmp_path / ".noria", {**SETTINGS, "PATH": path})

    done = noria.run("up", "--detach", "--isolation", "container", file)

    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr
