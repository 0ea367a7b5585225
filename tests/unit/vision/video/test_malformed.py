"""Readers of pictures and video fed with mutated headers; ``FUZZ_COUNT`` of them a format, drawn by ``FUZZ_SEED``."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.runtime import Rejected
from functions.sandbox.limits import Limits
from functions.sandbox.walls import CODE, Job, choose
from functions.vision.pictures import read_picture
from functions.vision.video.kinds import form_of
from functions.vision.video.reader import ENVIRON
from functions.vision.video.wholeness import missing
from tests.unit.vision.images import encoded
from tests.unit.vision.video.clips import CODECS, clip, moved, moving_gif, portrait
from tests.unit.vision.video.malformed import FORMS, mutated

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
COUNT = int(os.environ.get("FUZZ_COUNT", "40"))
MEMORY = 512 << 20
CPU = 600


def sample(folder: Path, ending: str) -> bytes:
    path = folder / f"sample{ending}"
    if ending == ".gif":
        return moving_gif(6)
    sound = 0.2 if ending in (".mp4", ".mkv") else 0
    return clip(path, moved(6, width=96, height=64), sound=sound, metadata={"title": "a"}).read_bytes()


def decoded(folder: Path) -> Iterator[tuple[str, str]]:
    """Decode all files of a folder in sandboxes; one that makes its process end is told with how it ended."""
    while left := sorted(folder.iterdir()):
        process = choose("auto").start(
            Job(
                command=[sys.executable, "-P", "-m", "tests.unit.vision.video.malformed", str(folder)],
                read=(folder, CODE / "functions", CODE / "tests"),
                write=(),
                limits=Limits(memory=MEMORY, cpu_seconds=CPU),
                environ={**ENVIRON, "PYTHONPATH": str(CODE)},
                folder=CODE / "functions",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, wrong = process.communicate()
        for line in said.decode().splitlines():
            name, verdict, *_ = line.split("\t")
            (folder / name).unlink()
            left.pop(0)
            yield name, verdict
        if process.returncode:
            lines = wrong.decode(errors="replace").splitlines()
            yield left[0].name, f"ended the process: {process.returncode}, {lines[-1:]}"
            left[0].unlink()


def test_no_mutated_video_ends_its_decoder_or_is_taken_without_a_word(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    (tmp_path / "in").mkdir()
    for ending in (*CODECS, ".gif"):
        data = sample(tmp_path, ending)
        for number in range(COUNT):
            (tmp_path / "in" / f"{number:05d}{ending}").write_bytes(mutated(data, draw))

    verdicts = dict(decoded(tmp_path / "in"))

    assert len(verdicts) == COUNT * (len(CODECS) + 1)
    assert {name: verdict for name, verdict in verdicts.items() if verdict.startswith("ended the process")} == {}
    assert len(set(verdicts.values())) > 3  # some are read, some refused, for several reasons


def test_what_is_looked_at_outside_of_the_sandbox_takes_any_bytes(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    path = tmp_path / "a"
    for ending, form in FORMS.items():
        data = sample(tmp_path, ending)
        for _ in range(COUNT):
            path.write_bytes(mutated(data, draw))

            assert form_of(path) in (None, *FORMS.values())
            assert missing(path, form) >= 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_every_mutated_picture_is_read_or_rejected(tmp_path: Path, kind: str) -> None:
    draw = random.Random(SEED)
    data = encoded(portrait(96, 64)[..., ::-1], kind)
    path = tmp_path / "a"
    for _ in range(COUNT):
        path.write_bytes(mutated(data, draw))
        assert _becomes_of(path) in ("a picture", "rejected with a hint")


def _becomes_of(path: Path) -> str:
    try:
        picture = read_picture(path, max_megapixels=1)
    except Rejected as rejected:
        return "rejected with a hint" if rejected.hint else "rejected"
    return "a picture" if picture.width * picture.height <= 1e6 else "a bomb"
