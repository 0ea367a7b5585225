"""What a handler can do within walls that its own process puts up, or bwrap for it."""

from collections.abc import Iterator

import pytest

from functions.runtime.settings import SettingsError
from functions.sandbox import walls
from tests.within_walls import MEMORY, SECRET, WithinWalls, World

WITHOUT = {"bwrap": walls.without_bubblewrap, "landlock": walls.without_landlock}
KINDS = sorted(WITHOUT)


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if why := WITHOUT[request.param]():
        pytest.skip(why)
    world = World(tmp_path_factory.mktemp(request.param), request.param)
    yield world
    world.close()


class TestThinWalls(WithinWalls):
    """The same, within each of these."""

    def test_its_memory_is_limited_by_the_kernel_too(self, came: dict[str, str]) -> None:
        assert came["memory"] == f"done: {2 * MEMORY + 2**30}"


@pytest.mark.parametrize("named", ["app", "link"])
def test_the_planes_keys_are_not_among_what_may_be_read_whatever_they_lie_in(world: World, named: str) -> None:
    app = world.folder / "app"
    (app / ".noria").mkdir(parents=True, exist_ok=True)
    (app / ".noria" / "credentials.json").write_text(SECRET)
    (app / "table.csv").write_text("1,2")
    if named == "link":
        (world.folder / named).symlink_to(app)
    seen = world.folder / named
    handlers = world.handlers(NORIA_HOME=str(app / ".noria"), NORIA_FILES=str(seen))
    if world.kind == "landlock":
        with (
            pytest.raises(SettingsError, match=rf"handlers could read .*{named}/\.noria, where the plane's keys lie"),
            handlers,
        ):
            pass
        return

    with handlers as pool:
        came = world.attempt(
            pool,
            keys={"what": "read", "path": str(seen / ".noria" / "credentials.json")},
            table={"what": "read", "path": str(seen / "table.csv")},
        )

    assert came["keys"].startswith("refused: ")
    assert came["table"] == "done: 1,2"
