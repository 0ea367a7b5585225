"""``video``: blur-faces on videos that pan and zoom over pictures of packages, frame by frame against exact boxes."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np

from functions.blur_faces.handler import blur_faces
from functions.runtime.invoke import invoke
from functions.vision.faces import Box
from functions.vision.films import FilmSet
from functions.vision.looks import chosen
from functions.vision.pictures import Colours, Picture
from tests.quality.coverage import COVERED, covered_share, still_found
from tests.quality.drawing import GREEN, RED, axes, outlined, strip, svg
from tests.quality.panning import LEG, Shot, encoded, harder, panned
from tests.quality.pictures import judges
from tests.quality.report import Figures, Findings, Floor, Shown
from tests.quality.stills import crowd, square

COUNT = 4 * LEG
SIZE = (640, 480)
WAYS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "fast": {"BLUR_FACES_PROFILE": "fast"},
    "private": {"BLUR_FACES_PROFILE": "private"},
}
SHOWN_AT_LEAST = 0.5
"""Share of a face that is in the picture, from which on it counts: what an edge leaves of a smaller one is no face."""
AGAIN = 5  # every so-manyth frame is looked at again
HARD = "bad light"
SLOW = "slow"
CLIPS: Mapping[str, tuple[int, Sequence[str]]] = {
    "crowd": (25, ("default", "fast")),
    "square": (25, ("default",)),
    SLOW: (1, ("default", "fast", "private")),
    HARD: (25, ("default",)),
}
"""Frames a second, and in which ways it is blurred: not all in all, for the sake of time."""
COLUMNS = ("video", "looks", "faces ", "bare ", "bare frames ", "each alone ", "found again, % ", "CPU ms a frame ")
SAID = (
    f"Videos of {COUNT} frames of {SIZE[0]} x {SIZE[1]} (H.264): a camera goes over the three portraits side by side, "
    "with pans, zooms, tilts and cuts; faces come and go. Boxes are moved as pixels are. Square: other pictures are "
    "around the portraits, and faces go down to 21 pixels.",
    f"A face counts while at least {SHOWN_AT_LEAST:.0%} of its box is in the picture, and is covered when "
    f"{COVERED:.0%} of what is to be seen of its ellipse lies in boxes that were blurred in this frame.",
    "Bare: faces not covered, and frames with one. Each alone: such frames if the same detector looked at every "
    "frame and no box was carried from frame to frame. Found again: by CenterFace at 0.5, on every fifth frame. "
    "CPU is that of the handler's process, which decodes nothing itself.",
    f"{SLOW}: {LEG} frames of the crowd, one a second, the first half of them without any motion.",
    f"{HARD}: the same with exposure that wanders down to a quarter, noise and smear. It has no floor.",
)


@dataclass(frozen=True)
class Filmed:
    """One video, judged.

    Attributes:
        faces: Faces in frames that count; ``bare`` of them are not covered.
        frames: Indices of frames with a face that is not covered; ``alone``: without carrying.
        again: Share of faces still found, in percent.
        seconds: Of processor time for each frame.
        shares: The least covered share in each frame, 1 without faces.
    """

    name: str
    way: str
    faces: int
    bare: int
    frames: tuple[int, ...]
    alone: int
    again: float
    seconds: float
    shares: tuple[float, ...]


def judge() -> Findings:
    """Film, blur and judge."""
    judged: list[Filmed] = []
    shown: list[Shown] = []
    for name, shots in _videos():
        rate, ways = CLIPS[name]
        with tempfile.TemporaryDirectory(prefix="noria-quality-") as folder:
            source = encoded(Path(folder) / f"{name}.mp4", shots, rate=rate, crf=30 if name == HARD else 20)
            before = decoded(source)
            alone = sum(map(_is_bare_alone, before, shots))
            for way in ways:
                filmed, picture = _judged(source, shots, way, alone)
                judged.append(filmed)
                shown += [picture] if way == "default" or filmed.frames else []
    rows = [
        [each.name, each.way, each.faces, each.bare, len(each.frames), each.alone, each.again, 1000 * each.seconds]
        for each in judged
    ]
    document = {"videos": [asdict(each) for each in judged]}
    table = Figures("frame by frame", COLUMNS, rows)
    return Findings("video", "Blurred video", SAID, list(_floors(judged)), [table], [_plot(judged), *shown], document)


def _floors(judged: Sequence[Filmed]) -> Iterator[Floor]:
    easy = [each for each in judged if each.name != HARD]
    for way in WAYS:
        bare = sum(len(each.frames) for each in easy if each.way == way)
        yield Floor(f"frames with an uncovered face, looks: {way}", bare, "at most", 0, source="issue 5.4")
    again = max(each.again for each in easy)
    yield Floor("faces still found in frames", again, "at most", 5, " %", "issue 5.4")


def _videos() -> Iterator[tuple[str, list[Shot]]]:
    yield "crowd", list(panned(crowd(), COUNT, size=SIZE, seed=0))
    yield "square", list(panned(square(), COUNT, size=SIZE, seed=5, least=18))
    moving = list(panned(crowd(), LEG, size=SIZE, seed=0))
    yield SLOW, [*moving[:1] * (LEG // 2), *moving[::2]]
    yield HARD, list(harder(panned(square(), COUNT, size=SIZE, seed=8, least=18), seed=8))


def _judged(source: Path, shots: Sequence[Shot], way: str, alone: int) -> tuple[Filmed, Shown]:
    output = source.parent / way
    began = time.process_time()
    invoke(blur_faces, source, output, environ=WAYS[way])
    seconds = (time.process_time() - began) / len(shots)
    record = FilmSet.model_validate_json((output / f"{source.name}.faces.json").read_bytes())
    after = decoded(output / f"{source.name}.blurred.mp4")
    assert len(after) == record.frames_count == len(shots), f"{len(after)} frames were written of {len(shots)}"
    areas = {frame.index: [face.blurred for face in frame.faces] for frame in record.frames}
    shares = [_shares(shot, areas.get(index, [])) for index, shot in enumerate(shots)]
    bare = [index for index, each in enumerate(shares) if min(each, default=1.0) < COVERED]
    filmed = Filmed(
        name=source.stem,
        way=way,
        faces=sum(map(len, shares)),
        bare=sum(share < COVERED for each in shares for share in each),
        frames=tuple(bare),
        alone=alone,
        again=_again(after, shots),
        seconds=seconds,
        shares=tuple(min(each, default=1.0) for each in shares),
    )
    return filmed, _strip(filmed, after, shots, areas, bare)


def decoded(path: Path) -> list[Colours]:
    """Give all frames of a video, (height, width, 3) BGR each."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def _seen(shot: Shot) -> Iterator[Box]:
    return (face.box for face in shot.faces if face.share >= SHOWN_AT_LEAST)


def _shares(shot: Shot, areas: Sequence[Box]) -> list[float]:
    return [covered_share(face, areas, width=SIZE[0], height=SIZE[1]) for face in _seen(shot)]


def _is_bare_alone(colours: Colours, shot: Shot) -> bool:
    """Tell whether a face would be uncovered had only this frame been looked at."""
    finder = judges()[0].finder
    found = finder.find(Picture(colours), chosen("standard", finder.detector.threshold))
    areas = [each.box.grown(0.1, width=SIZE[0], height=SIZE[1]) for each in found]
    return min(_shares(shot, areas), default=1.0) < COVERED


def _again(after: Sequence[Colours], shots: Sequence[Shot]) -> float:
    finder = judges()[0].finder
    left = faces = 0
    for colours, shot in list(zip(after, shots, strict=True))[::AGAIN]:
        seen = list(_seen(shot))
        found = finder.find(Picture(colours), chosen("standard", 0.5))
        left += still_found(seen, found, threshold=0.5)
        faces += len(seen)
    return 100 * left / max(1, faces)


def _strip(
    filmed: Filmed, after: Sequence[Colours], shots: Sequence[Shot], areas: Mapping[int, list[Box]], bare: Sequence[int]
) -> Shown:
    """Show frames with a face that is not covered, or else some of all."""
    some = bare[:: max(1, len(bare) // 10)][:10] or range(0, len(after), max(1, len(after) // 10))[:10]
    drawn = [outlined(outlined(after[i], areas.get(i, []), GREEN), list(_seen(shots[i])), RED) for i in some]
    said = "frames with an uncovered face" if bare else "all faces are covered"
    return Shown(
        f"{filmed.name}, {filmed.way}: {said}; green: blurred boxes, red: true faces", strip(drawn, height=180)
    )


def _plot(judged: Sequence[Filmed]) -> Shown:
    figure, at = axes(height=3)
    for each in judged:
        at.plot([100 * share for share in each.shares], label=f"{each.name}, {each.way}", linewidth=1)
    at.axhline(100 * COVERED, linewidth=0.8, color="black", linestyle="--")
    at.set(xlabel="frame", ylabel="covered, %", ylim=(0, 104))
    at.legend(fontsize=7, loc="lower left")
    return Shown("The least covered face of each frame", svg(figure))
