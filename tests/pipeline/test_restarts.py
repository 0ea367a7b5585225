"""What is killed comes back, and what is stopped goes on where it was."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.runtime.store import Store
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline
from tests.waiting import eventually


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


def test_status_does_not_call_a_plane_ready_whose_supervisor_was_killed(noria: Noria) -> None:
    noria.kill("supervisor")

    status = noria.json("status")

    assert (status["phase"], status["reason"]) == ("failed", "the supervisor was killed")
    up(noria)
    assert noria.json("status")["phase"] == "ready"


def test_a_plane_in_the_foreground_is_seen_and_stopped_by_the_other_verbs(noria: Noria) -> None:
    noria("down")
    file = noria.home.parent / "slow.yaml"
    with noria.begin("up", file) as foreground:
        noria.await_phase("ready")

        again = noria.run("up", "--detach", file)
        status = noria.json("status")
        stopped = noria.json("down")
        foreground.wait(60)

    assert (again.returncode, "already running" in again.stderr) == (0, True)
    assert status["phase"] == "ready"
    assert stopped == {"stopped": True}
    assert foreground.returncode == 0
    up(noria)


def test_of_two_starts_at_once_one_starts_and_the_other_finds_it(noria: Noria) -> None:
    noria("down")
    file = noria.home.parent / "slow.yaml"

    starts = [noria.begin("up", "--detach", file) for _ in range(2)]
    said = [each.communicate(timeout=180)[1] for each in starts]

    assert [each.returncode for each in starts] == [0, 0]
    assert sorted("already running" in each for each in said) == [False, True]
    assert noria.json("status")["functions"][0]["workers"] == 1


def test_ctrl_c_while_it_starts_in_the_background_stops_what_was_started(noria: Noria, tmp_path: Path) -> None:
    noria("down")
    waiting = noria.without_a_broker(tmp_path)
    with waiting.begin("up", "--detach", noria.home.parent / "slow.yaml") as starting:
        noria.await_phase("starting")
        eventually(lambda: noria.pid("weed") is not None)

        starting.send_signal(signal.SIGINT)
        said = starting.communicate(timeout=60)[1]

    assert starting.returncode == 130
    assert "stopping what was started" in said
    assert [noria.pid(part) for part in ("supervisor", "weed", "nats-server")] == [None] * 3
    up(noria)


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_stumbles_over(noria: Noria, tmp_path: Path) -> None:
    noria.kill("supervisor")

    up(noria)

    file = tmp_path / "after.txt"
    file.write_text("after")
    assert noria.json("put", file, "inbox/in/", "--wait")["runs"][0]["state"] == "committed"
