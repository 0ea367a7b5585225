"""``noria up`` and ``noria down``."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from functions.runtime.configuration import Configuration
from functions.runtime.enclosure import Setting
from functions.runtime.errors import Rejected
from local.cli.output import say, show, stderr
from local.cli.session import json_option, pipeline_files
from local.connection import Home, PlaneState
from local.dashboard.address import Address
from local.plane import Plane
from local.process import Process, ServiceError
from local.supervisor import make_plane, run_until_signal
from local.walls import Walls, told

STOP_LIMIT = 90.0


@click.command()
@click.argument("fdl", nargs=-1, type=click.Path(path_type=Path))
@click.option("--detach", is_flag=True, help="Come back when everything is ready; stop it with noria down.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Worker processes a function."
)
@click.option("--dashboard/--no-dashboard", default=True, show_default=True, help="Serve pages for a browser.")
@click.option(
    "--isolation",
    type=click.Choice(["none", "bwrap", "landlock", "container"]),
    help="Walls around handlers, no network but for who needs it; by default bwrap, or else landlock. container: "
    "podman's, of the FDL's images.",
)
@json_option
def up(
    fdl: tuple[Path, ...], detach: bool, workers: int, dashboard: bool, isolation: Setting | None, as_json: bool
) -> None:
    """Start store, broker, publisher and workers for these pipelines (all of fdl/ by default).

    The address of the dashboard is said once everything is ready; who has it may do what its owner may.

    \b
    $ noria up                                run until Ctrl-C
    $ noria up fdl/mask-detection.yaml --detach
    """
    started = start(pipeline_files(fdl), workers, detach=detach, dashboard=dashboard, isolation=isolation or "")
    url = _dashboard()
    human = ["ready", *([f"dashboard: {url}"] if url else [])]
    show(
        {"ready": True, "fdl": list(started.fdl), "dashboard": url, "isolation": started.isolation},
        as_json=as_json,
        human=human if detach else [],
    )


def start(
    files: list[Path], workers: int = 1, *, detach: bool, dashboard: bool = False, isolation: Setting = ""
) -> PlaneState:
    """Start serving ``files``; without ``detach`` this comes back when it was stopped.

    ``isolation``: the walls around handlers; where nobody says, what ``NORIA_ISOLATION`` does, or the best there are.

    Raises:
        Rejected: Other pipelines are served here already, or an FDL is wrong.
        ServiceError: Something did not start.
    """
    with _home().lock():
        walls = Walls.wanted(isolation or Configuration.read(os.environ).isolation)
        # Made here too, so that what is wrong in the FDL is said here.
        plane = make_plane(files, workers, dashboard=dashboard, isolation=walls.kind)
        walls.require(plane.every_service)
        words = [walls.sentence, *told(plane.every_service, walls.kind)[1:]]
        supervisor = plane.home.supervisor
        already = supervisor.alive
        if not already:
            PlaneState("starting", tuple(str(file) for file in files)).write(plane.home)
            if detach:
                supervisor = _detached(plane, files)
            else:
                supervisor.adopt()
    if already:
        return _already(plane.home, files)
    if detach:
        state = _wait_or_stop(plane.home, supervisor)
        say("\n".join(words))
        return state
    try:
        run_until_signal(plane, lambda text: _say_all(text, words))
    finally:
        supervisor.disown()
    return PlaneState.read(plane.home)


def _say_all(text: str, words: Sequence[str]) -> None:
    """Say how far it is, and where the dashboard is: not to the supervisor's log, for it tells the token."""
    say(text)
    if text == "ready":
        say("\n".join(words))
    if text == "ready" and (url := _dashboard()):
        say(f"dashboard: {url}")


def _dashboard() -> str | None:
    address = Address.shown(_home())
    return address.url if address else None


def _detached(plane: Plane, files: list[Path]) -> Process:
    command: list[str | Path] = [sys.executable, "-m", "local.supervisor", "--workers", str(plane.workers)]
    command += [*(["--dashboard"] if plane.has_dashboard else []), "--isolation", plane.isolation, *files]
    supervisor = Process("supervisor", command, folder=plane.home.run)
    supervisor.start()
    return supervisor


def _already(home: Home, files: list[Path]) -> PlaneState:
    state = PlaneState.read(home)
    if set(state.fdl) != {str(file) for file in files}:
        raise Rejected(f"other pipelines are served here: {', '.join(state.fdl)}", hint="noria down first")
    say("already running")
    return _wait(home, home.supervisor)


def _wait_or_stop(home: Home, supervisor: Process) -> PlaneState:
    try:
        return _wait(home, supervisor)
    except KeyboardInterrupt:
        say("stopping what was started")
        supervisor.stop(STOP_LIMIT)
        raise


def _wait(home: Home, supervisor: Process) -> PlaneState:
    with stderr.status("starting store, broker, publisher and workers"):
        while (state := PlaneState.read(home)).phase == "starting" and supervisor.alive:
            time.sleep(0.05)
    if state.phase != "ready":
        reason = state.reason or f"the supervisor ended: {supervisor.last_words(1)}"
        raise ServiceError(reason, hint=state.hint or f"see {supervisor.log}")
    return state


@click.command()
@json_option
def down(as_json: bool) -> None:
    """Stop what noria up started; everything uploaded and every result stays."""
    stopped = stop()
    show({"stopped": stopped}, as_json=as_json, human=["stopped" if stopped else "nothing was running"])


def stop() -> bool:
    """Stop the supervisor, and what an earlier one that was killed left behind; gives whether anything ran."""
    home = _home()
    if not home.path.exists():
        return False
    with home.lock(), stderr.status("stopping"):
        ran = home.supervisor.alive
        home.supervisor.stop(STOP_LIMIT)
        for folder in (home.run, home.broker, home.store):
            for left in sorted(folder.glob("*.pid")):
                process = Process(left.stem, [], folder=folder)
                ran = ran or process.alive
                process.stop()
    return ran


def is_up() -> bool:
    """Tell whether a supervisor runs here."""
    return _home().supervisor.alive


def _home() -> Home:
    return Home(Configuration.read(os.environ).home.absolute())
