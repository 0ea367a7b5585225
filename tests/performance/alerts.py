"""``alerts``: from the commit of a run that violates a constraint to the webhook, and how many runs can be watched."""

import hashlib
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.runtime.runs import Run, StoredObject
from tests.performance.figures import Spread, notes, show_table
from tests.pipeline.noria import ROOT
from tests.pipeline.watching import Watched
from tests.pipelines import pipeline
from tests.webhook import Webhook, webhook

COUNT = 20
GOAL_S = 5.0
EVERY_S = 1.5
WINDOW_S = 0.5
"""Shorter than the time between two uploads, so that each of them is an alert of its own."""
REMEMBERED = 5000
BURST = 200
WATCHER = "watch-constraints"
CONSTRAINTS = (
    "{system: {name: bench, local_constraints: {quick: {component_name: copy, threshold: 0.000001}},"
    " global_constraints: {}, throughput_component: copy}}"
)


def alerts(count: int = COUNT) -> dict[str, object]:
    """Measure delays with nothing remembered and with all that can be, and the rate of a burst."""
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder, webhook() as hook:
        plane = _plane(Path(folder), hook)
        try:
            empty = _delays(plane, hook, "empty", count)
            _fill(plane)
            full = _delays(plane, hook, "full", count)
            rate = _rate(plane)
        finally:
            plane("down")
    rows = [(name, each.count, each.p50, each.p99, each.worst) for name, each in (("none", empty), ("5,000", full))]
    show_table(
        f"seconds from a commit to the webhook (goal: {GOAL_S:g})",
        ["runs remembered", "alerts", "p50", "p99", "worst"],
        rows,
    )
    show_table(f"a burst of {BURST} runs, {REMEMBERED:,} remembered", ["", "runs/s"], [("watched", rate)])
    return {"empty": vars(empty), "full": vars(full), "rate": rate, "goal": max(empty.worst, full.worst) <= GOAL_S}


def _plane(folder: Path, hook: Webhook) -> Watched:
    text = (ROOT / "fdl/watch-constraints.yaml").read_text()
    begin, end = text.index("WATCH_CONSTRAINTS_CONSTRAINTS"), text.index("      input:\n")
    blank = "\n          "
    given = {"CONSTRAINTS": CONSTRAINTS, "WINDOW": str(WINDOW_S), "MOST_ROWS": str(REMEMBERED)}
    variables = blank.join(f"WATCH_CONSTRAINTS_{name}: {json.dumps(value)}" for name, value in given.items())
    text = f"{text[:begin]}{variables}\n{text[end:]}".replace('SEND_ALERTS_URLS: ""', f"SEND_ALERTS_URLS: {hook.url}")
    (folder / "watch.yaml").write_text(text)
    (folder / "copy.yaml").write_text(pipeline("copy", "photos/in", "photos-blurred/out"))
    plane = Watched(folder / ".noria")
    plane("up", "--detach", folder / "watch.yaml", folder / "copy.yaml")
    return plane


def _delays(plane: Watched, hook: Webhook, name: str, count: int) -> Spread:
    hook.received.clear()
    for number in range(count + 1):  # the first of them opens what is opened once
        plane.store.write("photos", f"in/{name}-{number}.png", b"photo")
        time.sleep(EVERY_S)
    deadline = time.monotonic() + 30
    while len({each.key for each in hook.received}) <= count and time.monotonic() < deadline:
        time.sleep(0.1)
    found = [each.at - datetime.fromisoformat(each.body["check_time"]).timestamp() for each in hook.received]
    notes.print(f"[dim]{name}: {len(found)} of {count + 1} alerts came")
    return Spread.of(found[1:])


def _fill(plane: Watched) -> None:
    """Let it remember as many runs as it may, of another component and an hour ago."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    runs = [
        Run(
            state="committed",
            id=hashlib.sha256(str(number).encode()).hexdigest(),
            function="other",
            input=StoredObject(bucket="photos", key=f"in/{number}.png", etag="0"),
            started=begin + timedelta(milliseconds=number),
            finished=begin + timedelta(milliseconds=number + 1),
            trace=hashlib.sha256(f"session {number}".encode()).hexdigest()[:32],
        )
        for number in range(REMEMBERED)
    ]
    text = json.dumps([run.model_dump(mode="json") for run in runs]).encode()
    plane.ended(plane.write(WATCHER, "constraints", "in/other.records.json", text))


def _rate(plane: Watched) -> float:
    before = {each["id"] for each in plane.json("runs", "--function", WATCHER, "--limit", "2000")}
    for number in range(BURST):
        plane.store.write("photos", f"in/burst-{number}.png", b"photo")
    deadline = time.monotonic() + 120
    found: list[Run] = []
    while len(found) < BURST and time.monotonic() < deadline:
        time.sleep(1)
        runs = [Run.model_validate(each) for each in plane.json("runs", "--function", WATCHER, "--limit", "2000")]
        found = [run for run in runs if run.id not in before and run.state == "committed"]
    ends = sorted(run.finished for run in found if run.finished)
    return (len(ends) - 1) / (ends[-1] - ends[0]).total_seconds()
