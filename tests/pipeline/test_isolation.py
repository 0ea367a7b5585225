"""Handlers on a plane, within walls that its own process puts up, or bwrap for it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.sandbox import walls
from tests.pipeline.noria import Noria
from tests.pipeline.walled_plane import WalledPlane, plane_with
from tests.pipelines import pipeline

WITHOUT = {"bwrap": walls.without_bubblewrap, "landlock": walls.without_landlock}


@pytest.fixture(scope="module", params=sorted(WITHOUT))
def noria(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    if why := WITHOUT[request.param]():
        pytest.skip(why)
    with plane_with(request.param, tmp_path_factory.mktemp(request.param)) as noria:
        yield noria


class TestThinWalls(WalledPlane):
    """The same, within each of these."""


def test_a_kind_of_walls_that_is_not_to_be_had_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "probe.yaml"
    file.write_text(pipeline("probe", "inbox/in", "outbox/out", function="tests.walled:probe"))
    noria = Noria(tmp_path / ".noria", {"PATH": f"{Path(sys.executable).parent}"})

    done = noria.run("up", "--detach", "--isolation", "bwrap", file)

    assert done.returncode == 3
    assert "bwrap is not installed" in done.stderr
    assert "Traceback" not in done.stderr
