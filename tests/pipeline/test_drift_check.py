"""drift-check as it ships, but for its windows, on the embedded plane: results of a function land and drift."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fdl
from functions.runtime.runs import FINAL, Run
from tests.pipeline.noria import ROOT
from tests.pipeline.watching import Watched
from tests.waiting import eventually

SERVICE, STREAM = "drift-check", "photos-masks/out"
WINDOW = 10
COUNTER = """\
  - local:
      name: count
      image: none
      script: count.sh
      environment: {Variables: {NORIA_FUNCTION: run-script}}
      input: [{storage_provider: minio.default, path: photos-blurred/out}]
      output: [{storage_provider: minio.default, path: photos-masks/out, suffix: [".masks.json"]}]
"""
SCRIPT = """\
name=$(basename "$INPUT_FILE_PATH" .png)
echo "{\\"masks_count\\": $(cat "$INPUT_FILE_PATH")}" > "$TMP_OUTPUT_DIR/$name.masks.json"
"""
CONFIGURATION = f"metrics: {{masks: {{masks_count: {{statistical_test: KSDrift, window: {WINDOW}}}}}}}"


class Watching(Watched):
    """A plane whose pictures have as many masks as the picture's content says."""

    def photograph(self, name: str, masks: float) -> None:
        self.store.write("photos-blurred", f"out/{name}.png", str(masks).encode())

    def checked(self, count: int) -> list[Run]:
        """Give the runs of drift-check, once there are so many and all have ended."""
        found: list[Run] = []

        def are_over() -> bool:
            found[:] = [Run.model_validate(each) for each in self.json("runs", "--function", SERVICE, "--limit", "99")]
            return len(found) == count and all(run.state in FINAL for run in found)

        eventually(are_over, 90)
        return found

    def listed(self, prefix: str) -> list[str]:
        return sorted(each["key"].rpartition("/")[2] for each in self.json("ls", prefix))


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Watching]:
    text = (ROOT / "fdl/drift-check.yaml").read_text()
    begin, end = text.index("DRIFT_CHECK_CONFIGURATION"), text.index("      input:\n")
    text = f"{text[:begin]}DRIFT_CHECK_CONFIGURATION: '{CONFIGURATION}'\n{text[end:]}{COUNTER}"
    fdl.loads(text)
    (tmp_path / "drift.yaml").write_text(text)
    (tmp_path / "count.sh").write_text(SCRIPT)
    plane = Watching(tmp_path / ".noria", {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2,0.2", "NORIA_RUNNERS": "2"})
    try:
        plane("up", "--detach", tmp_path / "drift.yaml")
        yield plane
    finally:
        plane("down")


def test_results_that_drift_raise_one_alarm_although_a_worker_dies_and_their_inputs_are_collected(
    plane: Watching,
) -> None:
    for place in range(2 * WINDOW):
        plane.photograph(f"usual-{place}", place % 5)
    eventually(lambda: len(plane.json("runs", "--function", SERVICE)) > 3)
    plane.kill(f"worker-{SERVICE}-0")
    plane.checked(2 * WINDOW)

    for place in range(WINDOW + 3):
        plane.photograph(f"odd-{place}", 7 + place % 5)
    runs = plane.checked(3 * WINDOW + 3)

    assert {run.state for run in runs} == {"committed"}
    assert len({run.follows for run in runs}) == len(
        runs
    )  # one line: nobody went on from what another had gone on from
    (alarm,) = plane.listed("drift/alarms")
    assert alarm.startswith("odd-")
    raised = next(run for run in runs if run.metrics["alarms"])
    told = json.loads(plane.content(raised, alarm))["alarms"][0]
    assert (told["stream"], told["metric"], told["field"]) == (STREAM, "masks", "masks_count")
    assert (told["effect"], told["object"]) == (1, f"{STREAM}/{alarm.removesuffix('.drift-alarm.json')}")
    collected = plane.listed("drift/collected")
    assert len(collected) == 4
    assert all(each.startswith("odd-") and each.endswith("_DRIFTED.png") for each in collected)

    plane.store.write("drift", "in/anew.drift-reset.json", json.dumps({"stream": STREAM}).encode())
    plane.checked(3 * WINDOW + 4)
    plane.photograph("after", 9)
    last = next(run for run in plane.checked(3 * WINDOW + 5) if run.input.key.startswith("out/after"))

    verdict = json.loads(plane.content(last, "after.masks.json.drift.json"))
    assert verdict["verdict"] == "reference"
    assert len(plane.listed("drift/collected")) == 4
