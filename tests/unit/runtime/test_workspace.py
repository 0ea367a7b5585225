"""What a dead worker has left is found and removed, and nothing of a living one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from functions.runtime import Rejected
from functions.runtime.handover import handover
from functions.runtime.workspace import Note, abandoned, private_folder, room, sweep

WORKER = """\
import sys
from pathlib import Path
from functions.runtime.workspace import Note, begin, private_folder, room
with private_folder(room(Path(sys.argv[1])), Note("copy/00", "me")) as folder:
    begin(folder)
    print("begun", flush=True)
    sys.stdin.read()
"""


def worker(work: Path) -> subprocess.Popen[bytes]:
    """Start a worker that has a run in hand, in a room."""
    pipe = subprocess.PIPE
    started = subprocess.Popen([sys.executable, "-c", WORKER, str(work)], stdin=pipe, stdout=pipe)
    assert started.stdout is not None
    assert started.stdout.readline() == b"begun\n"
    return started


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_what_a_killed_worker_had_in_hand_in_its_room_is_found_and_then_removed(tmp_path: Path) -> None:
    end(worker(tmp_path))

    (left,) = abandoned(tmp_path)
    sweep(tmp_path)

    assert (left.note, left.running) == (Note("copy/00", "me"), True)
    assert not list(tmp_path.iterdir())


def test_a_worker_that_others_cannot_see_keeps_its_room(tmp_path: Path) -> None:
    alive = worker(tmp_path)
    (folder,) = tmp_path.iterdir()
    hidden = folder.rename(folder.with_name(folder.name.replace(str(alive.pid), "999999999")))
    try:
        swept = sweep(tmp_path)
    finally:
        end(alive)

    assert swept == 0
    assert hidden.is_dir()


def test_rooms_that_come_and_go_meanwhile_stop_nobody_who_looks(tmp_path: Path) -> None:
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            folder = tmp_path / "noria-run-1-room-of-another"
            folder.mkdir()
            folder.rmdir()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        found = [abandoned(tmp_path) for _ in range(2000)]
    finally:
        over.set()
        other.join()

    assert not any(found)


def test_a_room_of_this_process_is_no_litter(tmp_path: Path) -> None:
    with private_folder(room(tmp_path), Note("copy/00", "me")) as mine:
        assert sweep(tmp_path) == 0
        assert mine.is_dir()


@pytest.mark.parametrize("what", ["pipe", "link", "folder", "nonsense"])
def test_a_note_that_is_none_holds_nobody_up(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "noria-run-999999999-x"
    folder.mkdir()
    note = folder / "run.json"
    if what == "pipe":
        os.mkfifo(note)
    elif what == "link":
        note.symlink_to("/dev/zero")
    elif what == "folder":
        note.mkdir()
    else:
        note.write_text("{")

    assert abandoned(tmp_path) == []
    assert sweep(tmp_path) == 1


def test_folders_nested_as_deep_as_can_be_are_removed_too(tmp_path: Path) -> None:
    deep = tmp_path / "noria-run-999999999-x"
    deep.mkdir()
    nest(deep, 3000)

    assert sweep(tmp_path) == 1
    assert not deep.exists()


def test_outputs_nested_too_deep_are_refused(tmp_path: Path) -> None:
    with private_folder(room(tmp_path)) as private, handover(private) as handed:
        nest(handed.folder, 3000)

        with pytest.raises(Rejected, match="more than 64 folders"):
            handed.outputs()
    assert not handed.writing.exists()


def nest(folder: Path, depth: int) -> None:
    """Make folders in one another, deeper than a path can be long."""
    opened = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("deep-as-it-is", dir_fd=opened)
        inner = os.open("deep-as-it-is", os.O_RDONLY, dir_fd=opened)
        os.close(opened)
        opened = inner
    os.close(opened)
