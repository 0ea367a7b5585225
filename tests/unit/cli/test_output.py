import json
from pathlib import Path

import click
import pytest

from fdl import FdlError
from functions.runtime import Rejected, TryAgain
from local.cli import COMMANDS, noria
from local.cli.output import complain, printable, show, table
from local.process import ServiceError


def test_a_key_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show({}, as_json=False, human=["a\x1b[2Jb", table(["key"], [("c\x1b]0;owned\x07d",)])])

    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "a\\x1b[2Jb" in shown


def test_printable_text_of_any_language_stays_as_it_is() -> None:
    assert printable("写真 ü+%.png") == "写真 ü+%.png"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("no such option"), 2),
        (Rejected("not a picture", hint="upload one"), 3),
        (FdlError("a.yaml", ["memroy is no field"], hint="write memory"), 3),
        (TryAgain("the store is away"), 4),
        (ServiceError("weed ended"), 4),
        (ZeroDivisionError("oops"), 1),
    ],
)
def test_each_kind_of_failure_has_its_exit_code_and_one_sentence(
    error: Exception, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complain(error, tmp_path) == code

    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "rror: " in said.err


def test_our_own_fault_keeps_its_traceback_in_a_file(tmp_path: Path) -> None:
    complain(ZeroDivisionError("oops"), tmp_path)

    assert "ZeroDivisionError: oops" in (tmp_path / "crash.log").read_text()


def test_a_home_that_cannot_be_written_hides_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain(ZeroDivisionError("oops"), Path("/dev/null")) == 1

    kept = Path(capsys.readouterr().err.rpartition("report it with ")[2].strip())
    assert "ZeroDivisionError: oops" in kept.read_text()
    kept.unlink()


def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    show({"key": "写真"}, as_json=True, human=["never shown"])

    assert json.loads(capsys.readouterr().out) == {"key": "写真"}


def leaves(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    return [leaf for each in command.commands.values() for leaf in leaves(each)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_verb_explains_itself_and_takes_json(name: str) -> None:
    command = noria.get_command(click.Context(noria), name)

    assert command is not None
    for leaf in leaves(command):
        assert leaf.help
        assert any("--json" in parameter.opts for parameter in leaf.params)
        assert all(parameter.help for parameter in leaf.params if isinstance(parameter, click.Option))
