"""A handler hands over what it has made, and nothing that it only points to."""

import os
import shutil
from pathlib import Path

import pytest

from functions.runtime import Rejected
from functions.runtime.handover import handover
from functions.runtime.workspace import private_folder, room

SECRET = "the operator's keys"


@pytest.fixture(params=["room", "no walls"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text(SECRET)
    return room(tmp_path) if request.param == "room" else tmp_path


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_files_are_taken_with_their_folders(work: Path) -> None:
    with private_folder(work) as private, handover(private) as handed:
        (handed.folder / "trip").mkdir()
        (handed.folder / "trip" / "a.txt").write_text("a")
        (handed.folder / "b.txt").write_text("b")

        taken = handed.outputs()

        assert contents(taken) == {"trip/a.txt": "a", "b.txt": "b"}
        assert taken.is_relative_to(private)
    assert not private.exists()
    assert not handed.writing.exists()


def test_what_was_taken_out_of_walls_does_not_change_any_more(tmp_path: Path) -> None:
    with private_folder(room(tmp_path)) as private, handover(private) as handed:
        (handed.folder / "a.txt").write_text("a")
        with (handed.folder / "a.txt").open("a") as kept_open:
            taken = handed.outputs()
            kept_open.write("and more")

        assert contents(taken) == {"a.txt": "a"}


def test_what_has_holes_is_no_larger_on_the_disk_when_it_was_taken(tmp_path: Path) -> None:
    with private_folder(room(tmp_path)) as private, handover(private) as handed:
        with (handed.folder / "sparse").open("wb") as file:
            file.truncate(2**30)

        taken = handed.outputs() / "sparse"

        assert taken.stat().st_size == 2**30
        assert taken.samefile(handed.folder / "sparse")


def test_a_folder_of_outputs_that_is_a_link_by_now_is_refused(work: Path, tmp_path: Path) -> None:
    with private_folder(work) as private, handover(private) as handed:
        handed.folder.rename(handed.folder.with_name("aside"))
        handed.folder.symlink_to(tmp_path / "home")

        with pytest.raises(Rejected, match="no folder any more"):
            handed.outputs()


def test_a_run_whose_folder_was_put_aside_in_its_room_gives_what_was_in_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text(SECRET)
    with private_folder(room(tmp_path)) as private, handover(private) as handed:
        (handed.folder / "a.txt").write_text("a")
        handed.writing.rename(handed.writing.with_name("aside"))
        handed.writing.symlink_to(tmp_path)
        (tmp_path / "outputs").symlink_to(tmp_path / "home")

        assert contents(handed.outputs()) == {"a.txt": "a"}


@pytest.mark.parametrize("name", ["file", "folder", "pipe"])
def test_what_is_no_file_is_refused(work: Path, tmp_path: Path, name: str) -> None:
    with private_folder(work) as private, handover(private) as handed:
        path = handed.folder / name
        if name == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(tmp_path / "home" / ("credentials.json" if name == "file" else ""))

        with pytest.raises(Rejected, match=f"the output {name} is not a regular file"):
            handed.outputs()


def test_a_file_that_is_to_be_kept_is_taken_from_where_the_handler_writes(work: Path) -> None:
    with private_folder(work) as private, handover(private) as handed:
        (handed.writing / "state").mkdir()
        (handed.writing / "state" / "note").write_text("half")

        kept = handed.file(handed.writing / "state" / "note")
        shutil.rmtree(handed.writing / "state")

        assert kept.read_text() == "half"
        assert kept.parent == private


@pytest.mark.parametrize("way", ["outside", "above", "by a link", "by a linked folder", "a folder"])
def test_no_other_file_can_be_kept(work: Path, tmp_path: Path, way: str) -> None:
    secret = tmp_path / "home" / "credentials.json"
    with private_folder(work) as private, handover(private) as handed:
        (handed.writing / "link").symlink_to(secret)
        (handed.writing / "linked").symlink_to(secret.parent)
        paths = {
            "outside": secret,
            "above": handed.writing / ".." / ".." / "home" / "credentials.json",
            "by a link": handed.writing / "link",
            "by a linked folder": handed.writing / "linked" / "credentials.json",
            "a folder": handed.folder,
        }

        with pytest.raises(Rejected):
            handed.file(paths[way])

        assert SECRET not in contents(private).get("kept1", "")
