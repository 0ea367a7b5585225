"""``noria demo``: the mask pipeline on real pictures, end to end."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import click

import fdl
from functions.runtime.errors import Rejected
from local.chain import Chain
from local.cli import lifecycle
from local.cli.objects import download
from local.cli.output import OUR_FAULT, say, show, table
from local.cli.put import upload, wait_for
from local.cli.session import Session, json_option
from local.connection import PlaneState

PREFIX = "photos/in/demo/"
PATIENCE = 150.0
PIPELINE = Path(fdl.__path__[0]) / "mask-detection.yaml"


@dataclass(frozen=True)
class Result:
    """What became of one picture; ``seconds`` from the announcement of its upload to the last commit."""

    picture: str
    faces: int
    masks: int
    no_masks: int
    status: str
    seconds: float
    folder: str
    new: bool


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Blur faces and count masks on pictures that ship in Python packages; results land in .noria/demo/."""
    state, started = _up()
    try:
        session = Session.open()
        home = session.given.home / "demo"
        pictures = make_pictures(home / "pictures")
        say(f"uploading {len(pictures)} pictures to {PREFIX}")
        uploads = upload(session, pictures, PREFIX)
        chains = wait_for(session, [stored for stored, _ in uploads], PATIENCE)
        results = [
            _result(session, picture, new, chain, home / picture.stem)
            for picture, (_, new), chain in zip(pictures, uploads, chains, strict=True)
        ]
    finally:
        if started:
            lifecycle.stop()
    _show(results, as_json=as_json)
    if any(result.status == "failed" for result in results):
        raise click.exceptions.Exit(OUR_FAULT)
    say(f"next: noria up --detach, then noria put PHOTO photos/in/ --wait ({state.fdl[0]})")


def _up() -> tuple[PlaneState, bool]:
    """Start the plane unless it runs; gives whether it was started here."""
    if lifecycle.is_up():
        return lifecycle.start([PIPELINE], detach=True), False
    say("starting the embedded store and broker, the publisher and one worker a function")
    return lifecycle.start([PIPELINE], detach=True), True


def make_pictures(folder: Path) -> list[Path]:
    """Write the demo's pictures: five that ship in packages, and one of them with a mask painted on.

    Raises:
        Rejected: The packages of the group ``demo`` are not installed.
    """
    try:
        import cv2
        import matplotlib
        import numpy as np
        import skimage.data

        from functions.mask_detect.painting import paint_mask
        from functions.vision.faces import Box
    except ImportError as error:
        raise Rejected(f"{error.name} is not installed", hint="pip install --group demo, or make demo") from error
    folder.mkdir(parents=True, exist_ok=True)
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    face = Box(left=175, top=47, right=274, bottom=181)
    drawn = {
        "astronaut": astronaut,
        "astronaut-masked": paint_mask(astronaut, face, np.random.default_rng(7)),
        "camera": skimage.data.camera(),
        "cat": np.ascontiguousarray(skimage.data.chelsea()[..., ::-1]),
        "coffee": np.ascontiguousarray(skimage.data.coffee()[..., ::-1]),
    }
    for name, pixels in drawn.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels)
    hopper = Path(str(files(matplotlib))) / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    shutil.copyfile(hopper, folder / "grace_hopper.jpg")
    return sorted(folder.iterdir())


def _result(session: Session, picture: Path, new: bool, chain: Chain, folder: Path) -> Result:
    """Download what came of one picture, and sum it up."""
    metrics = {name: value for run in chain.runs for name, value in run.metrics.items()}
    failed = [run for run in chain.runs if run.state != "committed"]
    status = "failed" if failed or chain.waiting else ""
    for output in chain.results:
        target = folder / Path(output.key).name
        if not _has(target, output.sha256):
            download(session, output.bucket, output.key, target)
        if output.key.endswith(".masks.json") and not status:
            status = _status_of(target)
    return Result(
        picture=picture.name,
        faces=int(metrics.get("faces", 0)),
        masks=int(metrics.get("masks_count", 0)),
        no_masks=int(metrics.get("no_masks_count", 0)),
        status=status or "failed",
        seconds=_seconds(chain),
        folder=str(folder),
        new=new,
    )


def _has(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def _status_of(report: Path) -> str:
    return str(json.loads(report.read_bytes())["status"])


def _seconds(chain: Chain) -> float:
    queued: list[datetime] = [run.queued for run in chain.runs if run.queued]
    finished: list[datetime] = [run.finished for run in chain.runs if run.finished]
    return round((max(finished) - min(queued)).total_seconds(), 3) if queued and finished else 0.0


def _show(results: list[Result], *, as_json: bool) -> None:
    columns = ["picture", "faces blurred ", "masks ", "no masks ", "status", "upload to result ", "results in"]
    rows = [(r.picture, r.faces, r.masks, r.no_masks, r.status, f"{r.seconds:.2f} s", r.folder) for r in results]
    unchanged = sum(not result.new for result in results)
    note = [f"{unchanged} of {len(results)} pictures were here already: nothing changed for them"] if unchanged else []
    show([asdict(each) for each in results], as_json=as_json, human=[table(columns, rows), *note])
