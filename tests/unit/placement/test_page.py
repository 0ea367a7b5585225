"""The page about an answer, for eyes."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from functions.placement import charts, page, system_json
from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate
from functions.placement.system import Placement, System
from tests.unit.optimize.samples import system_text

PLACEMENT = Placement(
    deployments={"blur": "s1", "detect": "s1"},
    resources={("blur", "h1"): "Pi", ("detect", "h1"): "VM1"},
    nodes={"Pi": 2, "VM1": 1},
)


def answered(limit: float = 3.0) -> tuple[System, Answer]:
    system = system_json.parse(system_text(limit=limit), source="masks.json")
    judged = evaluate(system, PLACEMENT)
    certificate = {"solver": {"name": "HiGHS", "version": "1.15"}, "tolerance": 1e-7, "notes": []}
    answer = Answer(True, PLACEMENT, judged, judged.cost, 2.0, 0.1, 0.5, proven=False, method="exact")
    return system, replace(answer, certificate=certificate)


class Reader(HTMLParser):
    """Collects the text, and the tags that are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.open = "", list[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "line", "rect", "circle", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"meta", "line", "rect", "circle", "path"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_where_everything_runs_and_how_close_it_is_to_each_threshold() -> None:
    system, answer = answered()
    sections = [
        *page.placed(system, answer),
        page.front([(2.0, 3.0), (4.0, 1.0)], (2.0, 3.0)),
        page.certificate(answer),
    ]

    text = page.page("masks", "It costs 2.", sections)

    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    for said in ("blur", "Pi", "2 of 4", "VM1", "blur → detect", "p1: ", "of 2 s", "of 3 s", "HiGHS", "chosen"):
        assert said in reader.text, said
    assert answer.evaluation is not None
    assert f"{answer.evaluation.utilisation['Pi']:.1%}" in reader.text


def test_the_page_needs_nothing_from_elsewhere_and_has_no_script() -> None:
    system, answer = answered()

    text = page.page("masks", "It costs 2.", page.placed(system, answer))

    assert "<script" not in text
    assert not re.search(r"(src|href)=|url\(|https?:", text)
    assert "default-src 'none'" in text


def test_names_that_strangers_chose_are_text_and_nothing_else() -> None:
    system, answer = answered()
    hostile = replace(system, components={n: replace(c, name="<img src=x>") for n, c in system.components.items()})
    assert answer.placement is not None
    placement = replace(answer.placement, deployments={"<img src=x>": "s1"})
    resources = {("<img src=x>", "h1"): "Pi"}

    text = "".join(
        each.body for each in page.placed(hostile, replace(answer, placement=replace(placement, resources=resources)))
    )

    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text


def test_a_bar_beyond_its_threshold_is_marked_and_the_charts_are_xml() -> None:
    drawn = charts.bars([charts.Bar("a", 0.5, "1 of 2 s"), charts.Bar("b & c", 1.5, "3 of 2 s")], title="t", limit="l")

    root = ET.fromstring(drawn)
    assert [each.get("class") for each in root.iter("rect")] == ["within", "over"]
    widths = [float(each.get("width", 0)) for each in root.iter("rect")]
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)


def test_a_front_of_one_point_and_times_without_end_are_drawn() -> None:
    one = charts.front([charts.Mark(1.0, 2.0, "one", is_chosen=True)], title="t", x="cost", y="s")
    endless = charts.bars([charts.Bar("a", float("inf"), "endless")], title="t", limit="l")

    for drawn in (one, endless):
        ET.fromstring(drawn)
        assert "nan" not in drawn
        assert "inf" not in drawn.replace("inf of", "")
