"""The dashboard on a large ledger: how long pages take, how long it takes to know all runs, and what it costs."""

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from functions.runtime.dead_letters import DeadLetter
from functions.runtime.publication import DIGITS_OF_RUN, FAILURE_SUFFIX
from functions.runtime.runs import Failure, Run, StoredObject
from local.connection import PlaneState
from local.dashboard.address import DASHBOARD, Address
from local.process import Process
from tests.performance.bench import Bench, BenchError
from tests.performance.contestants import NORIA
from tests.performance.figures import Spread, notes, out, show_table
from tests.performance.idle import memory_of

RUNS = 100_000
LOOKS = 30
WRITERS = 16
PAGES = {
    "pipelines": "/",
    "runs": "/runs",
    "failed runs": "/runs?state=failed",
    "of a function": f"/runs?function={NORIA.name}&state=committed",
    "by name, few": "/runs?text=object-4242",
    "by name, none": "/runs?text=no-such-object",
    "failures": "/failures",
    "jobs": "/jobs",
    "constraints": "/constraints",
    "drift": "/drift",
}


def dashboard(count: int = RUNS) -> dict[str, object]:
    """Fill a ledger with ``count`` runs, then open every page of runs again and again."""
    with Bench([NORIA]) as bench:
        PlaneState("ready", tuple(map(str, bench.plane.pipelines))).write(bench.plane.home)
        fill(bench, count)
        with serving(bench) as (client, process):
            cold = {"first page": _once(client, "/runs"), "all runs known": _known(client, process)}
        with serving(bench) as (client, process):
            warm = {"first page": _once(client, "/runs"), "all runs known": _known(client, process)}
            pages = {name: Spread.of([_once(client, path) for _ in range(LOOKS)]) for name, path in PAGES.items()}
            pages["far back"] = Spread.of(list(_far_back(client)))
            memory = memory_of(process.pid or 0)[0]
    starts = [(name, f"{found['first page']:.2f}", f"{found['all runs known']:.1f}") for name, found in
              (("without an index", cold), ("with one", warm))]  # fmt: skip
    show_table(f"Starting beside {count:,} runs, seconds", ["", "first page", "all runs known"], starts)
    rows = [(name, 1000 * each.p50, 1000 * each.p99, 1000 * each.worst) for name, each in pages.items()]
    show_table(f"Pages over {count:,} runs, milliseconds", ["", "p50", "p99", "worst"], rows)
    out.print(f"resident: {memory:.0f} MB")
    figures = {name: {"p50": each.p50, "p99": each.p99, "worst": each.worst} for name, each in pages.items()}
    return {"runs": count, "cold": cold, "warm": warm, "pages": figures, "resident_megabytes": memory}


def fill(bench: Bench, count: int) -> None:
    """Write commit records as workers do, one of a hundred of a run that failed."""
    began = datetime.now(UTC) - timedelta(days=1)
    ledger = bench.configuration.ledger

    def write(number: int) -> None:
        run = _run(number, began + timedelta(seconds=number / 2), ledger)
        if run.state == "failed":
            letter = DeadLetter(function=run.function, run=run.name, input=run.input, reason=run.failures[-1].reason)
            bench.store.write(run.outputs[0].bucket, run.outputs[0].key, letter.model_dump_json().encode())
        bench.store.create(ledger, f"{run.name}.json", run.model_dump_json(exclude_defaults=True).encode())

    with ThreadPoolExecutor(WRITERS) as pool:
        for done, _ in enumerate(pool.map(write, range(count)), 1):
            if done % 10_000 == 0:
                notes.print(f"[dim]{done:,} runs are in the ledger")


def _run(number: int, at: datetime, ledger: str) -> Run:
    """Make up the record of one run."""
    is_failed = number % 100 == 7
    key = f"in/object-{number}.bin"
    name = uuid.uuid4().hex * 2
    output = StoredObject(bucket="bench-out", key=f"out/object-{number}.bin", etag=f"{number:032x}", size=1000)
    letter = f"dead-letters/{NORIA.name}/object-{number}.{name[:DIGITS_OF_RUN]}{FAILURE_SUFFIX}"
    return Run(
        state="failed" if is_failed else "committed",
        id=name,
        function=NORIA.name,
        input=StoredObject(bucket="bench-in", key=key, etag=f"{number:032x}", size=1000),
        outputs=(StoredObject(bucket=ledger, key=letter, etag="e") if is_failed else output,),
        failures=(Failure(reason="the object is not a picture"),) if is_failed else (),
        queued=at,
        started=at + timedelta(milliseconds=number % 500),
        finished=at + timedelta(milliseconds=number % 500 + 40),
        fetch_seconds=0.004,
        handler_seconds=0.03,
        publish_seconds=0.005,
        trace=uuid.uuid4().hex,
    )


@contextmanager
def serving(bench: Bench) -> Iterator[tuple[httpx.Client, Process]]:
    """Serve the pages, and give who may look at them."""
    home = bench.plane.home
    address = Address.chosen(home.path)
    environment = {"NORIA_HOME": str(home.path)}
    command = [sys.executable, "-m", "local.dashboard"]
    process = Process(DASHBOARD, command, folder=home.run, environment=environment, dies_with_parent=True)
    process.log.unlink(missing_ok=True)
    process.start()
    try:
        with httpx.Client(base_url=address.origin, follow_redirects=True, timeout=60) as client:
            _wait(lambda: _answers(client, address), process)
            yield client, process
    finally:
        process.stop(10)


def _answers(client: httpx.Client, address: Address) -> bool:
    try:
        return client.get(f"/?token={address.token}").status_code == 200
    except httpx.TransportError:
        return False


def _once(client: httpx.Client, path: str) -> float:
    """Give the seconds that a page takes."""
    began = time.monotonic()
    answer = client.get(path)
    if answer.status_code != 200:
        raise BenchError(f"{path} is answered {answer.status_code}: {answer.text[:200]}")
    return time.monotonic() - began


def _far_back(client: httpx.Client) -> Iterator[float]:
    """Go from page to page into the past."""
    path = "/runs"
    for _ in range(LOOKS):
        _, _, rest = client.get(path).text.partition('<a rel="next" href="')
        path = rest.partition('"')[0].replace("&amp;", "&")
        yield _once(client, path)


def _known(client: httpx.Client, process: Process) -> float:
    """Look until the index has every run; gives the seconds from the first look."""
    _wait(lambda: bool(_once(client, "/runs")) and '"event": "known"' in process.log.read_text(), process, pause_s=2)
    line = next(line for line in process.log.read_text().splitlines() if '"event": "known"' in line)
    return float(json.loads(line)["seconds"])


def _wait(holds: Callable[[], bool], process: Process, *, timeout_s: float = 600, pause_s: float = 0.1) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline or not process.alive:
            raise BenchError(f"the dashboard does not get there: {process.last_words(3)}")
        time.sleep(pause_s)
