"""The probes of every kind of walls, in a handler that has a container of its own (``--isolation container``)."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.containment import limits
from functions.runtime.podman import require
from functions.runtime.process import ChildLostError
from functions.runtime.settings import SettingsError
from local.images.podman import environ, podman
from tests.containers.conftest import Images
from tests.within_walls import CPU, MEMORY, SECRET, WithinWalls, World

LIGHT = "send-alerts"
COUNTED = {
    "memory of all": ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"),
    "processes": ("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max"),
    "quota": ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max"),
}
"""What the kernel counts for a container, as the first and the second version of control groups tell it."""


ODD = """FROM {image}
USER 0
WORKDIR /srv/functions
VOLUME /data
ENV PYTHONPATH=/opt/mine
ENTRYPOINT ["python", "-c", "print(1)"]
"""


@pytest.fixture(scope="module")
def world(image: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", environ()["CONTAINERS_CONF"])
        world = World(tmp_path_factory.mktemp("container"), "container", image(LIGHT))
        yield world
        world.close()


class TestContainer(WithinWalls):
    """The same, in a container."""

    def test_the_kernel_counts_memory_processes_and_time(self, world: World) -> None:
        version = 1 if Path("/sys/fs/cgroup/cgroup.controllers").exists() else 0
        given: dict[str, dict[str, Any]] = {
            name: {"what": "read", "path": paths[version]} for name, paths in COUNTED.items()
        }
        with world.handlers() as pool:
            came = {name: what.removeprefix("done: ").split() for name, what in world.attempt(pool, **given).items()}

        assert came["memory of all"] == [str(MEMORY)]
        assert came["processes"] == ["1024"]
        assert int(came["quota"][0]) == CPU * 100_000

    @pytest.mark.parametrize("named", ["app", "link"])
    def test_the_planes_keys_are_not_there_whatever_they_lie_in(self, world: World, named: str) -> None:
        app, seen = world.folder / "app", world.folder / named
        (app / ".noria").mkdir(parents=True, exist_ok=True)
        if named == "link":
            seen.symlink_to(app)
        (app / ".noria" / "credentials.json").write_text(SECRET)
        (app / "table, with a comma.csv").write_text("1,2")
        with world.handlers(NORIA_HOME=str(app / ".noria"), NORIA_FILES=str(seen)) as pool:
            came = world.attempt(
                pool,
                keys={"what": "list_folder", "path": str(seen / ".noria")},
                table={"what": "read", "path": str(seen / "table, with a comma.csv")},
                more={"what": "write", "path": str(seen / ".noria" / "new")},
            )

        assert came["keys"] == "done: "
        assert came["table"] == "done: 1,2"
        assert came["more"].startswith("refused: ")

    def test_a_secret_is_in_no_command_line_and_none_of_podmans_notes(self, world: World) -> None:
        with world.handlers(PROBE_TOKEN="a secret of the service") as pool:
            came = world.attempt(pool, mine={"what": "variable", "name": "PROBE_TOKEN"})
            known = podman("inspect", *_ours())
            lines = b"".join(_command_lines())

        assert came == {"mine": "done: a secret of the service"}
        assert "a secret of the service" not in known
        assert b"a secret of the service" not in lines

    def test_what_takes_more_memory_than_it_may_is_ended_by_the_kernel_too(self, world: World) -> None:
        with world.handlers(memory=128 * 2**20) as pool:
            with pytest.raises(ChildLostError, match="more than its 128 MiB of memory") as lost:
                world.attempt(pool, eat_memory={"mib": 512})

            assert "FDL" in lost.value.hint
            assert world.attempt(pool, start_a_program={}) == {"start_a_program": "done: hello"}

    def test_its_use_is_seen_from_outside(self, world: World) -> None:
        with world.handlers() as pool:
            world.attempt(pool, start_a_program={})
            (child,) = pool._started
            seen = child.in_use

        assert 2**22 < seen.memory < 2**28
        assert seen.cpu_seconds > 0
        assert seen.processes == 2

    def test_nothing_is_left_of_it_but_for_podmans_images(self, world: World) -> None:
        before, notes = set(_ours()), set(world.room.glob("*.pid"))
        with world.handlers() as pool:
            world.attempt(pool, start_a_program={})
            (child,) = pool._started
            during = set(_ours())

        assert not (set(world.room.glob("*.pid")) - notes)
        assert len(during - before) == 1
        assert set(_ours()) <= before
        assert not Path(f"/proc/{child.first}").exists()

    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
    def test_a_container_that_somebody_else_ends_is_a_lost_process_and_the_next_event_has_another(
        self, world: World, end: signal.Signals
    ) -> None:
        with world.handlers() as pool:
            world.attempt(pool, start_a_program={})
            (child,) = pool._started
            os.kill(child.first, end)
            deadline = time.monotonic() + 60
            while child.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)

            assert child.process.returncode == 128 + signal.SIGKILL
            assert world.attempt(pool, start_a_program={}) == {"start_a_program": "done: hello"}


def test_an_image_may_say_what_it_likes_of_how_it_is_run(
    image: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Its own entry point, working folder with a module of our name, volume and path of modules."""
    monkeypatch.setenv("CONTAINERS_CONF", environ()["CONTAINERS_CONF"])
    (tmp_path / "Containerfile").write_text(ODD.format(image=image(LIGHT)))
    podman("build", "--quiet", "--network", "none", "--pull-never", "-t", "localhost/odd:1", str(tmp_path))
    world = World(tmp_path / "world", "container", "localhost/odd:1")
    request.addfinalizer(lambda: podman("rmi", "--force", "localhost/odd:1"))

    require("localhost/odd:1")
    with world.handlers() as pool:
        came = world.attempt(
            pool,
            mine={"what": "variable", "name": "PYTHONPATH"},
            volume={"what": "write", "path": "/data/new"},
            program={"what": "start_a_program"},
        )
    world.close()

    assert came["mine"].endswith(":/opt/mine")
    assert came["volume"].startswith("refused: ")
    assert came["program"] == "done: hello"


def test_a_file_system_that_is_mounted_in_a_folder_to_be_read_is_to_be_read_too(
    image: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTAINERS_CONF", environ()["CONTAINERS_CONF"])
    inside = tmp_path / "folder" / "with a blank"
    inside.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", inside], check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount anything here")
    try:
        (inside / "there").write_text("there")
        world = World(tmp_path / "world", "container", image(LIGHT))
        with world.handlers(NORIA_FILES=str(tmp_path / "folder")) as pool:
            came = world.attempt(
                pool,
                read={"path": str(inside / "there")},
                write={"path": str(inside / "new")},
            )
        world.close()
    finally:
        subprocess.run(["umount", inside], check=True)

    assert came["read"] == "done: there"
    assert came["write"].startswith("refused: ")


def test_an_image_that_is_not_here_is_one_sentence(image: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERS_CONF", environ()["CONTAINERS_CONF"])

    with pytest.raises(SettingsError, match=r"podman has no image localhost:5001/no-such:1") as error:
        require("localhost:5001/no-such:1")

    assert "local.images" in error.value.hint
    require(image(LIGHT), *limits(MEMORY, CPU))


def test_an_image_without_noria_is_one_sentence(monkeypatch: pytest.MonkeyPatch, image: Images) -> None:
    monkeypatch.setenv("CONTAINERS_CONF", environ()["CONTAINERS_CONF"])
    image(LIGHT)  # without podman this is where it is said

    with pytest.raises(SettingsError, match=r"a container of localhost/base:py311 does not start: .*python"):
        require("localhost/base:py311")


def _ours() -> list[str]:
    """Name the containers of handlers whose host is this process; another's may come and go meanwhile."""
    words = ("--filter", "label=noria.handler", "--filter", f"name=^noria-{os.getpid()}-")
    return podman("ps", "--all", "--quiet", *words).split()


def _command_lines() -> Iterator[bytes]:
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended since
            yield (each / "cmdline").read_bytes()
