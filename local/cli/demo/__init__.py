"""``noria demo``: the mask pipeline on real pictures, then a training whose result can be checked, end to end."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

import fdl
from local.cli import lifecycle
from local.cli.demo.masks import blur_and_count, described
from local.cli.demo.training import Trained, reported, train_and_verify
from local.cli.output import OUR_FAULT, say, show
from local.cli.session import Session, json_option
from local.connection import PlaneState

FDL = Path(fdl.__path__[0])
PIPELINE, TRAINING = FDL / "mask-detection.yaml", FDL / "trusted-training.yaml"
PARTS = ("masks", "training")


@click.command()
@click.option("--part", type=click.Choice(PARTS), multiple=True, help="Only this part; both by default.")
@json_option
def demo(part: Sequence[str], as_json: bool) -> None:
    """Blur faces and count masks on pictures; train a model, sign it and verify it. Results land in .noria/demo/."""
    parts = part or PARTS
    state, started = _up([PIPELINE] * ("masks" in parts) + [TRAINING] * ("training" in parts))
    try:
        session = Session.open()
        home = session.given.home / "demo"
        results = blur_and_count(session, home) if "masks" in parts else []
        trained = train_and_verify(session, home / "training") if "training" in parts else None
    finally:
        if started:
            lifecycle.stop()
    document = {"pictures": [asdict(each) for each in results], "training": asdict(trained) if trained else None}
    human = [*(described(results) if results else []), *(reported(trained) if trained else [])]
    show(document, as_json=as_json, human=human)
    if any(result.status == "failed" for result in results) or (trained and not trained.is_good):
        raise click.exceptions.Exit(OUR_FAULT)
    say(f"next: noria up --detach, then noria put PHOTO photos/in/ --wait ({', '.join(state.fdl)})")


def _up(pipelines: Sequence[Path]) -> tuple[PlaneState, bool]:
    """Start the plane unless it runs; gives whether it was started here."""
    if lifecycle.is_up():
        return lifecycle.start(list(pipelines), detach=True), False
    say("starting the embedded store and broker, the publisher and one worker a function")
    return lifecycle.start(list(pipelines), detach=True), True


__all__ = ["PIPELINE", "TRAINING", "Trained", "demo"]
