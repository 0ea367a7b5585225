"""``noria logs`` on files that nobody promised anything about."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli.logs import BLOCK, last_lines, logs


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
