"""``noria logs`` on files that nobody promised anything about."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli.logs import BLOCK, Followed, last_lines, log_files, logs
from local.connection import Home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(logs, arguments, env={"NORIA_HOME": str(home)})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run" / "worker-copy-0.log"


@pytest.mark.parametrize(
    "line",
    [
        b"raw \x1b[2J",
        json.dumps({"event": "answered", "key": "\x1b[2J"}).encode(),
        json.dumps({"event": "answered", "traceback": "Traceback\n\x1b[2J"}).encode(),
    ],
)
def test_what_is_logged_cannot_command_the_terminal(log: Path, line: bytes) -> None:
    log.write_bytes(line + b"\n")

    shown = run(log.parents[1], "copy").stdout

    assert "\x1b" not in shown
    assert "\\x1b[2J" in shown


def test_bytes_that_are_no_text_are_shown_all_the_same(log: Path) -> None:
    log.write_bytes(b"before \xff\xfe after\n")

    assert "before \ufffd\ufffd after" in run(log.parents[1]).stdout


@pytest.mark.parametrize("lines", [0, 1, 2, 5000, 20000])
def test_the_last_lines_are_what_reading_the_whole_would_give(log: Path, lines: int) -> None:
    whole = [f"line {number}" for number in range(10000)]
    log.write_text("\n".join(whole) + "\n")

    assert log.stat().st_size > BLOCK
    assert last_lines(log, lines) == (whole[-lines:] if lines else [])


def follower(log: Path) -> Followed:
    """Follow the logs of the function copy."""

    def files() -> dict[str, Path]:
        return log_files(Home(log.parents[1]), "copy")

    return Followed(files, files())


def test_of_a_long_log_only_the_end_is_read(log: Path) -> None:
    with log.open("wb") as file:
        file.truncate(2**40)  # a hole: nobody could read it whole
        file.seek(0, 2)
        file.write(b"\nlast\n")

    assert last_lines(log, 1) == ["last"]


def test_a_function_is_not_taken_for_another_whose_name_goes_on(log: Path) -> None:
    log.write_text("mine\n")
    log.with_name("worker-copy-fast-0.log").write_text("other\n")

    assert run(log.parents[1], "copy").stdout == "mine\n"


def test_a_log_that_begins_later_is_followed_from_its_first_line(log: Path) -> None:
    log.write_text("old\n")
    followed = follower(log)
    log.with_name("worker-copy-1.log").write_text("first\n")
    with log.open("a") as writer:
        writer.write("new\n")

    assert list(followed.coming()) == [("worker-copy-0", "new"), ("worker-copy-1", "first")]
    assert list(followed.coming()) == []


def test_a_log_that_is_cut_is_followed_from_its_new_beginning(log: Path) -> None:
    log.write_text("a long line before the cut\n")
    followed = follower(log)

    log.write_text("after\nhalf a li")

    assert list(followed.coming()) == [("worker-copy-0", "after")]
    log.write_text("after\nhalf a line\n")
    assert list(followed.coming()) == [("worker-copy-0", "half a line")]


def test_a_log_that_is_taken_away_while_it_is_followed_ends_nothing(log: Path) -> None:
    log.write_text("1\n")
    gone = {"worker-copy-0": log}
    followed = Followed(lambda: gone, gone)
    log.unlink()

    assert list(followed.coming()) == []
    log.write_text("back\n")
    assert list(followed.coming()) == [("worker-copy-0", "back")]


def test_the_servers_logs_are_printed_only_when_asked_for_by_name(log: Path) -> None:
    home = Home(log.parents[1])
    log.write_text("ours\n")
    for folder, name in ((home.store, "weed.log"), (home.broker, "nats-server.log")):
        folder.mkdir()
        (folder / name).write_text(f"{name} says\n")

    assert run(home.path).stdout == "ours\n"
    assert run(home.path, "store").stdout == "weed.log says\n"
    assert run(home.path, "broker").stdout == "nats-server.log says\n"
