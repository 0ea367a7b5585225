"""Handlers in real processes of their own."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from events import ObjectCreated
from functions.runtime import Rejected, TryAgain
from functions.runtime.children import Children, _usage
from functions.runtime.errors import InputVanishedError, NotYetError
from functions.runtime.kernel import InUse, in_use
from functions.runtime.local_desk import LocalDesk
from functions.runtime.process import BrokenChildError, Child, ChildLostError
from functions.runtime.runner import Task, Usage
from functions.runtime.runs import StoredObject
from functions.runtime.secrets import NAMES
from functions.runtime.start import child_environment

ENVIRONMENT = child_environment(os.environ, {})
COPY = "tests.handlers:copy"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    pool = Children(COPY, 1, ENVIRONMENT)
    yield pool
    pool.close()


def run(
    children: Children, tmp_path: Path, content: bytes, *, time_limit: float = 30, desk: LocalDesk | None = None
) -> Usage:
    source = tmp_path / "a.txt"
    source.write_bytes(content)
    (tmp_path / "out").mkdir(exist_ok=True)
    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    return children.run(Task(event, tmp_path / "out", "copy/00", time_limit=time_limit), desk or LocalDesk(source))


def test_a_handler_writes_into_the_hosts_folder_and_tells_what_it_used(children: Children, tmp_path: Path) -> None:
    usage = run(children, tmp_path, b"hello")

    assert (tmp_path / "out" / "a.txt.copy").read_bytes() == b"hello"
    assert usage.metrics == {"bytes": 5}
    assert usage.peak_memory > 2**20


@pytest.mark.parametrize("content", [b"eat memory", b"child eats memory"])
def test_a_handler_that_eats_memory_is_stopped_at_its_limit_and_the_next_event_runs(
    tmp_path: Path, content: bytes
) -> None:
    pool = Children(COPY, 1, ENVIRONMENT, memory=256 * 2**20)
    try:
        with pytest.raises(ChildLostError, match="more than its 256 MiB of memory") as lost:
            run(pool, tmp_path, content)

        assert "FDL" in lost.value.hint
        assert run(pool, tmp_path, b"hello").metrics == {"bytes": 5}
    finally:
        pool.close()


def test_a_handler_knows_its_services_secrets_and_logs_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    secret = "correct horse battery"
    pool = Children(COPY, 1, ENVIRONMENT | {"TOKEN": secret, NAMES: "TOKEN"})
    try:
        with pytest.raises(TryAgain):
            run(pool, tmp_path, b"tell the secret")
    finally:
        pool.close()

    logged = ""
    deadline = time.monotonic() + 60
    while "printed" not in logged and time.monotonic() < deadline:
        time.sleep(0.05)
        logged += capfd.readouterr().err
    assert "the secret is ***" in logged
    assert "printed: ***" in logged
    assert secret not in logged


def test_a_verdict_crosses_the_process_border(children: Children, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="the content says reject") as rejected:
        run(children, tmp_path, b"reject")
    with pytest.raises(TryAgain) as again:
        run(children, tmp_path, b"try again")

    assert rejected.value.hint == "upload something else"
    assert again.value.delay == 0.05


def test_what_nobody_foresaw_is_tried_again(children: Children, tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match="RuntimeError: nobody foresaw this"):
        run(children, tmp_path, b"raise")


@pytest.mark.parametrize(("content", "how"), [(b"exit", "exit code 7"), (b"segfault", "SIGSEGV")])
def test_a_crash_is_a_retry_and_the_next_event_runs(
    children: Children, tmp_path: Path, content: bytes, how: str
) -> None:
    with pytest.raises(ChildLostError, match=how) as lost:
        run(children, tmp_path, content)

    assert lost.value.retry
    assert run(children, tmp_path, b"next").metrics == {"bytes": 4}


def test_a_hanging_handler_is_stopped_at_its_time_limit(children: Children, tmp_path: Path) -> None:
    with pytest.raises(ChildLostError, match=r"longer than 0\.2 s and was stopped"):
        run(children, tmp_path, b"hang", time_limit=0.2)

    assert run(children, tmp_path, b"next").metrics == {"bytes": 4}


def test_a_failed_answer_to_a_handler_is_not_heard_by_the_next(children: Children, tmp_path: Path) -> None:
    class Away(LocalDesk):
        def sibling(self, suffix: str) -> Path | None:
            raise TryAgain("the store is away")

    (tmp_path / "a.txt").write_bytes(b"sibling")
    (tmp_path / "out").mkdir()
    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    with pytest.raises(TryAgain, match="the store is away"):
        children.run(Task(event, tmp_path / "out", "copy/00"), Away(tmp_path / "a.txt"))

    assert run(children, tmp_path, b"next").metrics == {"bytes": 4}


def test_whether_a_run_can_do_without_what_is_gone_is_for_its_handler_to_say(
    children: Children, tmp_path: Path
) -> None:
    class Emptied(LocalDesk):
        def read(self, one: StoredObject) -> Path:
            raise InputVanishedError(f"{one.key} is not there", hint="put it back")

    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    (tmp_path / "out").mkdir()
    (tmp_path / "a.txt").write_bytes(b"like what is gone")
    done = children.run(Task(event, tmp_path / "out", "copy/00"), Emptied(tmp_path / "a.txt"))
    (tmp_path / "a.txt").write_bytes(b"need what is gone")
    with pytest.raises(InputVanishedError, match="gone is not there") as refused:
        children.run(Task(event, tmp_path / "out", "copy/00"), Emptied(tmp_path / "a.txt"))

    assert done.metrics == {"bytes": 17}
    assert refused.value.hint == "put it back"


def test_what_waits_for_a_process_is_given_back_when_the_worker_stops(tmp_path: Path) -> None:
    pool = Children(COPY, 1, ENVIRONMENT)
    pool.stop_taking()
    try:
        with pytest.raises(NotYetError, match="the worker stops"):
            run(pool, tmp_path, b"hello")
    finally:
        pool.close()


def test_a_stopped_handler_takes_what_it_started_with_it(tmp_path: Path) -> None:
    child = Child.start(COPY, ENVIRONMENT)

    assert os.getpgid(child.process.pid) == child.process.pid
    child.stop()


def test_a_wrong_setting_shows_before_the_first_event() -> None:
    with pytest.raises(BrokenChildError, match="COPY_SECONDS has value 'soon'"):
        Child.start(COPY, ENVIRONMENT | {"COPY_SECONDS": "soon"})


def test_a_child_sees_no_secret_of_its_host() -> None:
    kept = child_environment({"PATH": "/bin", "NORIA_STORE_SECRET_KEY": "canary", "AWS_SECRET_ACCESS_KEY": "c"}, {})

    assert not any("SECRET" in name for name in kept)


def test_a_number_that_is_none_comes_into_no_record(tmp_path: Path) -> None:
    frame = {"metrics": {"mean": float("inf")}, "cpu_seconds": 0.1, "peak_memory": 1}

    with pytest.raises(ChildLostError, match="a number that is none"):
        _usage(frame, InUse(), 0)


def test_what_a_handler_has_started_counts_though_it_was_killed_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[InUse] = []
    when_asked: list[int] = []

    class Looking(LocalDesk):
        """Says whether the host has looked at what the handler uses since it was first asked."""

        def sibling(self, suffix: str) -> Path | None:
            when_asked.append(len(looks))
            return tmp_path / f"a{suffix}" if len(looks) > when_asked[0] else None

    def look(pid: int) -> InUse:
        looks.append(in_use(pid))
        return looks[-1]

    monkeypatch.setattr("functions.runtime.process.in_use", look)
    pool = Children(COPY, 1, ENVIRONMENT, memory=2**30)
    try:
        used = run(pool, tmp_path, b"orphan works", time_limit=300, desk=Looking(tmp_path / "a.txt"))
    finally:
        pool.close()

    assert used.cpu_seconds > 0.4
    assert used.peak_memory > 2**26


@pytest.mark.parametrize("content", [b"ask for ever", b"trickle"])
def test_a_handler_that_keeps_its_host_busy_is_stopped_at_its_limit_all_the_same(
    children: Children, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ChildLostError, match=r"took longer than 0\.5 s"):
        run(children, tmp_path, content, time_limit=0.5)

    assert run(children, tmp_path, b"hello").metrics == {"bytes": 5}


@pytest.mark.parametrize(("content", "why"), [(b"tell nonsense", "told nonsense"), (b"exit 255", "exit code 255")])
def test_a_handlers_process_that_makes_no_sense_is_a_lost_one(
    children: Children, tmp_path: Path, content: bytes, why: str
) -> None:
    with pytest.raises(ChildLostError, match=why):
        run(children, tmp_path, content)

    assert run(children, tmp_path, b"hello").metrics == {"bytes": 5}


def test_what_a_process_said_last_is_told_if_it_ends_before_it_is_ready(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dying.py").write_text("import os\nprint('no weights, but a s3cret')\nos._exit(7)\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environ = {**ENVIRONMENT, "PYTHONPATH": paths, "TOKEN": "a s3cret", NAMES: "TOKEN"}

    with pytest.raises(ChildLostError, match=r"lost \(exit code 7\): no weights, but \*+") as lost:
        Child.start("dying:handler", environ)

    assert "s3cret" not in lost.value.message + capfd.readouterr().err
