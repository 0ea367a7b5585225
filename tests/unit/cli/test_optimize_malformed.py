"""``noria optimize`` on files that are a little wrong: exit code 3, one sentence, nothing on stdout, no traceback."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import local.cli
from tests.continuum_samples import SECRET
from tests.unit.continuum.formats import FORMATS, Format
from tests.unit.continuum.mutations import Mutation, as_text, drawn, texts

SEED = int(os.environ.get("FUZZ_SEED", "20261124"))
SYSTEM = "system_description.json"
EACH = int(os.environ.get("FUZZ_COUNT", "6"))
"""Wrong fields a format; of the wrong texts as many."""


def cases(form: Format) -> Iterator[tuple[str, bytes]]:
    """Give files that must be refused, each after what was done to it."""
    draw = random.Random(f"{SEED}/{form.file}")
    wrong = [
        each for each in drawn(form.content, form.loose, count=10**6, draw=draw) if each.refused and not _is_said(each)
    ]
    for each in draw.sample(wrong, min(EACH, len(wrong))):
        yield str(each), as_text(each.content, json_file=form.is_json).encode()
    # A file that is empty counts as one that is not there.
    broken = [(what, data) for what, data, refused in texts(form.sample, draw=draw, count=2) if refused and data]
    yield from draw.sample(broken, min(EACH, len(broken)))


def _is_said(mutation: Mutation) -> bool:
    """Tell whether the command line says what a file says no more: --load."""
    return str(mutation) == "removed at Lambda"


def folder(path: Path) -> Path:
    """Write the whole application into one folder."""
    path.mkdir()
    for form in FORMATS:
        if form.file != SYSTEM:
            (path / form.file).write_text(form.sample)
    return path


def given(form: Format, tmp_path: Path) -> tuple[Path, Path]:
    """Give what the command is given, and which file of it is wrong."""
    if form.file == SYSTEM:
        return tmp_path / SYSTEM, tmp_path / SYSTEM
    app = folder(tmp_path / "app")
    return app, app / form.file


@pytest.mark.parametrize("form", FORMATS, ids=[form.file for form in FORMATS])
def test_a_malformed_file_ends_in_one_sentence_and_exit_code_3(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    argument, wrong = given(form, tmp_path)
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / ".noria"))
    monkeypatch.setattr(sys, "argv", ["noria", "optimize", str(argument), "--load", "0.5", "--json"])

    for what, data in cases(form):
        wrong.write_bytes(data)
        with pytest.raises(SystemExit) as ended:
            local.cli.main()

        said = capsys.readouterr()
        lines = said.err.splitlines()
        assert ended.value.code == 3, f"seed {SEED}, {what}: {ended.value.code}, {said.err}"
        assert said.out == "", f"seed {SEED}, {what}: {said.out}"
        assert lines[0].startswith((f"error: {form.file}: ", f"error: {form.file} ")), (
            f"seed {SEED}, {what}: {said.err}"
        )
        assert all(line.startswith("hint: ") for line in lines[1:]), f"seed {SEED}, {what}: {said.err}"
        assert "Traceback" not in said.err
        assert SECRET not in said.err


def test_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    app = folder(tmp_path / "app")
    dag = app / "application_dag.yaml"
    dag.write_text(dag.read_text().replace("0.6336]]", "0.6336], [classifier, filter, 1]]"))

    ended = subprocess.run(
        [sys.executable, "-m", "local.cli", "optimize", str(app), "--load", "0.5"],
        capture_output=True,
        text=True,
        env={"NORIA_HOME": str(tmp_path / ".noria"), "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[3],
        check=False,
    )

    assert ended.returncode == 3
    assert ended.stdout == ""
    sentence = "line 7: System.dependencies have a cycle: filter -> classifier -> filter; requests would never"
    assert ended.stderr.startswith(f"error: application_dag.yaml: {sentence} come to an end\n")
