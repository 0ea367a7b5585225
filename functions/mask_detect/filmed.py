"""What a video's faces look like to a judge: how sure it was of each, look by look, and where each is in each frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.mask_detect import classifier
from functions.mask_detect.judges import OneStage, TwoStage
from functions.mask_detect.settings import MaskDetect
from functions.runtime import Context, Rejected
from functions.vision.detectors import FaceFinder, Labelled
from functions.vision.faces import Box, Found
from functions.vision.films import FilmSet
from functions.vision.films import Frame as FilmedFrame
from functions.vision.looks import Look
from functions.vision.pictures import Colours, Picture
from functions.vision.video import film
from functions.vision.video.carrying import Carrier
from functions.vision.video.looking import Watch
from functions.vision.video.messages import Header
from functions.vision.video.progress import told
from functions.vision.video.reader import opened
from functions.vision.video.tracking import Linker, Track

BATCH = 64
"""Crops that the network is shown at a time."""

Boxes = Callable[[int, float], list[tuple[int, Box]]]
"""Gives the track and the box of each face in a frame, by its index and seconds; asked for in order."""


@dataclass
class Seen:
    """One face: ``sure`` adds up how sure the judge was of a mask, from ``first`` to ``last`` in seconds.

    ``found`` adds up the scores with which it was found, ``plain`` counts the looks at which that was believed.
    """

    first: float
    last: float
    sure: float = 0
    looks: int = 0
    found: float = 0
    plain: int = 0

    @property
    def score(self) -> float:
        """How sure the judge was of a mask, the mean over all looks."""
        return self.sure / self.looks


@dataclass
class Filmed:
    """One video.

    Attributes:
        seen: Track -> what was seen of it.
        boxes: Gives where faces are, from the first frame on, each time it is called.
        looks: How many frames were looked at.
    """

    header: Header
    frames_count: int
    seconds: float
    looks: int
    seen: dict[int, Seen]
    boxes: Callable[[], Boxes]


def from_sidecar(sidecar: Path, path: Path, *, form: str, ctx: Context[MaskDetect], judge: TwoStage) -> Filmed:
    """Judge the faces that blur-faces saw, in batches over several frames.

    Raises:
        Rejected: The sidecar is about another video.
    """
    head = film.read_head(sidecar)
    batch = _Batch(judge.network, head.model.believed)
    frames = film.read_frames(sidecar)
    expected = next(frames, None)
    count = 0
    with opened(path, form, ctx.settings, ctx.settings.bounds()) as video:
        _check(head, video.header)
        for frame in told(video.frames(), ctx, "judging", 2 * head.frames_count):
            count += 1
            if expected and expected.index == frame.index and frame.colours is not None:
                batch.add(frame.colours, expected)
                expected = next(frames, None)
    if count != head.frames_count or expected:
        raise Rejected(
            f"the .faces.json is about a video of {head.frames_count:,} frames, this one has {count:,}",
            hint="upload the original video to blur-faces' input",
        )
    batch.flush()
    looks = -(-head.frames_count // head.every)
    # What is no face is taken for one now and then, and faintly: it must be blurred, but not be counted.
    believed = {track: seen for track, seen in batch.seen.items() if seen.found / seen.looks >= head.model.believed}
    return Filmed(video.header, count, head.seconds, looks, believed, lambda: _Sidecar(sidecar))


def from_one_stage(path: Path, *, form: str, ctx: Context[MaskDetect], judge: OneStage) -> Filmed:
    """Find and judge faces with one model, and follow them from frame to frame."""
    linker = _VotingLinker(judge.look.threshold)
    with opened(path, form, ctx.settings, ctx.settings.bounds()) as video:
        header = video.header
        watch = Watch(_looker(judge.finder, judge.look), linker, ctx.settings.detect_every, header.time_base)
        for _ in told(watch.watch(video.frames()), ctx, "judging", 2 * header.total):
            pass
    tracks = linker.tracks()
    seen = {number: track.votes for number, track in enumerate(tracks) if isinstance(track, _Judged)}
    return Filmed(header, watch.frames, watch.seconds, watch.looks, seen, lambda: _carried(tracks, header))


@dataclass
class _Batch:
    """Crops of several frames that wait to be judged together."""

    network: classifier.MaskClassifier
    believed: float
    seen: dict[int, Seen] = field(default_factory=dict)
    _crops: list[Colours] = field(default_factory=list)
    _tracks: list[int] = field(default_factory=list)

    def add(self, colours: Colours, frame: FilmedFrame) -> None:
        for face in frame.faces:
            if face.detected:
                self._crops.append(classifier.crop(colours, face.box))
                self._tracks.append(face.track)
                seen = self.seen.setdefault(face.track, Seen(frame.time, frame.time))
                seen.last, seen.found = frame.time, seen.found + face.score
                seen.plain += face.score >= self.believed
        if len(self._crops) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self._crops:
            for track, score in zip(self._tracks, self.network.judged(self._crops), strict=True):
                self.seen[track].sure += float(score)
                self.seen[track].looks += 1
        self._crops, self._tracks = [], []


class _Sidecar:
    """Where blur-faces saw or expected faces."""

    def __init__(self, path: Path) -> None:
        self._frames = film.read_frames(path)
        self._next = next(self._frames, None)

    def __call__(self, index: int, _time: float) -> list[tuple[int, Box]]:
        if self._next is None or self._next.index != index:
            return []
        faces = [(face.track, face.box) for face in self._next.faces]
        self._next = next(self._frames, None)
        return faces


@dataclass
class _Judged(Track):
    """One face's sightings, and what the model says of it."""

    votes: Seen = field(default_factory=lambda: Seen(0, 0))


class _VotingLinker(Linker):
    """Adds up what the model says of each track."""

    def begin(self) -> Track:
        return _Judged()

    def see(self, frame: int, time: float, found: Sequence[Found]) -> list[Track]:
        tracks = super().see(frame, time, found)
        for track, each in zip(tracks, found, strict=True):
            assert isinstance(each, Labelled)
            assert isinstance(track, _Judged)
            seen = track.votes
            seen.first = seen.first if seen.looks else time
            seen.sure += each.score if each.label == "mask" else 1 - each.score
            seen.looks += 1
            seen.plain += 1
            seen.last = time
        return tracks


def _looker(finder: FaceFinder, look: Look) -> Callable[[Colours], list[Found]]:
    return lambda colours: list(finder.labelled(Picture(colours), look))


def _carried(tracks: Sequence[Track], header: Header) -> Boxes:
    carrier = Carrier(tracks, (header.width, header.height), carry=0)
    return lambda index, time: [(face.track, face.box) for face in carrier.faces(index, time)]


def _check(head: FilmSet, header: Header) -> None:
    # blur-faces repeats an odd last row or column: H.264 stores one colour for each two by two pixels.
    if (head.width + head.width % 2, head.height + head.height % 2) != (header.width, header.height):
        raise Rejected(
            f"the .faces.json is about a video of {head.width} x {head.height} pixels, "
            f"this one has {header.width} x {header.height}"
        )
