"""watch-constraints and send-alerts as they ship, but for their thresholds, on the embedded plane."""

import hashlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fdl
from functions.runtime.runs import FINAL, Run, StoredObject
from functions.watching.state import State
from tests.pipeline.noria import ROOT
from tests.pipeline.watching import Watched
from tests.waiting import eventually
from tests.webhook import Webhook, webhook

WATCHER, SENDER = "watch-constraints", "send-alerts"
COMPONENT = """\
  - local:
      name: {name}
      image: none
      script: work.sh
      environment: {{Variables: {{NORIA_FUNCTION: run-script}}}}
      input: [{{storage_provider: minio.default, path: {given}}}]
      output:
      - {{storage_provider: minio.default, path: {made}, suffix: [".png"]}}
      - {{storage_provider: minio.default, path: photos-failed/{name}, suffix: [".failure.json"]}}
"""
SCRIPT = """\
case "$INPUT_FILE_PATH" in *slow*) sleep 5;; *broken*) exit 1;; esac
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"
"""
CONSTRAINTS = """\
system:
  name: masks
  local_constraints: {quick: {component_name: mask_detect, threshold: 30}}
  global_constraints: {whole: {path_components: [blur-faces, mask-detect], threshold: 9}}
  throughput_component: mask-detect
"""
UNWATCHED = """\
      - storage_provider: minio.default
        path: photos-blurred/out        # what blur-faces writes: the records of its runs are what counts
"""
"""An input without which the first component of a path is known by its successor's records only."""


class Watching(Watched):
    """A plane with two components whose photos are slow if their names say so."""

    def runs_of(self, service: str) -> list[Run]:
        return [Run.model_validate(each) for each in self.json("runs", "--function", service, "--limit", "99")]

    def settled(self, service: str, count: int) -> list[Run]:
        found: list[Run] = []

        def are_over() -> bool:
            found[:] = self.runs_of(service)
            return len(found) == count and all(run.state in FINAL for run in found)

        eventually(are_over, 90)
        return found

    def state(self) -> State:
        """Give the latest state: the one that counts the most."""
        names = [each["key"] for each in self.json("ls", "constraints/state")]
        found = [State.model_validate_json(self.store.read("constraints", name)[0]) for name in names]
        return max(found, key=lambda each: each.sequence)


def of_another_site(begin: datetime, count: int) -> list[dict[str, object]]:
    """Give the records of sessions whose two jobs took 5 seconds each, as ``noria runs --json`` prints them."""
    records = []
    for place in range(count):
        trace = hashlib.sha256(f"session {place}".encode()).hexdigest()
        for step, function in enumerate(("blur-faces", "mask-detect")):
            queued = begin + timedelta(seconds=20 * place + 5 * step)
            run = Run(
                state="committed",
                id=hashlib.sha256(f"{function} {place}".encode()).hexdigest(),
                function=function,
                input=StoredObject(bucket="photos", key=f"in/{place}.png", etag="0"),
                queued=queued,
                started=queued,
                finished=queued + timedelta(seconds=5),
                handler_seconds=4,
                trace=trace[:32],
            )
            records.append({**run.model_dump(mode="json"), "lost": False})
    return records


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


@pytest.fixture
def plane(tmp_path: Path, hook: Webhook, request: pytest.FixtureRequest) -> Iterator[Watching]:
    text = (ROOT / "fdl/watch-constraints.yaml").read_text()
    begin, end = text.index("WATCH_CONSTRAINTS_CONSTRAINTS"), text.index("      input:\n")
    rows = "WATCH_CONSTRAINTS_TABLE_ROWS: '5'"
    variables = f"WATCH_CONSTRAINTS_CONSTRAINTS: {json.dumps(CONSTRAINTS)}\n          {rows}\n"
    text = text[:begin] + variables + text[end:]
    text = text.replace('SEND_ALERTS_URLS: ""', f"SEND_ALERTS_URLS: {hook.url}")
    for name, given, made in (
        ("blur-faces", "photos/in", "photos-blurred/out"),
        ("mask-detect", "photos-blurred/out", "photos-masks/out"),
    ):
        text += COMPONENT.format(name=name, given=given, made=made)
    text = text.replace(getattr(request, "param", ""), "", 1)
    fdl.loads(text)
    (tmp_path / "watch.yaml").write_text(text)
    (tmp_path / "work.sh").write_text(SCRIPT)
    plane = Watching(tmp_path / ".noria", {"NORIA_ACK_WAIT": "3", "NORIA_BACKOFF": "0.2,0.2,0.2"})
    try:
        plane("up", "--detach", tmp_path / "watch.yaml")
        yield plane
    finally:
        plane("down")


def test_a_path_that_takes_too_long_is_told_once_although_workers_die_and_a_webhook_refuses(
    plane: Watching, hook: Webhook
) -> None:
    hook.refuses = 1
    for place in range(3):
        plane.store.write("photos", f"in/quick-{place}.png", b"photo")
    plane.settled(WATCHER, 6)
    assert hook.received == []

    for place in range(4):
        plane.store.write("photos", f"in/trip/slow-{place}.png", b"photo")
    eventually(lambda: len(plane.runs_of(WATCHER)) > 8)
    plane.kill(f"worker-{WATCHER}-0")
    plane.store.write("photos", "in/broken.png", b"photo")
    runs = plane.settled(WATCHER, 15)
    (sent,) = plane.settled(SENDER, 1)

    assert {run.state for run in runs} == {"committed"}
    first, again = hook.received
    body = first.body
    assert (first.key, body) == (again.key, again.body)
    assert set(body) == {"constraint", "value", "check_time", "status_timestamp"}
    assert body["constraint"] == "whole"
    assert sent.metrics == {"delivered": 1}
    alert = json.loads(plane.store.read("constraints", sent.input.key)[0])
    assert alert == {"deployment": "masks", **body}
    assert [each["key"] for each in plane.json("ls", "optimize/events")] == [f"events/{sent.input.key[7:]}"]
    state = plane.state()
    ends = [row for row in state.rows if row.component == "mask-detect"]
    assert (len(ends), sum(not row.ok for row in state.rows)) == (7, 1)
    whole, quick = state.rules["global:whole"], state.rules["local:quick"]
    assert whole.figures is not None
    assert (whole.figures.count, whole.figures.violations) == (7, 4)
    assert whole.figures.p50 > 9
    assert len(whole.episodes) == 1
    assert quick.episodes == []
    assert state.throughput == pytest.approx(7 / 120, abs=1e-5)


@pytest.mark.parametrize("plane", [UNWATCHED], indirect=True)
def test_a_site_that_was_cut_off_catches_up_without_loss_or_duplicates(plane: Watching, hook: Webhook) -> None:
    begin = datetime.now(UTC).replace(hour=12) - timedelta(days=2)
    records = of_another_site(begin, 12)
    first, rest = records[:9], records[9:]  # of the fifth session only one job is known at first
    random.Random(1).shuffle(first)
    random.Random(2).shuffle(records)
    for place in range(3):
        plane.store.write("photos", f"in/quick-{place}.png", b"photo")
    plane.settled(WATCHER, 3)

    for name, part in (("first", first), ("rest", rest), ("all", records[::-1]), ("all again", records)):
        plane.store.write("constraints", f"in/site/{name}.records.json", json.dumps(part).encode())
    runs = plane.settled(WATCHER, 7)
    sent = plane.settled(SENDER, 1)
    for name, junk in (
        ("state/evil.0.watch-state.json", b'{"rows": 1}'),
        (f"tables/x/{begin:%Y-%m-%d}/1-{0:012x}.parquet", b"P"),
    ):
        plane.store.write("constraints", name, junk)
    before = plane.json("report", "--since", "7d")["components"]
    days = [each["key"] for each in plane.json("ls", "constraints/tables") if f"{begin:%Y-%m-%d}" in each["key"]]
    after = plane.json("report", "--since", "7d", "--tidy")["components"]
    left = [each["key"] for each in plane.json("ls", "constraints/tables") if f"{begin:%Y-%m-%d}" in each["key"]]

    assert {run.state for run in (*runs, *sent)} == {"committed"}
    body = hook.received[0].body
    assert {each.key for each in hook.received} == {hook.received[0].key}
    assert (body["constraint"], body["value"]) == ("whole", 10)
    assert begin <= datetime.fromisoformat(str(body["check_time"])) <= begin + timedelta(minutes=5)
    assert [(each["component"], each["runs"], each["sessions"]) for each in before] == [
        ("blur-faces", 15, 15),
        ("mask-detect", 15, 15),
    ]
    assert before[0]["p95"] == 5
    assert len(days) > 2
    assert len(left) == 2  # what is no table stays where somebody has put it
    known = ("runs", "failures", "sessions", "mean", "p50", "p95", "p99", "violations", "busiest_minute")
    assert [[each[name] for name in known] for each in after] == [[each[name] for name in known] for each in before]

    plane("replay", "--force", "--function", WATCHER)
    eventually(lambda: all(run.reopened for run in plane.runs_of(WATCHER)))
    assert {run.state for run in plane.settled(WATCHER, 7)} == {"committed"}
    again = plane.json("report", "--since", "7d")["components"]

    assert [[each[name] for name in known] for each in again] == [[each[name] for name in known] for each in before]
    assert len(plane.json("ls", "constraints/alerts")) == 1
    assert len({each.key for each in hook.received}) == 1
