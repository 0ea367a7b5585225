"""``noria demo``: masks on real pictures, a training whose result can be checked, a placement that is measured."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

import fdl
from functions.runtime.configuration import Configuration
from local.cli import lifecycle
from local.cli.demo.masks import blur_and_count, described
from local.cli.demo.training import Trained, reported, train_and_verify
from local.cli.output import OUR_FAULT, say, show
from local.cli.session import Session, json_option
from local.connection import PlaneState

if TYPE_CHECKING:
    from local.cli.demo.optimize import Compared

FDL = Path(fdl.__path__[0])
PIPELINE, TRAINING = FDL / "mask-detection.yaml", FDL / "trusted-training.yaml"
USUAL = ("masks", "training")
PARTS = (*USUAL, "optimize")


@click.command()
@click.option("--part", type=click.Choice(PARTS), multiple=True, help="Only this part; the first two by default.")
@json_option
def demo(part: Sequence[str], as_json: bool) -> None:
    """Blur faces and count masks on pictures; train a model, sign it and verify it. Results land in .noria/demo/.

    The part optimize measures an application of both functions, learns from that, finds the cheapest deployment, puts
    it to work on this machine and holds the time that requests then take against what was predicted (4 minutes).
    """
    parts = part or USUAL
    compared = _optimized() if "optimize" in parts else None
    if not set(parts) & set(USUAL):
        show({"optimize": compared.document() if compared else None}, as_json=as_json, human=_told(compared))
        _end(is_good=bool(compared and not compared.failed))
        return
    state, started = _up([PIPELINE] * ("masks" in parts) + [TRAINING] * ("training" in parts))
    try:
        session = Session.open()
        home = session.given.home / "demo"
        results = blur_and_count(session, home) if "masks" in parts else []
        trained = train_and_verify(session, home / "training") if "training" in parts else None
    finally:
        if started:
            lifecycle.stop()
    document: dict[str, object] = {
        "pictures": [asdict(each) for each in results],
        "training": asdict(trained) if trained else None,
    }
    if compared:
        document["optimize"] = compared.document()
    human = [*(described(results) if results else []), *(reported(trained) if trained else []), *_told(compared)]
    show(document, as_json=as_json, human=human)
    seen = not any(result.status == "failed" for result in results)
    _end(is_good=seen and (trained is None or trained.is_good) and not (compared and compared.failed))
    say(f"next: noria up --detach, then noria put PHOTO photos/in/ --wait ({', '.join(state.fdl)})")


def _end(*, is_good: bool) -> None:
    if not is_good:
        raise click.exceptions.Exit(OUR_FAULT)


def _optimized() -> "Compared":
    from local.cli.demo.optimize import place_and_load

    return place_and_load(Configuration.read(os.environ).home.absolute() / "demo" / "optimize")


def _told(compared: "Compared | None") -> list[object]:
    from local.cli.demo.optimize import told

    return told(compared) if compared else []


def _up(pipelines: Sequence[Path]) -> tuple[PlaneState, bool]:
    """Start the plane unless it runs; gives whether it was started here."""
    if lifecycle.is_up():
        return lifecycle.start(list(pipelines), detach=True), False
    say("starting the embedded store and broker, the publisher and one worker a function")
    return lifecycle.start(list(pipelines), detach=True), True


__all__ = ["PIPELINE", "TRAINING", "Trained", "demo"]
