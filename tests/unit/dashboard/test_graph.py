from pathlib import Path

import pytest

import fdl
from local.dashboard.graph import Box, graph
from tests.pipelines import pipeline

FILES = sorted(Path(fdl.__path__[0]).glob("*.yaml"))


def overlap(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (beside or one.y + one.height <= other.y or other.y + other.height <= one.y)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_two_boxes_of_a_pipeline_overlap_and_all_are_within_the_drawing(file: Path) -> None:
    made = graph(fdl.load(file))

    pairs = [(one, other) for at, one in enumerate(made.boxes) for other in made.boxes[:at]]
    assert not [(one.name, other.name) for one, other in pairs if overlap(one, other)]
    assert all(box.x >= 0 and box.y >= 0 for box in made.boxes)
    assert all(box.x + box.width <= made.width and box.y + box.height <= made.height for box in made.boxes)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_pipeline_reads_from_left_to_right(file: Path) -> None:
    made = graph(fdl.load(file))

    back = [(line.source.name, line.target.name) for line in made.lines if line.source.x > line.target.x]
    assert not back


def test_a_result_is_where_the_next_function_begins() -> None:
    made = graph(fdl.load(next(file for file in FILES if file.stem == "mask-detection")))

    wires = {(line.source.name, line.target.name) for line in made.lines}
    assert {("photos/in", "blur-faces"), ("blur-faces", "photos-blurred/out")} < wires
    assert ("photos-blurred/out", "mask-detect") in wires
    assert not [box.name for box in made.boxes if "failed" in box.name]


def test_a_function_that_fires_itself_on_purpose_can_be_drawn() -> None:
    text = pipeline("again", "loop/in", "loop/in/next")

    made = graph(fdl.loads(text))

    assert {box.name for box in made.boxes} >= {"again", "loop/in/next"}


def test_a_folder_says_whom_else_it_fires() -> None:
    one, other = (
        fdl.loads(pipeline(*each)) for each in (("one", "a/in", "middle/out"), ("other", "middle/out", "c/out"))
    )

    made = graph(one, other.services)

    assert {box.name: box.feeds for box in made.boxes if box.feeds} == {"middle/out": ("other",)}
