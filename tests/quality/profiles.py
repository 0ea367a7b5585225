"""``profiles``: what each detection profile of blur-faces finds under hardship, and what it costs."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from functions.vision.descriptors import CENTERFACE
from functions.vision.detectors import FaceFinder
from functions.vision.faces import Blur, Box
from functions.vision.looks import PROFILES, ProfileName, chosen
from functions.vision.pictures import Picture
from tests.quality.coverage import COVERED, covered_share
from tests.quality.drawing import axes, svg
from tests.quality.hardships import CROWDS, SIZES, hard_scenes
from tests.quality.pictures import judges
from tests.quality.report import Figures, Findings, Floor, Shown
from tests.quality.stills import Scene, faceless

LARGER = 2.5
SAID = (
    f"Three portraits with faces of {', '.join(map(str, SIZES))} pixels under nine hardships; 100 LFW faces, 30 pixels "
    "large in a picture of 0.4 megapixels, and 16 pixels large in one of 6 megapixels. A face counts as found when "
    f"{COVERED:.0%} of its ellipse is in the grown boxes that would be blurred and are at most {LARGER:g} times as "
    "large: a box around everything is no find.",
    "In vain: boxes in six pictures without faces; each blurs something that is no face, and harms nobody.",
    "CPU: of looking alone, one thread; a megapixel of all the pictures, of which small ones are looked at enlarged.",
)
LEAST = 90
"""Percent of the portraits under hardship that the careful look of the default model must find."""
GROWTH = Blur.of("box").growth


@dataclass(frozen=True)
class Judged:
    """One model with one profile: by hardship how many faces were found of how many; boxes in vain; CPU."""

    model: str
    profile: ProfileName
    found: Mapping[str, int]
    of: Mapping[str, int]
    vain: int
    seconds_a_megapixel: float

    @property
    def portraits(self) -> float:
        """Share of the portraits' faces, in percent; crowds are told apart."""
        names = [name for name in self.of if name not in CROWDS]
        return 100 * sum(self.found[name] for name in names) / sum(self.of[name] for name in names)


def judge() -> Findings:
    """Look at every scene with every profile of every model that is here."""
    scenes = list(hard_scenes())
    judged = [judged_by(each.finder, profile, scenes) for each in judges() for profile in PROFILES]
    traded = [
        (each.model, each.profile, each.portraits, *(each.found[name] for name in CROWDS), each.vain,
         1000 * each.seconds_a_megapixel)
        for each in judged
    ]  # fmt: skip
    columns = ["model", "profile", "portraits found, % ", *(f"{name}, of 100 " for name in CROWDS), "in vain ",
               "CPU ms a megapixel "]  # fmt: skip
    hard = [[name, judged[0].of[name], *(each.found[name] for each in judged)] for name in judged[0].of]
    by_hardship = Figures("by hardship", ["", "faces ", *(f"{each.model} {each.profile} " for each in judged)], hard)
    document = {"profiles": [vars(each) | {"portraits": each.portraits} for each in judged]}
    shown = [Shown("Portraits found against what looking costs", _plot(judged))]
    tables = [Figures("trade-off", columns, traded), by_hardship]
    return Findings("profiles", "Detection profiles", SAID, list(_floors(judged)), tables, shown, document)


def judged_by(finder: FaceFinder, profile: ProfileName, scenes: Sequence[tuple[str, Scene]]) -> Judged:
    """Look at the scenes, and at pictures without faces."""
    look = chosen(profile, finder.detector.threshold)
    found: dict[str, int] = {}
    of: dict[str, int] = {}
    began, pixels = time.process_time(), 0
    for name, scene in scenes:
        picture = Picture(scene.colours)
        pixels += picture.width * picture.height
        size = {"width": picture.width, "height": picture.height}
        areas = [each.box.grown(GROWTH, **size) for each in finder.find(picture, look)]
        hidden = sum(covered_share(face, _near(face, areas), **size) >= COVERED for face in scene.faces)
        found[name] = found.get(name, 0) + hidden
        of[name] = of.get(name, 0) + len(scene.faces)
    seconds = time.process_time() - began
    vain = sum(len(finder.find(Picture(scene.colours), look)) for scene in faceless())
    return Judged(finder.detector.name, profile, found, of, vain, seconds / (pixels / 1e6))


def _near(face: Box, areas: Sequence[Box]) -> list[Box]:
    most = LARGER * max(face.width, face.height)
    return [area for area in areas if max(area.width, area.height) <= most]


def _floors(judged: Sequence[Judged]) -> Iterator[Floor]:
    by_name = {(each.model, each.profile): each.portraits for each in judged}
    careful = by_name[CENTERFACE.name, "private"]
    yield Floor("portraits under hardship that private finds", careful, "at least", LEAST, " %", "issue 5.2")
    for model in {each.model: None for each in judged}:
        gain = by_name[model, "private"] - by_name[model, "standard"]
        yield Floor(f"{model}: what private finds beyond standard", gain, "at least", 0, " %", "issue 5.2")


def _plot(judged: Sequence[Judged]) -> bytes:
    figure, plot = axes()
    for model in {each.model: None for each in judged}:
        own = [each for each in judged if each.model == model]
        costs = [1000 * each.seconds_a_megapixel for each in own]
        plot.plot(costs, [each.portraits for each in own], marker="o", label=model)
        for each, cost in zip(own, costs, strict=True):
            plot.annotate(each.profile, (cost, each.portraits), textcoords="offset points", xytext=(6, -12))
    plot.set_xscale("log")
    plot.set_xlabel("CPU time, ms a megapixel")
    plot.set_ylabel("portraits found, %")
    plot.grid(visible=True, alpha=0.3)
    plot.legend()
    return svg(figure)
