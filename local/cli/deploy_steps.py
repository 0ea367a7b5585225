"""``noria deploy DIR|STEPS.json``: the steps from one deployment to another, as ``noria optimize`` has written them."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from local.cli.output import say, show
from local.cli.session import served
from local.connection import Home, NotRunningError, PlaneState

if TYPE_CHECKING:
    from functions.redeployment.journal import Journal
    from functions.redeployment.places import Places
    from functions.redeployment.steps import Step

LOCK, STEPS = "deploy.lock", "steps.json"


@dataclass(frozen=True)
class Options:
    """What the command line says of steps, named as its options are."""

    deployment: Path | None
    current: Path | None
    clusters: Path | None
    here: bool
    arrivals_moved: bool
    undo: bool
    patience: float
    settle: float
    dry_run: bool
    as_json: bool


def deploy_steps(path: Path, given: Options) -> None:
    """Carry the steps out, go on with them, or take them back.

    Raises:
        Rejected: They cannot be carried out.
        TryAgain: A step has to wait for others, or a cluster does not answer.
    """
    from functions.redeployment.carrying import Carrier
    from functions.redeployment.journal import FILE_NAME, Journal, alone
    from functions.redeployment.reading import read_steps

    path = path / STEPS if path.is_dir() else path
    steps, folder = read_steps(path), given.deployment or path.absolute().parent
    is_here = given.here or not _has_fdl(folder)
    if is_here:
        from local.here import taking_over

        steps = taking_over(steps)
    journal = Journal.open(folder / FILE_NAME, steps)
    if given.dry_run:
        _show(steps, journal, undo=given.undo, as_json=given.as_json)
        return
    home = _home() if is_here else None
    with alone(home.path / LOCK) if home else nullcontext(), alone(folder / f".{FILE_NAME}.lock"):
        journal = Journal.open(folder / FILE_NAME, steps)
        if home:
            places = _on_this_machine(home, steps, folder, begun=bool(journal.entries))
        else:
            places = _on_clusters(folder, given.current, given.clusters, given.settle)
        carrier = Carrier(
            steps,
            places,
            journal,
            patience=given.patience,
            moved=given.arrivals_moved,
            say=lambda each: say(str(each)),
        )
        left = carrier.undo() if given.undo else carrier.carry()
    done = sum(entry.done for entry in journal.entries)
    show(
        {"steps": _document(steps, journal), "done": done, "undone": given.undo, "left": list(left)},
        as_json=given.as_json,
        human=[*(f"left to do: {note}" for note in left), _end(steps, undo=given.undo)],
    )


def _end(steps: Sequence["Step"], *, undo: bool) -> str:
    if not steps:
        return "nothing is to be done"
    return "all is as it was before" if undo else f"all {len(steps)} steps are done"


def _show(steps: Sequence["Step"], journal: "Journal", *, undo: bool, as_json: bool) -> None:
    """Print what would be done next."""
    document = _document(steps, journal)
    if undo:
        ahead = [f"{s.number}. Take back: {s}" for s in reversed(steps) if journal.of(s)]
    else:
        ahead = [
            f"{s.number}. {s}" + (" (done)" if each["done"] else "") for s, each in zip(steps, document, strict=True)
        ]
    done = sum(entry.done for entry in journal.entries)
    show(
        {"steps": document, "done": done, "undone": False, "left": [], "dry_run": True},
        as_json=as_json,
        human=ahead or ["nothing is to be done"],
    )


def _document(steps: Sequence["Step"], journal: "Journal") -> list[dict[str, object]]:
    entries = {step.number: journal.of(step) for step in steps}
    return [
        {"number": s.number, "sentence": str(s), "done": bool((entry := entries[s.number]) and entry.done)}
        for s in steps
    ]


def _has_fdl(folder: Path) -> bool:
    return any((folder / "oscar").glob("*.yaml"))


def _home() -> Home:
    home = Home(Configuration.read(os.environ).home.absolute())
    phase = PlaneState.now(home).phase
    if phase != "ready":
        raise NotRunningError(f"no plane runs in {home.path}: it is {phase}", hint="noria up --detach")
    return home


def _on_this_machine(home: Home, steps: Sequence["Step"], folder: Path, *, begun: bool) -> "Places":
    from functions.redeployment.deployment import RESULT
    from functions.redeployment.reading import read_placement
    from local.here import adopt, places_here

    names = [service.name for service in served(Configuration.read(os.environ))]
    placement = read_placement(folder / RESULT)
    places = places_here(home, steps, names, placement.nodes)
    if not begun:
        adopt(home, steps, placement.parts)
    return places


def _on_clusters(folder: Path, current: Path | None, clusters: Path | None, settle: float) -> "Places":
    from functions.redeployment.clusters import FILE_NAME, read_clusters
    from functions.redeployment.deployment import Deployment, places

    if current is not None and current.absolute() == folder.absolute():
        raise Rejected(f"{current} is the new deployment's folder, not that of the one that runs")
    given = clusters or folder / FILE_NAME
    known = read_clusters(given) if given.is_file() else {}
    return places(Deployment.read(folder), Deployment.read(current) if current else None, known, settle=settle)
