"""What the report calls covered, found, precise and reached."""

import json
from copy import copy
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from functions.vision.faces import Box, Found
from tests.quality.__main__ import report
from tests.quality.coverage import covered_share, overlap, still_found
from tests.quality.matching import Labelled, average_precision
from tests.quality.page import report_page
from tests.quality.report import Figures, Findings, Floor, Shown

FACE = Box(left=10, top=10, right=30, bottom=50)


def test_a_face_is_an_ellipse_the_corners_of_its_box_are_not() -> None:
    cross = [Box(left=12.8, top=10, right=27.2, bottom=50), Box(left=10, top=15.6, right=30, bottom=44.4)]

    assert covered_share(FACE, [FACE], width=100, height=100) == 1
    assert covered_share(FACE, cross, width=100, height=100) == 1
    assert covered_share(FACE, [], width=100, height=100) == 0


def test_half_a_face_is_half_covered_and_two_halves_are_all_of_it() -> None:
    left, right = Box(left=0, top=0, right=20, bottom=60), Box(left=20, top=0, right=40, bottom=60)

    assert covered_share(FACE, [left], width=100, height=100) == pytest.approx(0.5)
    assert covered_share(FACE, [left, right], width=100, height=100) == 1


def test_of_a_face_beyond_an_edge_only_what_is_seen_has_to_be_covered() -> None:
    face = Box(left=-10, top=10, right=10, bottom=50)

    assert covered_share(face, [Box(left=0, top=0, right=10, bottom=100)], width=100, height=100) == 1
    assert covered_share(Box(left=-9, top=-9, right=-1, bottom=-1), [], width=100, height=100) == 1


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(FACE, FACE) == 1
    assert overlap(FACE, Box(left=10, top=10, right=30, bottom=30)) == 0.5
    assert overlap(FACE, Box(left=40, top=10, right=50, bottom=30)) == 0


def test_a_face_is_found_again_where_a_likely_enough_box_lies_on_it() -> None:
    found = [Found(box=FACE, score=0.4), Found(box=Box(left=60, top=60, right=80, bottom=90), score=0.9)]

    assert still_found([FACE], found, threshold=0.3) == 1
    assert still_found([FACE], found, threshold=0.5) == 0


def boxed(picture: str, left: float, score: float = 1.0) -> Labelled:
    return Labelled(picture, Box(left=left, top=0, right=left + 10, bottom=10), "mask", score)


def test_precision_over_recall_by_hand() -> None:
    truth = [boxed("a", 0), boxed("a", 50), boxed("b", 0), boxed("b", 50)]
    given = [boxed("a", 0, 0.9), boxed("a", 100, 0.8), boxed("b", 1, 0.7), boxed("b", 0, 0.6), boxed("a", 50, 0.5)]

    # Right, wrong, right, wrong (found already), right: precision 1, 1/2, 2/3, 2/4, 3/5 at recall 1/4, 2/4, 3/4.
    assert average_precision(truth, given) == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)
    assert average_precision(truth, truth) == 1
    assert average_precision(truth, []) == 0


@pytest.mark.parametrize(
    ("floor", "verdict"),
    [
        (Floor("x", 1.0, "at most", 1), "met"),
        (Floor("x", 1.01, "at most", 1), "missed"),
        (Floor("x", 0.9, "at least", 0.9), "met"),
        (Floor("x", 0.89, "at least", 0.9), "missed"),
        (Floor("x", float("nan"), "at least", 0.9), "missed"),
        (Floor("x", None, "at least", 0.9), "not judged"),
    ],
)
def test_a_floor_is_met_missed_or_not_judged(floor: Floor, verdict: str) -> None:
    assert floor.verdict == verdict


@pytest.mark.parametrize(("values", "code"), [((1.0, 1.0), 0), ((1.0, 2.0), 5), ((2.0, None), 5), ((None,), 0)])
def test_a_floor_that_is_missed_in_any_section_is_told_by_the_exit_code(
    values: tuple[float | None, ...], code: int, tmp_path: Path
) -> None:
    sections = {
        str(number): Findings(str(number), "a section", floors=[Floor("seconds", value, "at most", 1)])
        for number, value in enumerate(values)
    }

    ended = report({name: partial(copy, found) for name, found in sections.items()}, tmp_path / "new")

    document = json.loads((tmp_path / "new/quality.json").read_text())
    assert ended == code
    assert [each["floors"][0]["value"] for each in document["sections"].values()] == list(values)
    assert "a section" in (tmp_path / "new/quality.html").read_text()


def test_floors_that_were_not_judged_are_counted_and_fail_where_that_is_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = [Floor("seen", 1.0, "at most", 1), Floor("named", None, "at most", 0), Floor("told", None, "at most", 0)]
    sections = {"one": partial(copy, Findings("one", "a section", floors=floors))}

    assert report(sections, tmp_path) == 0
    assert capsys.readouterr().out.endswith("3 floors: 0 missed, 2 not judged\n")
    assert report(sections, tmp_path, strict=True) == 5


def test_the_page_shows_every_floor_and_needs_no_other_file() -> None:
    floors = [Floor("covered <faces>", 100.0, "at least", 100, " %"), Floor("named", None, "at most", 0)]
    picture = Shown("what was seen", b"\x89PNG and so on")
    table = Figures("a table", ["name", "value "], [("one", np.float64(0.123456))])
    findings = Findings("pictures", "Pictures", ["how"], floors, [table], [picture], {"more": 1})

    text = report_page([findings], {"cpu": "one"})

    assert "1 of 1 floors are reached; 1 could not be judged here." in text
    assert "covered &lt;faces&gt;" in text
    assert "0.123" in text
    assert 'src="data:image/png;base64,' in text
    assert "img-src data:" in text
    assert "http" not in text.replace("http-equiv", "")
    assert findings.as_json()["more"] == 1
