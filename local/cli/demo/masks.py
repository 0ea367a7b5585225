"""The demo's first part: faces are blurred and masks counted on pictures that ship in Python packages."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from local.chain import Chain
from local.cli.demo.pictures import make_pictures
from local.cli.objects import download
from local.cli.output import say, table
from local.cli.put import upload, wait_for
from local.cli.session import Session

PREFIX = "photos/in/demo/"
PATIENCE = 150.0


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


def blur_and_count(session: Session, home: Path) -> list[Result]:
    """Upload the pictures, wait, and download what came of them into folders of ``home``."""
    pictures = make_pictures(home / "pictures")
    say(f"uploading {len(pictures)} pictures to {PREFIX}")
    uploads = upload(session, pictures, PREFIX)
    chains = wait_for(session, [stored for stored, _ in uploads], PATIENCE)
    return [
        _result(session, picture, new, chain, home / picture.stem)
        for picture, (_, new), chain in zip(pictures, uploads, chains, strict=True)
    ]


def described(results: list[Result]) -> list[object]:
    """Write the results for a person."""
    columns = ["picture", "faces blurred ", "masks ", "no masks ", "status", "upload to result ", "results in"]
    rows = [(r.picture, r.faces, r.masks, r.no_masks, r.status, f"{r.seconds:.2f} s", r.folder) for r in results]
    unchanged = sum(not result.new for result in results)
    note = [f"{unchanged} of {len(results)} pictures were here already: nothing changed for them"] if unchanged else []
    return [table(columns, rows), *note]


def _result(session: Session, picture: Path, new: bool, chain: Chain, folder: Path) -> Result:
    """Download what came of one picture, and sum it up."""
    metrics = {name: value for run in chain.runs for name, value in run.metrics.items()}
    failed = [run for run in chain.runs if run.state != "committed"]
    status = "failed" if failed or chain.waiting else ""
    for output in chain.results:
        target = folder / Path(output.key).name
        if not has_content(target, output.sha256):
            download(session, output.bucket, output.key, target)
        if output.key.endswith(".masks.json") and not status:
            status = _status_of(target)
    return Result(
        picture=picture.name,
        faces=int(metrics.get("faces", 0)),
        masks=int(metrics.get("masks_count", 0)),
        no_masks=int(metrics.get("no_masks_count", 0)),
        status=status or "failed",
        seconds=seconds(chain),
        folder=str(folder),
        new=new,
    )


def has_content(file: Path, sha256: str) -> bool:
    """Tell whether a file is there with this content."""
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def _status_of(report: Path) -> str:
    return str(json.loads(report.read_bytes())["status"])


def seconds(chain: Chain) -> float:
    """Give how long it took from the first announcement to the last commit."""
    queued: list[datetime] = [run.queued for run in chain.runs if run.queued]
    finished: list[datetime] = [run.finished for run in chain.runs if run.finished]
    return round((max(finished) - min(queued)).total_seconds(), 3) if queued and finished else 0.0
