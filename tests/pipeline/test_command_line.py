"""What a person meets at the command line when something is wrong or missing."""

import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import skimage.data

from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    """Nothing runs here."""
    return Noria(tmp_path / ".noria")


def test_without_a_plane_the_verbs_say_what_to_do(noria: Noria) -> None:
    lines = ("status", "runs", "ls", "failed list", "failed retry --all", "failed purge --all", "trace photos/in/a.png")
    for line in (*lines, "replay --since 1h"):
        done = noria.run(*line.split())

        assert done.returncode == 4
        assert "hint: run noria up" in done.stderr


def test_a_picture_is_blurred_without_any_server(noria: Noria, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), skimage.data.camera())

    document = noria.json("invoke", "blur-faces", "--input", picture, "--output", tmp_path / "out")

    assert [Path(path).name for path in document["outputs"]] == ["a.png.blurred.png", "a.png.faces.json"]
    assert document["metrics"] == {"faces": 1}
    masks = noria.json("invoke", "mask-detect", "--input", document["outputs"][0], "--output", tmp_path / "out")
    assert masks["metrics"]["no_masks_count"] + masks["metrics"]["masks_count"] == 1


def test_a_rejected_file_is_one_sentence_a_hint_and_exit_code_3(noria: Noria, tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("not a picture")

    done = noria.run("invoke", "blur-faces", "--input", text, "--output", tmp_path / "out")

    assert done.returncode == 3
    assert done.stdout == ""
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_wrong_fdl_names_the_nearest_field_and_starts_nothing(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out").replace("memory:", "memroy:"))

    done = noria.run("up", file)

    assert done.returncode == 3
    assert "memroy" in done.stderr
    assert "did you mean memory?" in done.stderr
    assert not (noria.home / "store").exists()


def test_a_loop_between_pipelines_is_refused_before_anything_starts(noria: Noria, tmp_path: Path) -> None:
    files = [tmp_path / "there.yaml", tmp_path / "back.yaml"]
    files[0].write_text(pipeline("there", "inbox/a", "inbox/b"))
    files[1].write_text(pipeline("back", "inbox/b", "inbox/a"))

    done = noria.run("up", *files)

    assert done.returncode == 3
    assert "there" in done.stderr
    assert "back" in done.stderr
    assert not (noria.home / "store").exists()


def test_a_wrong_setting_of_a_function_stops_the_start_and_names_it(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out", COPY_SECONDS="soon"))

    done = noria.run("up", "--detach", file)

    assert done.returncode == 4
    assert "COPY_SECONDS has value 'soon'" in done.stderr
    assert noria.pid("weed") is None


@pytest.mark.parametrize("away", ["NORIA_NATS_URL=nats://127.0.0.1:9", "NORIA_STORE_URL=http://127.0.0.1:9"])
def test_a_server_that_is_away_is_one_sentence_and_nothing_stays_behind(
    noria: Noria, tmp_path: Path, away: str
) -> None:
    noria.environ |= dict([away.split("=")])
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))

    done = noria.run("up", file)

    assert done.returncode == 4
    assert away.split("=")[1] + " does not answer" in done.stderr
    assert "hint: start it, or look at NORIA_" in done.stderr
    assert (noria.pid("weed"), noria.pid("nats-server")) == (None, None)


def test_sigterm_ends_a_start_before_it_is_ready(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    with noria.without_a_broker(tmp_path).begin("up", file) as up:
        assert up.stderr
        said = up.stderr.readline()

        up.terminate()
        said += up.communicate(timeout=60)[1]

    assert "starting the store" in said
    assert "ready" not in said
    assert "starting copy" not in said
    assert (noria.pid("weed"), noria.pid("nats-server"), noria.pid("supervisor")) == (None, None, None)


@pytest.mark.parametrize("name", ["operator", "publisher", "clock", "dead-letters"])
def test_a_service_cannot_take_a_name_of_noria_itself(noria: Noria, tmp_path: Path, name: str) -> None:
    file = tmp_path / "taken.yaml"
    file.write_text(pipeline(name, "inbox/in", "outbox/out"))

    done = noria.run("up", "--detach", file)

    assert done.returncode == 3
    assert f"a service cannot be named {name}" in done.stderr
    assert "hint: give it another name" in done.stderr
    assert not (noria.home / "credentials.json").exists()


@pytest.mark.parametrize("verb", [["status"], ["up"], ["down"], ["ls"]])
def test_a_home_that_is_no_folder_is_one_sentence(verb: list[str]) -> None:
    done = Noria(Path("/dev/null")).run(*verb)

    assert done.returncode == 3
    assert "error: cannot use /dev/null" in done.stderr
    assert "hint: NORIA_HOME must name a folder" in done.stderr


def test_outputs_onto_a_file_are_one_sentence(noria: Noria, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("taken")

    done = noria.run("invoke", "tests.handlers:copy", "--input", taken, "--output", taken)

    assert done.returncode == 3
    assert f"cannot use {taken}" in done.stderr


def test_a_plane_starts_in_a_shell_with_variables_for_other_programs(noria: Noria, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    noria.environ |= {"http_proxy": nowhere, "AWS_SESSION_TOKEN": "x", "AWS_ENDPOINT_URL": nowhere}
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    try:
        noria("up", "--detach", file)
        document = noria.json("put", file, "inbox/in/", "--wait")
    finally:
        noria("down")

    assert [run["state"] for run in document["runs"]] == ["committed"]


def test_doctor_finds_what_is_wrong_and_unsafe(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out", COPY_SECONDS="soon"))
    noria.home.mkdir()
    (noria.home / "credentials.json").write_text("{}")
    (noria.home / "credentials.json").chmod(0o644)

    found = {each["what"]: each for each in noria.json("doctor", file, code=5)}

    assert found["function copy"]["verdict"] == "wrong"
    assert "COPY_SECONDS" in found["function copy"]["detail"]
    assert found[str(noria.home / "credentials.json")]["verdict"] == "unsafe"


def test_doctor_is_content_with_the_projects_own_pipelines(noria: Noria) -> None:
    found = noria.json("doctor")

    assert {each["verdict"] for each in found} <= {"ok", "warning"}
    assert {"function blur-faces", "function mask-detect", "weed", "nats-server"} <= {each["what"] for each in found}


def test_logs_are_followed_from_before_anything_has_begun_to_log(noria: Noria) -> None:
    with noria.begin("logs", "publisher", "-f", "--json") as follower:
        assert follower.stderr
        assert follower.stdout
        said = follower.stderr.readline()
        (noria.home / "run").mkdir(parents=True)
        (noria.home / "run" / "publisher.log").write_text('{"event": "ready"}\n')

        line = follower.stdout.readline()
        follower.send_signal(signal.SIGINT)
        follower.communicate(timeout=60)

    assert (said, line) == ("nothing is logged yet\n", '{"event": "ready"}\n')
    assert follower.returncode == 130


def test_the_help_text_in_the_docs_is_what_the_command_prints() -> None:
    command = [sys.executable, "-m", "local.cli.reference"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert (ROOT / "docs" / "command-line.md").read_text() == printed, "run make docs"
