"""``vision``: pictures a second of the functions' own handlers, against the bare model and against a plain script."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

import cv2

from functions.blur_faces import handler as blur
from functions.mask_detect import handler as mask
from functions.runtime.context import Context
from functions.runtime.function import Function
from functions.runtime.local_desk import LocalDesk, local_event
from local.cli.demo.pictures import make_pictures
from tests.performance.figures import notes, ratio, show_table
from tests.performance.handlers import stages_of_blur_faces, stages_of_mask_detect

SECONDS = 4.0
"""How long each picture is measured, handler and bare model in turn."""
LEAST = 5
KINDS = ("handler", "model", "script")
TARGET = 0.85
"""Share of the script's pictures a second that blur-faces is to reach (issue 5.6)."""


@dataclass
class Recorder:
    """Stands for a model's session, and keeps what it was asked to run."""

    session: Any
    asked: list[tuple[Any, Mapping[str, Any]]] = field(default_factory=list)

    def run(self, names: Any, feed: Mapping[str, Any]) -> Any:
        """Run the model."""
        self.asked.append((names, feed))
        return self.session.run(names, feed)

    def again(self) -> None:
        """Run the model on all that it was asked before, and nothing else: the floor."""
        for names, feed in self.asked:
            self.session.run(names, feed)


@dataclass(frozen=True)
class Timing:
    """One picture: milliseconds (medians) of the handler and its stages, of the bare model, and of a plain script.

    The script reads, scales and writes the picture with OpenCV around the model, and does nothing else. The ratios are
    medians of neighbouring measurements, so that a change in the machine's load does not tell.
    """

    picture: str
    handler_ms: float
    model_ms: float
    script_ms: float
    to_model: float
    to_script: float
    stages_ms: Mapping[str, float]


def vision() -> dict[str, object]:
    """Measure blur-faces on the demo's pictures, and mask-detect on what it makes of those with faces."""
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        pictures = make_pictures(Path(folder) / "pictures")
        blurred = Path(folder) / "blurred"
        blurred.mkdir()
        for picture in pictures:
            call(blur.blur_faces, picture, blurred)
        return {
            "blur-faces": _measured("blur-faces", blur.blur_faces, pictures, stages_of_blur_faces),
            "mask-detect": _measured(
                "mask-detect", mask.mask_detect, sorted(blurred.glob("*.png")), stages_of_mask_detect
            ),
        }


def call(function: Function[Any], picture: Path, output: Path) -> None:
    """Run a handler on a file in this process, as a worker's handler process does."""
    settings = function.settings.from_environment(function.name, {})
    function(local_event(picture), Context(settings=settings, folder=output, desk=LocalDesk(picture)))


Stages = Callable[[Path, Callable[[Any], Recorder]], dict[str, float]]


def _measured(title: str, function: Function[Any], pictures: Sequence[Path], stages: Stages) -> dict[str, object]:
    timings = [timing for picture in pictures if (timing := _timing(function, picture, stages)) is not None]
    rates = {name: 1000 / mean(getattr(each, f"{name}_ms") for each in timings) for name in KINDS}
    show_table(
        f"{title}: ms a picture, and the handler's time in relation",
        ["", *KINDS, "/ model", "/ script"],
        [(t.picture, t.handler_ms, t.model_ms, t.script_ms, t.to_model, t.to_script) for t in timings],
    )
    ratios = [ratio(rates["model"], rates["handler"]), ratio(rates["script"], rates["handler"])]
    show_table(
        f"{title}: pictures a second", [*KINDS, "model : handler", "script : handler"], [[*rates.values(), *ratios]]
    )
    share = ratio(1, mean(each.to_script for each in timings))
    notes.print(
        f"{title}: {share:.2f} of the script's pictures a second, picture by picture (target {TARGET} for blur-faces)"
    )
    means = {name: mean(each.stages_ms[name] for each in timings) for name in timings[0].stages_ms}
    show_table(f"{title}: the handler's stages, ms", list(means), [list(means.values())])
    per_second = {f"{name}_per_second": rate for name, rate in rates.items()}
    return {**per_second, "share_of_script": share, "stages_ms": means, "pictures": [vars(each) for each in timings]}


def _timing(function: Function[Any], picture: Path, stages: Stages) -> Timing | None:
    """Measure one picture; None when the model is not asked about it (no faces to judge)."""
    recorders: list[Recorder] = []

    def recorded(session: Any) -> Recorder:
        recorders.append(Recorder(session))
        return recorders[-1]

    stages(picture, recorded)
    [floor] = recorders
    if not floor.asked:
        return None
    notes.print(f"[dim]{function.name} {picture.name}")
    samples: dict[str, list[float]] = {name: [] for name in KINDS}
    parts: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as output:
        work = {
            "handler": lambda: call(function, picture, Path(output)),
            "model": floor.again,
            "script": lambda: script(picture, Path(output), floor),
        }
        until = time.monotonic() + SECONDS
        while len(parts) < LEAST or time.monotonic() < until:
            for name, job in work.items():
                samples[name].append(_milliseconds(job))
            parts.append(stages(picture, lambda session: session))
    return _summary(picture.name, samples, parts)


def _summary(picture: str, samples: Mapping[str, Sequence[float]], parts: Sequence[Mapping[str, float]]) -> Timing:
    handler, model, plain = (samples[name] for name in KINDS)
    return Timing(
        picture=picture,
        handler_ms=median(handler),
        model_ms=median(model),
        script_ms=median(plain),
        to_model=median(map(ratio, handler, model)),
        to_script=median(map(ratio, handler, plain)),
        stages_ms={name: median(each[name] for each in parts) for name in parts[0]},
    )


def script(picture: Path, output: Path, model: Recorder) -> None:
    """Do what a loop with onnxruntime and OpenCV would: read, scale, ask the model as often and on as much, write.

    What the model answers is not looked at: no boxes, no suppression, no tiles, no blur.
    """
    pixels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    colours = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels
    for names, feed in model.asked:
        [(name, (batch, _, height, width))] = [(name, array.shape) for name, array in feed.items()]
        planes = cv2.dnn.blobFromImages([colours[..., :3]] * batch, 1.0, (width, height), swapRB=True)
        model.session.run(names, {name: planes})
    cv2.imwrite(str(output / "script.png"), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
