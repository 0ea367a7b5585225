"""A script is run as OSCAR's supervisor would run it, and nothing of it is left."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from events import ObjectCreated
from functions.run_script.handler import run_script
from functions.run_script.script import Said
from functions.run_script.script import run as start
from functions.runtime import Rejected, TryAgain
from functions.runtime.assembly import service_of, start_handler
from functions.runtime.children import Children
from functions.runtime.errors import CancelledError
from functions.runtime.local_desk import LocalDesk
from functions.runtime.process import BrokenChildError, ChildLostError
from functions.runtime.runner import Task
from functions.runtime.start import child_environment
from local.process import started_at
from tests.conftest import Run
from tests.pipelines import pipeline

ECHO = 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH").copy"\n'


def script(folder: Path, text: str) -> Path:
    path = folder / "my script.sh"
    path.write_text(text)
    return path


@contextmanager
def handler(file: Path) -> Iterator[Children]:
    pool = Children("run-script", 1, child_environment(os.environ, {"RUN_SCRIPT_FILE": str(file)}))
    try:
        yield pool
    finally:
        pool.close()


def one(pool: Children, folder: Path, *, time_limit: float = 30) -> None:
    source = folder / "a.txt"
    source.write_text("hello")
    (folder / "out").mkdir(exist_ok=True)
    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    pool.run(Task(event, folder / "out", "run-script/00", time_limit=time_limit), LocalDesk(source))


def is_gone(pid: Path) -> bool:
    return started_at(int(pid.read_text())) is None


def has_begun(pid: Path) -> bool:
    return pid.exists() and pid.read_text().endswith("\n")


def comes_to_an_end(pid: Path) -> bool:
    deadline = time.monotonic() + 60
    while not is_gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_gone(pid)


def test_what_a_script_writes_is_the_output_and_its_folder_of_work_is_not(run: Run, tmp_path: Path) -> None:
    file = script(tmp_path, f'{ECHO}mkdir "$TMP_OUTPUT_DIR/b"; echo 1 > "$TMP_OUTPUT_DIR/b/c"; echo spare > here\n')

    found = run(run_script, "my file+\u00fc.dat", b"hello", file=file)

    assert found.files == {"my file+\u00fc.dat.copy": b"hello", "c": b"1\n"}


def test_a_script_finds_oscars_variables_and_none_of_the_workers(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORIA_STORE_SECRET_KEY", "the store's")
    file = script(tmp_path, 'env > "$TMP_OUTPUT_DIR/env"; pwd > "$TMP_OUTPUT_DIR/pwd"\n')

    found = run(run_script, "a.txt", b"hello", file=file, service="prepare", resource="Edge1")

    lines = found.files["env"].decode().splitlines()
    told = {name: value for name, _, value in (line.partition("=") for line in lines)}
    assert not [name for name in told if name.startswith(("NORIA_", "RUN_SCRIPT_", "PYDANTIC_"))]
    assert "the store's" not in found.files["env"].decode()
    assert (told["RESOURCE_ID"], told["COMPONENT_NAME"]) == ("Edge1", "prepare")
    assert told["INPUT_FILE_PATH"] == f"{told['TMP_INPUT_DIR']}/a.txt"
    assert told["STORAGE_OBJECT_KEY"] == "in/a.txt"
    assert json.loads(told["EVENT"])["Records"][0]["eventTime"][:16] == told["EVENT_TIME"][:16]
    assert told["JOB_UUID"].startswith("prepare-")
    assert Path(found.files["pwd"].decode().strip()) != Path.cwd()


@pytest.mark.parametrize("text", ["echo no picture >&2; exit 65", "echo fine; echo no picture >&2; echo bye; exit 65"])
def test_exit_code_65_says_that_the_object_is_bad(run: Run, tmp_path: Path, text: str) -> None:
    with pytest.raises(Rejected, match="no picture"):
        run(run_script, "a.txt", b"hello", file=script(tmp_path, f"{ECHO}{text}\n"))

    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 3", "my script.sh ended with exit code 3$"),
        ("kill -9 $$", "my script.sh ended with SIGKILL$"),
        ("nothing_like_it", "exit code 127: .*nothing_like_it.*not found"),
    ],
)
def test_any_other_end_is_tried_again_and_leaves_nothing(run: Run, tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(TryAgain, match=reason):
        run(run_script, "a.txt", b"hello", file=script(tmp_path, f"{ECHO}{text}\n"))

    assert not list((tmp_path / "out").iterdir())


def test_a_script_that_spoils_its_input_spoils_a_copy(run: Run, tmp_path: Path) -> None:
    file = script(tmp_path, f'echo spoilt > "$INPUT_FILE_PATH"\n{ECHO}')

    found = run(run_script, "a.txt", b"hello", file=file)

    assert found.files == {"a.txt.copy": b"spoilt\n"}
    assert (tmp_path / "in/a.txt").read_bytes() == b"hello"


def test_what_a_script_says_is_logged_as_far_as_is_bearable(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"head -c 3000000 /dev/zero | tr '\\0' x; echo; seq 1000; echo oops >&2\n{ECHO}"
    caplog.set_level(logging.INFO, "noria.function")

    run(run_script, "a.txt", b"hello", file=script(tmp_path, text), log_lines=10)

    said = [record for record in caplog.records if hasattr(record, "stream")]
    assert len(said) == 10
    assert max(len(record.getMessage()) for record in said) == 2_000
    assert caplog.records[-1].lines == 1_002  # type: ignore[attr-defined]


def test_a_link_out_of_the_results_is_not_followed(run: Run, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="not a regular file"):
        run(run_script, "a.txt", b"hello", file=script(tmp_path, 'ln -s /etc/passwd "$TMP_OUTPUT_DIR/a"\n'))


def test_what_a_script_leaves_running_is_ended_with_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    text = f"setsid sh -c 'echo $$ > {pid}; exec sleep 300' &\nwhile [ ! -s {pid} ]; do sleep 0.02; done\n{ECHO}"

    with handler(script(tmp_path, text)) as pool:
        one(pool, tmp_path)
        assert is_gone(pid)
        pid.unlink()
        one(pool, tmp_path)

    assert (tmp_path / "out/a.txt.copy").read_text() == "hello"


def test_a_script_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    with handler(script(tmp_path, f"sh -c 'echo $$ > {pid}; sleep 300'; echo never\n")) as pool:
        for limit in (1, 10, 60):  # a busy machine may take longer than that to begin with it
            with pytest.raises(ChildLostError, match=f"took longer than {limit} s"):
                one(pool, tmp_path, time_limit=limit)
            if has_begun(pid):
                break

        assert comes_to_an_end(pid)


def test_a_script_whose_handler_is_lost_is_ended_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    with handler(script(tmp_path, f"echo $$ > {pid}; kill -9 $PPID; sleep 300\n")) as pool:
        with pytest.raises(ChildLostError, match="SIGKILL"):
            one(pool, tmp_path)
        assert comes_to_an_end(pid)


def test_a_script_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def tick() -> None:
        if has_begun(pid):
            raise CancelledError("a person has cancelled it")

    with pytest.raises(CancelledError):
        start(script(tmp_path, f"echo $$ > {pid}; sleep 300\n"), os.environ, tmp_path, said=Said(0, print), tick=tick)

    assert is_gone(pid)


def test_signals_that_the_handler_ignores_reach_what_a_script_starts(tmp_path: Path) -> None:
    with handler(script(tmp_path, f"timeout 0.2 sleep 300; [ $? = 124 ] || exit 1\n{ECHO}")) as pool:
        one(pool, tmp_path, time_limit=20)

    assert (tmp_path / "out/a.txt.copy").read_text() == "hello"


def test_a_service_runs_the_script_that_its_fdl_names_from_where_that_lies(tmp_path: Path) -> None:
    text = pipeline("mine", "inbox/in", "outbox/out", function="run-script")
    fdl_file = tmp_path / "mine.yaml"
    fdl_file.write_text(text)

    with pytest.raises(BrokenChildError, match=r"mine has no script .*/run\.sh"):
        start_handler(service_of(str(fdl_file), "mine"), os.environ)
    (tmp_path / "run.sh").write_text(ECHO)
    pool = start_handler(service_of(str(fdl_file), "mine"), os.environ)
    try:
        one(pool, tmp_path)
    finally:
        pool.close()

    assert (tmp_path / "out/a.txt.copy").read_text() == "hello"


def test_a_service_without_a_script_cannot_start(tmp_path: Path) -> None:
    fdl_file = tmp_path / "mine.yaml"
    fdl_file.write_text(
        pipeline("mine", "inbox/in", "outbox/out", function="run-script").replace("script: run.sh\n", "\n")
    )

    with pytest.raises(BrokenChildError, match="mine has no script"):
        start_handler(service_of(str(fdl_file), "mine"), os.environ)
