"""The folder that runs by hand write into: all files of a run or none, and nothing of a stranger's."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.optimize import folder
from functions.runtime.errors import Rejected

OTHER = {"page.html": "old", "oscar/oscar-cluster-old.yaml": "old"}


def run(output: Path, files: Mapping[str, str], *, name: str = "run") -> list[Path]:
    """Do what a run does that writes these files and a result that lists them."""
    folder.prepare(output)
    private = made(output, files, name=name)
    return folder.publish(private, output)


def made(output: Path, files: Mapping[str, str], *, name: str = "run") -> Path:
    private = output / name
    listed = {**files, "result.json": json.dumps({"manifest": dict.fromkeys(files, "")})}
    for each, text in listed.items():
        path = private / folder.FRESH / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return private


def there(output: Path) -> dict[str, str]:
    """Give what lies in the folder but for private ones."""
    files = {path.relative_to(output).as_posix(): path for path in output.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in files.items() if "run" not in name and name != "result.json"}


def test_what_the_run_before_wrote_and_this_one_does_not_is_gone_and_what_others_put_there_stays(
    tmp_path: Path,
) -> None:
    run(tmp_path, {**OTHER, "im/a.yaml": "old"})
    (tmp_path / "oscar/clusters.yaml").write_text("mine")
    (tmp_path / "deploy.json").write_text("mine")

    files = run(tmp_path, {"page.html": "new"}, name="run2")

    assert there(tmp_path) == {"page.html": "new", "oscar/clusters.yaml": "mine", "deploy.json": "mine"}
    assert files == [tmp_path / "page.html", tmp_path / "result.json"]
    assert not (tmp_path / "im").exists()


@pytest.mark.parametrize("name", ["page.html", "Output.json"])
def test_a_file_that_no_run_has_listed_is_not_written_over(tmp_path: Path, name: str) -> None:
    run(tmp_path, {"oscar/a.yaml": "old"})
    (tmp_path / name).write_text("mine")

    with pytest.raises(Rejected, match=f"{name} is there already"):
        run(tmp_path, {name: "new"}, name="run2")

    assert there(tmp_path) == {name: "mine", "oscar/a.yaml": "old"}


def test_where_one_file_cannot_be_moved_all_is_as_it_was(tmp_path: Path) -> None:
    run(tmp_path, OTHER)
    (tmp_path / "steps").write_text("mine")
    before = (tmp_path / "result.json").read_text()

    with pytest.raises((OSError, Rejected)):
        run(tmp_path, {"page.html": "new", "a.json": "new", "steps/x.json": "new"}, name="run2")

    assert there(tmp_path) == {**OTHER, "steps": "mine"}
    assert (tmp_path / "result.json").read_text() == before


@pytest.mark.parametrize("after", range(6))
def test_what_a_killed_run_has_moved_is_taken_back_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    run(tmp_path, OTHER)
    moves = 0
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves > after:
            raise SystemExit
        return replace(path, target)

    private = made(tmp_path, {"page.html": "new", "Output.json": "new"}, name="run2")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)  # nothing that the dying run does after this moves anything
        with pytest.raises(SystemExit):
            folder.publish(private, tmp_path)

    folder.prepare(tmp_path)

    assert there(tmp_path) == OTHER


def test_names_that_lead_out_of_the_folder_are_nobodys(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (output / "link").symlink_to(elsewhere)
    for path in (tmp_path / "precious", elsewhere / "precious"):
        path.write_text("mine")
    names = ["../precious", str(tmp_path / "precious"), "link/precious", "a/../../precious", ""]
    (output / "result.json").write_text(json.dumps({"manifest": dict.fromkeys(names, "")}))

    run(output, {"page.html": "new"})

    assert (tmp_path / "precious").read_text() == (elsewhere / "precious").read_text() == "mine"


@pytest.mark.parametrize("text", ["{", "[]", '{"manifest": 3}', "[" * 100_000])
def test_a_result_that_is_none_is_refused_before_the_work(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)

    with pytest.raises(Rejected, match=r"result\.json is no result of an optimisation"):
        folder.prepare(tmp_path)
