"""What is killed comes back, and what is stopped goes on where it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.runtime.store import Store
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    folder = tmp_path_factory.mktemp("restarts")
    noria = Noria(folder / ".noria", {"NORIA_ACK_WAIT": "20"})
    file = folder / "slow.yaml"
    file.write_text(pipeline("slow", "inbox/in", "outbox/out", COPY_SECONDS="0.4"))
    try:
        noria("up", "--detach", file)
        yield noria
    finally:
        noria("down")


def up(noria: Noria) -> None:
    noria("up", "--detach", noria.home.parent / "slow.yaml")


@pytest.mark.parametrize("part", ["nats-server", "weed"])
def test_a_killed_server_is_started_again_and_its_workers_are_not_silent(
    noria: Noria, tmp_path: Path, part: str
) -> None:
    file = tmp_path / f"{part}.txt"
    file.write_text(part)
    noria.await_restart(part, noria.kill(part))

    for _ in range(50):  # a client of a server that is just back tries again
        done = noria.run("put", file, "inbox/in/", "--wait", "--timeout", "30")
        if done.returncode != 4:
            break

    assert done.returncode == 0, done.stderr
    assert f"outbox/out/{part}.txt.copy" in done.stdout


def test_a_stop_lets_what_is_in_flight_finish_or_gives_it_back(noria: Noria) -> None:
    given = operator({"NORIA_HOME": str(noria.home)})
    store = Store(given)
    for number in range(8):
        store.write("inbox", f"in/drain/{number}.txt", f"{number}".encode())
    noria("down")

    up(noria)
    store = Store(operator({"NORIA_HOME": str(noria.home)}))
    for number in range(8):
        content = f"inbox/in/drain/{number}.txt"
        file = noria.home.parent / f"{number}.txt"
        file.write_text(f"{number}")
        noria("put", file, content, "--wait")

    runs = [run for run in noria.json("runs") if "/drain/" in run["input"]["key"]]
    assert len(runs) == 8
    assert {(run["state"], run["attempt"]) for run in runs} == {("committed", 1)}


def test_everything_is_still_there_after_a_stop_and_a_start(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_text("kept")
    before = noria.json("put", file, "inbox/in/", "--wait")
    noria("down")

    up(noria)
    after = noria.json("put", file, "inbox/in/", "--wait")

    assert after["runs"] == before["runs"]
    assert [upload["new"] for upload in after["uploaded"]] == [False]


def test_a_stop_leaves_no_process_and_a_second_stop_says_so(noria: Noria) -> None:
    supervisor, parts = noria.pid("supervisor"), ["weed", "nats-server", "publisher", "worker-slow-0"]
    assert supervisor

    noria("down")

    assert [noria.pid(part) for part in parts] == [None] * len(parts)
    assert noria.json("down") == {"stopped": False}
    up(noria)


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_stumbles_over(noria: Noria, tmp_path: Path) -> None:
    noria.kill("supervisor")

    up(noria)

    file = tmp_path / "after.txt"
    file.write_text("after")
    assert noria.json("put", file, "inbox/in/", "--wait")["runs"][0]["state"] == "committed"
