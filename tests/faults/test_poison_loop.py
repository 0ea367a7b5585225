"""Two pipelines that feed each other for ever."""

from pathlib import Path

from tests.faults.rig import Rig, pipeline
from tests.pipeline.noria import Noria
from tests.waiting import eventually

HOPS = 16
LOOP = [
    pipeline("ping", "ping/in", "pong/in", function="tests.handlers:copy", suffixes=[".copy"]),
    pipeline("pong", "pong/in", "ping/in", function="tests.handlers:copy", suffixes=[".copy"]),
]


def test_two_pipelines_that_feed_each_other_are_refused_before_anything_starts(tmp_path: Path) -> None:
    files = [tmp_path / "ping.yaml", tmp_path / "pong.yaml"]
    for file, text in zip(files, LOOP, strict=True):
        file.write_text(text)

    refused = Noria(tmp_path / ".noria").run("up", "--detach", *files)

    assert refused.returncode == 3
    assert "ping -> pong -> ping never ends" in refused.stderr
    assert not list(tmp_path.rglob("*.pid"))


def test_a_loop_that_was_started_all_the_same_ends_in_one_dead_letter_after_sixteen_hops(tmp_path: Path) -> None:
    with Rig(tmp_path, LOOP, workers=1, environ={"FAULTS_UNCHECKED": "1"}) as rig:
        upload = rig.upload(["ball.txt"])[0]

        eventually(lambda: any(list(rig.letters(service)) for service in rig.services))
        rig.settle()

        runs = [*rig.runs("ping").values(), *rig.runs("pong").values()]
        states = sorted((run.hops, run.state) for run in runs)
        letters = [letter for service in rig.services for letter in rig.letters(service)]
        assert states == [*((hop, "committed") for hop in range(HOPS)), (HOPS, "failed")]
        assert {run.trace for run in runs} == {letters[0].trace}
        assert [letter.reason for letter in letters] == ["the object has passed through 16 functions, the limit"]
        assert upload.outcome == "ok"
