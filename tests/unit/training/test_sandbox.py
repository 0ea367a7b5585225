"""Each kind of sandbox stops what it says it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.sandbox import seccomp, walls
from functions.sandbox.limits import Limits
from functions.sandbox.walls import Bubblewrap, Job, Landlock, NoSandboxError, Sandbox, Unconfined, choose, ended_by
from functions.train_on_upload.messages import ORDER
from tests.doors import Doors

PROBES = Path(__file__).with_name("probes.py")
SECRET = "the private key"
LIMITS = Limits(memory=2**28, file_size=2**24, files=64, cpu_seconds=60)
KINDS: dict[str, Sandbox] = {each.kind: each for each in (Bubblewrap(), Landlock(), Unconfined())}
WITHOUT = {"bubblewrap": walls.without_bubblewrap, "landlock": walls.without_landlock}


def made(kind: str) -> Sandbox:
    if kind in WITHOUT and (why := WITHOUT[kind]()):
        pytest.skip(why)
    return KINDS[kind]


def python(*words: str, read: tuple[Path, ...] = (), write: tuple[Path, ...] = (), limits: Limits = LIMITS) -> Job:
    return Job([sys.executable, "-I", "-S", *words], read, write, limits, {"PATH": "/usr/bin"}, Path("/"))


def said(sandbox: Sandbox, job: Job) -> str:
    process = sandbox.start(job, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()
    return output.decode()


class World:
    """A machine with something to lose: a secret, a home, a listener on loopback and one on a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "outside", "inside", "readable"):
            (folder / name).mkdir()
        self.secret = folder / "home" / "key.pem"
        self.secret.write_text(SECRET)
        (folder / "readable" / "data").write_text("data")
        self.doors = Doors(folder)

    def probe(self, sandbox: Sandbox, *only: str) -> dict[str, str]:
        given = {
            "secret": str(self.secret),
            "home": str(self.folder / "home"),
            "outside": str(self.folder / "outside"),
            "inside": str(self.folder / "inside"),
            "readable": str(self.folder / "readable" / "data"),
            "socket": str(self.doors.path),
            "port": self.doors.port,
            "pid": os.getpid(),
            "only": only,
        }
        os.environ["A_SECRET"] = SECRET
        with (self.folder / "home" / "key.pem").open() as held:
            os.set_inheritable(held.fileno(), True)
            read = (PROBES, self.folder / "readable")
            job = python(str(PROBES), json.dumps(given), read=read, write=(self.folder / "inside",))
            answers: dict[str, str] = json.loads(said(sandbox, job))
        return answers


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def came(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What came of each attempt in one kind of sandbox; the secret is as it was afterwards."""
    sandbox = made(request.param)
    world = World(tmp_path_factory.mktemp(request.param))
    try:
        yield world.probe(sandbox)
        assert world.secret.read_text() == SECRET
        assert world.secret.stat().st_mode & 0o777 != 0o777
        assert not list((world.folder / "outside").iterdir())
    finally:
        world.doors.close()
        os.environ.pop("A_SECRET", None)


@pytest.mark.parametrize(
    "attempt",
    [
        "read_secret",
        "list_home",
        "write_outside",
        "truncate_outside",
        "write_tmp",
        "write_devices",
        "write_what_may_be_read",
        "mode_outside",
        "link_to_secret",
        "kernel_settings",
    ],
)
def test_files_outside_cannot_be_read_listed_written_or_changed(came: dict[str, str], attempt: str) -> None:
    assert came[attempt].startswith("refused: ")


@pytest.mark.parametrize("attempt", ["tcp", "udp", "unix_socket"])
def test_there_is_no_network_and_no_socket_to_a_daemon(came: dict[str, str], attempt: str) -> None:
    assert came[attempt].startswith("refused: ")


@pytest.mark.parametrize("attempt", ["fork", "signal_parent", "trace_parent", "environment_of_parent", "own_namespace"])
def test_no_process_can_be_made_or_reached(came: dict[str, str], attempt: str) -> None:
    assert came[attempt].startswith("refused: ")


def test_it_cannot_take_back_that_it_dies_with_its_parent(came: dict[str, str]) -> None:
    assert came["outlive_parent"].startswith("refused: ")


def test_a_process_that_stays_what_it_is_cannot_become_another_program_from_a_thread_that_would_live_on() -> None:
    line = """
import os, sys, threading
from functions.sandbox import seccomp
def become():
    try:
        os.execv(sys.executable, [sys.executable, "-c", "print('another')"])
    except OSError as error:
        print(type(error).__name__)
seccomp.stay()
thread = threading.Thread(target=become)
thread.start()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", line], cwd=walls.CODE, capture_output=True, text=True, check=True)

    assert done.stdout == "PermissionError\n"


def test_the_trainer_stays_what_it_is_before_it_reads_anything(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ORDER)
    words = [sys.executable, "-m", "functions.train_on_upload.trainer", str(tmp_path)]
    process = subprocess.Popen(words, cwd=walls.CODE, stderr=subprocess.DEVNULL)
    try:
        with (tmp_path / ORDER).open("wb"):  # comes back once the trainer opens it too
            status = Path(f"/proc/{process.pid}/status").read_text()
            own = Path("/proc/self/status").read_text()
    finally:
        process.kill()
        process.wait()

    assert filters(status) == filters(own) + 1


def filters(status: str) -> int:
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Seccomp_filters:")))


def test_memory_files_and_hidden_memory_are_limited_and_limits_cannot_be_raised(came: dict[str, str]) -> None:
    assert came["memory"].startswith("refused: MemoryError")
    assert came["large_file"].startswith("refused: OSError [Errno 27]")
    assert came["mapped_file_memory"].startswith("refused: ")
    assert came["raise_limit"].startswith("refused: ")


def test_no_secret_and_no_open_file_is_inherited(came: dict[str, str]) -> None:
    assert "A_SECRET" not in came["inherited"]
    assert came["descriptors"] == "done: 0 1 2"


def test_what_a_training_needs_is_left(came: dict[str, str]) -> None:
    assert came["read_inside"] == "done: data"
    assert came["write_inside"] == "done: 1"
    assert came["thread"] == "done: ran"
    assert came["private_mapping"] == f"done: {2**20}"


def test_without_walls_there_are_limits_all_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        came = world.probe(Unconfined(), "read_secret", "memory", "descriptors")
    finally:
        world.doors.close()
        os.environ.pop("A_SECRET", None)

    assert came["read_secret"] == f"done: {SECRET}"
    assert came["memory"].startswith("refused: MemoryError")
    assert came["descriptors"] == "done: 0 1 2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_sandboxed_process_dies_with_the_one_that_started_it(kind: str, tmp_path: Path) -> None:
    made(kind)
    sleeper = "import time; print('started', flush=True); time.sleep(600)"
    starter = (
        "import os, sys; from pathlib import Path; from functions.sandbox.walls import *; "
        f"job = Job([sys.executable, '-I', '-S', '-c', {sleeper!r}], [], [], Limits(), {{'MARK': {str(tmp_path)!r}}}, "
        f"Path('/')); p = {type(KINDS[kind]).__name__}().start(job); p.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter], cwd=walls.CODE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    assert marked(tmp_path)

    parent.kill()
    parent.communicate()

    deadline = time.monotonic() + 60
    while marked(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not marked(tmp_path)


def marked(folder: Path) -> list[str]:
    """Give the processes whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={folder}".encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_signal_that_ended_a_process_is_told_whatever_stands_between(kind: str) -> None:
    job = python("-c", "import ctypes; ctypes.string_at(0)")

    code = made(kind).start(job, stderr=subprocess.DEVNULL).wait(60)

    assert ended_by(code) == signal.SIGSEGV


def test_a_machine_that_can_make_no_sandbox_refuses_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(seccomp, "is_known", lambda: False)
    walls.without_bubblewrap.cache_clear()
    walls.without_landlock.cache_clear()

    with pytest.raises(NoSandboxError, match=r"bwrap is not installed; .*") as failure:
        choose("auto")

    walls.without_bubblewrap.cache_clear()
    walls.without_landlock.cache_clear()
    assert "none" in failure.value.hint
    assert choose("none").kind == "none"


def test_every_jump_of_the_filter_stays_inside_it_and_the_refused_calls_are_numbered_for_both_machines() -> None:
    for machine in seccomp.MACHINES:
        code = seccomp.program(machine, 1)
        for at, (operation, yes, no, _) in enumerate(code):
            if operation in (seccomp.EQUAL, seccomp.AT_LEAST, seccomp.HAS_BITS):
                assert at + 1 + max(yes, no) < len(code)
        assert code[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)
