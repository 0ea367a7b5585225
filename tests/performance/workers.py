"""``workers``: pictures a second that blur-faces gets through on a whole plane, with one worker and with two."""

import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path
from statistics import median

import yaml

from functions.runtime.configuration import Configuration
from functions.runtime.ledger import Ledger
from functions.runtime.runs import Run
from functions.runtime.store import Store
from local.cli.demo.pictures import make_pictures
from local.connection import Home, operator
from local.plane import Plane
from tests.performance.bench import BenchError
from tests.performance.figures import notes, ratio, show_table

COUNT = 120
"""So many that the last, which one worker does alone, does not tell."""
ROUNDS = (1, 2, 2, 1)
"""Workers, in turns that a slow change of the machine's load does not tell in."""
FASTER = 1.7
SERVICE = "blur-faces"
PATIENCE = 300.0


def workers(count: int = COUNT) -> dict[str, object]:
    """Measure; beside it how much faster two processes are here that ask the bare model about the same pictures."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    bare: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        pictures = [each for each in make_pictures(Path(folder)) if each.stem not in ("cat", "coffee")]
        for number in ROUNDS:
            notes.print(f"[dim]{number} worker(s), {count} pictures")
            bare[number].append(_bare(pictures, number, count))
            rates[number].append(_rate(pictures, number, count))
    ours, theirs = ({number: median(each) for number, each in some.items()} for some in (rates, bare))
    gains = ratio(ours[2], ours[1]), ratio(theirs[2], theirs[1])
    show_table(
        "blur-faces: pictures a second on a plane; asking the model alone, in processes without a plane",
        ["", "one", "two", "two / one"],
        [("plane", ours[1], ours[2], gains[0]), ("bare model", theirs[1], theirs[2], gains[1])],
    )
    if gains[0] < FASTER:
        notes.print(f"[yellow]two workers are {gains[0]:.2f} times as fast as one, not {FASTER} times")
    return {"plane_per_second": rates, "bare_per_second": bare, "gain": gains[0], "bare_gain": gains[1]}


def _rate(pictures: Sequence[Path], number: int, count: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="noria-bench-"))
    home = Home(folder / ".noria")
    home.path.mkdir(mode=0o700)
    file = folder / "bench.yaml"
    file.write_text(yaml.safe_dump({"functions": {"oscar": [{"here": _service()}]}}))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NORIA_")}
    plane = Plane(home, [file], Configuration.read({"NORIA_HOME": str(home.path)}), environ, workers=number)
    over = threading.Event()
    try:
        plane.start(lambda _: None, over)
        configuration = operator({**environ, "NORIA_HOME": str(home.path)})
        store = Store(configuration)
        for index in range(count):
            picture = pictures[index % len(pictures)]
            store.write("bench-pictures", f"in/{index}-{picture.name}", picture.read_bytes())
        _wait_for_results(store, count)
        runs = _committed(Ledger(store, configuration.ledger, lease=configuration.ack_wait), count)
    finally:
        over.set()  # or what looks after consumers goes on looking
        plane.stop(lambda _: None)
        shutil.rmtree(folder, ignore_errors=True)
    # From the first start to the last end: uploading them took longer than the first ones' work.
    began = min(run.started.timestamp() for run in runs if run.started)
    ended = max(run.finished.timestamp() for run in runs if run.finished)
    return count / (ended - began)


def _wait_for_results(store: Store, count: int) -> None:
    """Wait by one listing a second: to read every run of the ledger that often would be a load of its own."""
    deadline = time.monotonic() + PATIENCE
    while (found := sum(each.key.endswith(".png") for each in store.list("bench-blurred", "out/"))) < count:
        if time.monotonic() > deadline:
            raise BenchError(f"{found} of {count} pictures were blurred in {PATIENCE:g} s")
        time.sleep(1)


def _committed(ledger: Ledger, count: int) -> list[Run]:
    deadline = time.monotonic() + 10
    while True:
        found = [ledger.find(f"{SERVICE}/{Path(each.key).stem}") for each in ledger.runs(SERVICE)]
        done = [run for run in found if run and run.state == "committed"]
        if len(done) == count:
            return done
        if time.monotonic() > deadline:
            raise BenchError(f"{len(done)} of {count} pictures were committed")
        time.sleep(1)


def _bare(pictures: Sequence[Path], number: int, count: int) -> float:
    """Give pictures a second of so many processes that only ask the model."""
    shares = [count // number] * number
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    started = [context.Process(target=_ask, args=(pictures, share, ready, go)) for share in shares]
    for process in started:
        process.start()
    for _ in started:
        ready.acquire()
    began = time.monotonic()
    go.set()
    for process in started:
        process.join()
    return sum(shares) / (time.monotonic() - began)


def _ask(pictures: Sequence[Path], count: int, ready: Semaphore, go: Event) -> None:
    from functions.vision import detectors
    from functions.vision.looks import chosen
    from functions.vision.pictures import read_picture

    finder = detectors.load()
    decoded = [read_picture(each) for each in pictures]
    ready.release()
    go.wait()
    for index in range(count):
        finder.find(decoded[index % len(decoded)], chosen("standard", finder.detector.threshold))


def _service() -> dict[str, object]:
    return {
        "name": SERVICE,
        "image": "localhost/bench:1",
        "script": "run.sh",
        "cpu": "1.0",
        "memory": "1Gi",
        "input": [{"storage_provider": "minio.default", "path": "bench-pictures/in"}],
        "output": [
            {"storage_provider": "minio.default", "path": "bench-blurred/out", "suffix": [".png", ".json"]},
            {"storage_provider": "minio.default", "path": "bench-blurred/failed", "suffix": [".failure.json"]},
        ],
    }
