"""The handler believes nothing that the training process says or leaves behind without looking."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from itertools import count
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import ClassVar

import pytest

from functions.runtime.errors import CancelledError, Rejected
from functions.sandbox.walls import Job, NoSandboxError, Sandbox, Setting, Stream, Unconfined, choose
from functions.train_on_upload import supervision
from functions.train_on_upload.energy import ABSENT, Meter
from functions.train_on_upload.journal import Journal
from functions.train_on_upload.messages import CHECKPOINTS, OUTPUTS, SPARE, Message, Progress, Refused
from functions.train_on_upload.salvage import salvage
from functions.train_on_upload.supervision import Bounds, Supervision, TrainerLostError


class Instead:
    """Runs a line of Python in place of the trainer."""

    kind: ClassVar[str] = "instead"

    def __init__(self, line: str, within: Sandbox | None = None) -> None:
        self.line = line
        self.within = within or Unconfined()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, job: Job, *, stdout: Stream = None, stderr: Stream = None) -> subprocess.Popen[bytes]:
        mine = Job([sys.executable, "-S", "-c", self.line], job.read, job.write, job.limits, job.environ, job.folder)
        self.process = self.within.start(mine, stdout=stdout, stderr=stderr)
        return self.process


def nothing() -> None:
    """Nobody asks."""


def supervised(
    folder: Path, line: str, heard: list[Message] | None = None, memory: int = 2**30, file: int = 2**24
) -> None:
    kept: list[Message] = [] if heard is None else heard
    Supervision(folder, Instead(line), Bounds(memory, 100, file), kept.append, nothing).run({})


def test_what_it_says_while_it_trains_is_heard(tmp_path: Path) -> None:
    heard: list[Message] = []
    line = """print('{"kind": "progress", "numbers": {"epoch": 1}}'); print('{"kind": "refused", "reason": "no"}')"""

    with pytest.raises(Rejected, match="no"):
        supervised(tmp_path, line, heard)

    assert heard == [Progress(numbers={"epoch": 1})]


@pytest.mark.parametrize(
    "line",
    [
        "print('hello')",
        """print('{"kind": "progress", "numbers": {"loss": NaN}}')""",
        """print('{"kind": "checkpoint", "file": "../../etc/passwd"}')""",
        """print('{"kind": "done", "files": ["x.sh"]}')""",
        """print('{"kind": "refused", "reason": "%s"}' % ("x" * 501))""",
        """print('{"kind": "refused", "reason": "no", "hint": "%s"}' % ("x" * 501))""",
        """print('{"kind": "note", "text": "%s"}' % ("x" * 1001))""",
        """print('{"kind": "progress", "numbers": {"Lösung": 1}}')""",
        """print('{"kind": "progress", "numbers": {"%s": 1}}' % ("x" * 65))""",
        """import json; print(json.dumps({"kind": "progress", "numbers": {f"n{n}": n for n in range(65)}}))""",
        "print('x' * (17 << 20))",
    ],
)
def test_what_is_no_message_is_not_believed(tmp_path: Path, line: str) -> None:
    with pytest.raises(TrainerLostError, match=r"cannot be understood|does not end its line"):
        supervised(tmp_path, line)


def test_what_we_have_to_say_ourselves_is_cut_to_what_is_heard() -> None:
    long = Rejected("x" * 501, hint="y" * 501)

    said = Refused.of(long)

    assert (len(said.reason), len(said.hint)) == (500, 500)
    assert said.reason.endswith("x…")
    assert Refused.of(Rejected("no")).reason == "no"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import ctypes; ctypes.string_at(0)", r"ended early \(SIGSEGV\)"),
        ("raise RuntimeError('a layer is broken')", r"ended early \(exit code 1\): RuntimeError: a layer is broken"),
        ("pass", r"ended early \(exit code 0\)"),
    ],
)
def test_a_process_that_ends_without_a_word_is_tried_again(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(TrainerLostError, match=said):
        supervised(tmp_path, line)


def test_memory_beyond_the_limit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="the training needs more than 64 MiB of memory") as refused:
        supervised(tmp_path, "bytearray(2**28)", memory=2**26)

    assert "TRAIN_ON_UPLOAD_MEMORY" in refused.value.hint


def test_memory_that_no_limit_of_the_kernel_sees_is_watched(tmp_path: Path) -> None:
    line = "import mmap, time; m = mmap.mmap(-1, 2**27); m.write(b'x' * 2**27); time.sleep(60)"

    with pytest.raises(Rejected, match="the training needs more than 64 MiB of memory"):
        supervised(tmp_path, line, memory=2**26)


def test_a_disk_is_not_filled_by_many_files_that_are_each_within_the_limit(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill = f"[open({str(tmp_path)!r} + f'/out/{{n}}', 'wb').write(bytes(2**20)) for n in range(70)]"
    line = f"import time; {fill}; time.sleep(60)"

    with pytest.raises(Rejected, match=r"the training wrote more than 67,108,864 bytes or 10,000 files"):
        supervised(tmp_path, line)


@pytest.mark.parametrize("what", ["bytes", "files", "deep"])
def test_all_that_it_writes_is_watched_however_many_files_that_is(tmp_path: Path, what: str) -> None:
    lines = {
        "bytes": "[open(f'out/{n}', 'wb').write(bytes(2**20)) for n in range(9)]",
        "files": "[open(f'tmp/{n}', 'wb').close() for n in range(10_001)]",
        "deep": "os.makedirs('tmp/a/b'); [open(f'tmp/a/b/{n}', 'wb').write(bytes(2**20)) for n in range(9)]",
    }
    for folder in (OUTPUTS, CHECKPOINTS, SPARE):
        (tmp_path / folder).mkdir()

    with pytest.raises(Rejected, match="the training wrote more than 8,388,608 bytes or 10,000 files"):
        supervised(tmp_path, f"import os, time; {lines[what]}; time.sleep(60)", file=2**21)


def test_a_person_who_cancels_ends_the_process(tmp_path: Path) -> None:
    sandbox = Instead("import time; time.sleep(600)")

    def cancel() -> None:
        raise CancelledError("the run was cancelled")

    with pytest.raises(CancelledError):
        Supervision(tmp_path, sandbox, Bounds(2**30, 100, 2**24), print, cancel).run({})

    assert sandbox.process is not None
    assert sandbox.process.poll() is not None


COUNTER = """
import mmap, os
with open('out/count', 'wb+') as file:
    file.truncate(4096)
    count = mmap.mmap(file.fileno(), 4096)
os.write(1, b'{"kind": "refused", "reason": "no"}\\n')
os.close(1)
number = 0
while True:
    number += 1
    count[:8] = number.to_bytes(8, 'little')
"""


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock", "none"])
def test_nothing_of_it_is_at_work_any_more_when_its_files_are_taken(
    tmp_path: Path, kind: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "EXIT", 0.05)
    try:
        sandbox = choose(kind)
    except NoSandboxError as why:
        pytest.skip(why.message)
    for number in range(8):
        workspace = tmp_path / str(number)
        for name in (OUTPUTS, CHECKPOINTS, SPARE):
            (workspace / name).mkdir(parents=True)
        watched = Supervision(workspace, Instead(COUNTER, sandbox), Bounds(2**30, 100, 2**24), print, nothing)

        with pytest.raises(Rejected, match="no"):
            watched.run({})

        with (workspace / OUTPUTS / "count").open("rb") as file, mmap(file.fileno(), 8, access=ACCESS_READ) as count:
            before = count[:]
            time.sleep(0.02)
            assert count[:] == before


@pytest.mark.parametrize("left", ["link", "hard link", "folder", "pipe", "nothing", "large"])
def test_only_plain_files_are_taken_from_it(tmp_path: Path, left: str) -> None:
    secret, file = tmp_path / "secret", tmp_path / "out.json"
    secret.write_text("key")
    match left:
        case "link":
            file.symlink_to(secret)
        case "hard link":
            os.link(secret, file)
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "large":
            file.write_bytes(bytes(101))

    with pytest.raises(Rejected, match=r"left something else than a file at|wrote more than 100 bytes to") as refused:
        salvage(file, tmp_path / "ours", limit=100)

    assert "out.json" in refused.value.message


def test_what_is_taken_is_what_was_looked_at_though_a_link_takes_its_place_all_the_time(tmp_path: Path) -> None:
    secret, file, spare = tmp_path / "secret", tmp_path / "1.npz", tmp_path / "2.npz"
    secret.write_text("key")
    stop, taken = threading.Event(), set[bytes]()

    def swap() -> None:
        while not stop.is_set():
            spare.write_text("ours")
            spare.replace(file)
            spare.symlink_to(secret)
            spare.replace(file)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        for number in count():
            with contextlib.suppress(Rejected):
                taken.add(salvage(file, tmp_path / f"taken{number}", limit=100).read_bytes())
            if number >= 2000 and (b"ours" in taken or time.monotonic() > deadline):  # the other may stand still
                break
    finally:
        stop.set()
        thread.join()

    assert taken <= {b"ours", b""}
    assert b"ours" in taken


def test_energy_is_the_sum_of_all_packages_and_survives_a_counter_that_starts_anew(tmp_path: Path) -> None:
    assert Meter.start(tmp_path).joules() == (None, ABSENT)
    for name, energy in (("intel-rapl:0", 1_000_000), ("intel-rapl:1", 900_000), ("intel-rapl:0:0", 5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{energy}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("1000000\n")

    meter = Meter.start(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("3000000\n")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("400000\n")

    assert meter.joules()[0] == pytest.approx(2.0 + 0.5)


def test_a_log_line_is_one_line_and_commands_no_terminal() -> None:
    journal = Journal()

    journal.add("a\nb\x1b[31m")
    journal.libraries("I0000 chatter\n\nwarning\n" * 300)

    assert journal.lines[0].endswith(r"a\nb\x1b[31m")
    assert len(journal.lines) == 1 + 1 + 200
    assert not any("chatter" in line for line in journal.lines)
