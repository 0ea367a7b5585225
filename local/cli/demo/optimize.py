"""The demo's third part: an application is measured, placed and deployed, and bears real load as was predicted."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from functions.designing.pipeline import application_slug, bucket_of
from functions.designing.template_masks import PHOTO
from functions.optimize.result import Result, read_result
from functions.runtime.errors import Rejected, TryAgain
from local.cli.demo.load import Measured, send
from local.cli.output import REJECTED, say, table
from local.cli.session import Session

NAME = "masks"
LOAD = 0.75
"""Requests a second: between the two that the campaign measures."""
SECONDS = 48.0
"""For which they are sent."""
ONE_AT_A_TIME = {"NORIA_RUNNERS": "1", "NORIA_CONCURRENCY": "1"}
"""As in a campaign: a worker is a node, and what it has no hand free for waits in the queue."""
GOAL = 0.2
"""Of what was measured: so far a prediction may be off."""


@dataclass(frozen=True)
class Line:
    """One thing that takes time, ``predicted`` by a model and ``measured``, in seconds a request.

    ``lower`` and ``upper`` are the model's interval, where it gives one.
    """

    name: str
    resource: str
    predicted: float
    measured: float
    lower: float | None = None
    upper: float | None = None

    @property
    def error(self) -> float:
        """How far the prediction is off, as a share of what was measured."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True)
class Compared:
    """What came of it; the last line is the whole way of a request."""

    load: float
    requests: int
    failed: int
    cost: float
    lines: tuple[Line, ...]
    folder: str

    @property
    def is_near(self) -> bool:
        """Whether the whole way took as long as was predicted, nearly."""
        return abs(self.lines[-1].error) <= GOAL

    def document(self) -> dict[str, object]:
        """Give it as plain values."""
        lines = [{**asdict(line), "error": round(line.error, 4)} for line in self.lines]
        return {**asdict(self), "lines": lines, "goal": GOAL, "is_near": self.is_near}


def place_and_load(home: Path) -> Compared:
    """Go the whole way in the folder ``home``, each step by noria's own command.

    Raises:
        Rejected: A step refused its input.
        TryAgain: A step failed.
    """
    if (busy := os.getloadavg()[0]) > (os.cpu_count() or 1):
        say(f"warning: this machine is busy (load {busy:.1f}); what is measured on it now may not hold a minute later")
    plane = home / "plane"
    for left in (plane, home / NAME / "oscarp" / "TEST" / "plane"):
        if left.is_dir():  # of a demo that was interrupted
            _noria(home, "down", NORIA_HOME=str(left))
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    _noria(home, "new", NAME, "--template", "masks")
    _noria(home, "design", NAME)
    _noria(home, "profile", NAME)
    _noria(home, "fit", NAME)
    _noria(home, "optimize", NAME, "--load", f"{LOAD:g}", "--output", "placed", "--no-front")
    surroundings = {"NORIA_HOME": str(plane), **ONE_AT_A_TIME}
    try:
        _noria(home, "up", "--detach", f"{NAME}/oscar/{NAME}.yaml", **surroundings)
        _noria(home, "deploy", "placed", "--here", **surroundings)
        say(f"sending a photo {LOAD:g} times a second for {SECONDS:g} s")
        with _environment(surroundings):
            session = Session.open()
            place = f"{bucket_of(application_slug(NAME), 'blur-faces')}/input"
            measured = send(session, home / NAME / PHOTO, place, rate=LOAD, seconds=SECONDS)
    finally:
        _noria(home, "down", **surroundings)
    compared = compare(read_result(home / "placed" / "result.json"), measured, home)
    (home / "compared.json").write_text(json.dumps(compared.document(), indent=1) + "\n")
    return compared


def compare(result: Result, measured: Measured, folder: Path) -> Compared:
    """Hold what a result predicts against what was measured."""
    if result.placement is None:
        raise TryAgain("nothing was placed", hint="this machine may be busy: try again when it is not")
    resources = {name: ", ".join(parts.values()) for name, parts in result.placement.resources.items()}
    times = {name: seconds for name, seconds in result.component_times.items() if seconds is not None}
    intervals = {each.component: (each.lower, each.upper) for each in result.predictions}
    lines = [
        Line(name, resources.get(name, ""), times[name], took, *intervals.get(name, (None, None)))
        for name, took in measured.means.items()
        if name in times
    ]
    paths = [each.seconds for each in result.thresholds if each.name not in times and each.seconds is not None]
    whole = Line("the whole way", "", max(paths, default=sum(times.values())), measured.whole)
    return Compared(
        load=result.load,
        requests=measured.requests,
        failed=measured.failed,
        cost=result.cost or 0,
        lines=(*lines, whole),
        folder=str(folder),
    )


def told(compared: Compared) -> list[object]:
    """Write it for a person."""
    columns = ["response time of", "on", "predicted s ", "between", "measured s ", "off by "]
    rows = [
        (
            line.name,
            line.resource,
            f"{line.predicted:.3f}",
            _between(line),
            f"{line.measured:.3f}",
            f"{line.error:+.0%}",
        )
        for line in compared.lines
    ]
    sent = f"{compared.requests} photos at {compared.load:g} a second, {compared.failed} failed"
    verdict = "as predicted" if compared.is_near else f"more than {GOAL:.0%} from what was predicted"
    return [f"{sent}; {verdict}; results in {compared.folder}", table(columns, rows)]


def _between(line: Line) -> str:
    return "" if line.lower is None or line.upper is None else f"{line.lower:.3f} and {line.upper:.3f}"


def _noria(folder: Path, *arguments: str, **surroundings: str) -> None:
    """Run a command of noria's as a person would; what it says goes to where progress goes."""
    say(f"$ noria {shlex.join(arguments)}")
    command = [sys.executable, "-m", "local.cli", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **surroundings},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        kind = Rejected if done.returncode == REJECTED else TryAgain
        raise kind(f"noria {arguments[0]} ended with exit code {done.returncode}", hint=f"see {folder}")


@contextmanager
def _environment(surroundings: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= surroundings
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
