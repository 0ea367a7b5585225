from pathlib import Path

import pytest

from functions.continuum.dag import read_dag
from functions.continuum.reading import MalformedError
from tests.continuum_application import DAG

CASES = Path(__file__).parents[4] / "shared" / "cases" / "toscarizer"

DIAMOND = """\
System:
  name: diamond
  components: [join, left, right, start, other]
  dependencies:
  - [start, left, 0.3]
  - [start, right, 1]
  - [left, join, 1]
  - [right, join, 0.5]
  - [other, join, 1]
"""


def test_components_come_after_all_that_lead_to_them() -> None:
    dag = read_dag(DIAMOND)

    assert dag.starts == ("start", "other")
    assert dag.ordered == ("start", "left", "right", "other", "join")
    assert dag.following["start"] == {"left": 0.3, "right": 1}
    assert dag.following["join"] == {}


@pytest.mark.parametrize("nothing", ["", "[]", "null"])
def test_one_component_has_nothing_before_and_nothing_behind(nothing: str) -> None:
    dag = read_dag(f"System:\n  name: a\n  components: [a]\n  dependencies: {nothing}\n  alternative_components:\n")

    assert dag.ordered == dag.starts == ("a",)
    assert dag.alternative_components == {}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "[other, join, 1]",
            "[join, start, 1]",
            "dependencies have a cycle: join -> start -> left -> join",
        ),
        ("[other, join, 1]", "[join, join, 1]", "have a cycle: join -> join"),
        ("[other, join, 1]", "[other, joim, 1]", "line 9: System.dependencies.4.1 is 'joim', .*; did you mean join?"),
        ("[other, join, 1]", "[other, join]", "line 9: System.dependencies.4.2 is missing"),
        ("[other, join, 1]", "[other, join, 1, 2]", "line 9: System.dependencies.4 has 4 entries; it takes at most 3"),
        ("[other, join, 1]", "[other, join, 1.2]", "line 9: System.dependencies.4.2 must be at most 1.0, not 1.2"),
        ("[other, join, 1]", "[other, join, '1']", "must be a number, not '1'"),
        ("[other, join, 1]", "[other, join, -0.1]", "must be at least 0.0, not -0.1"),
        ("[other, join, 1]", "[other, join, .nan]", "is .nan; a number here is finite"),
        ("[other, join, 1]", "[start, left, 1]", "line 9: System.dependencies.4 is start -> left, a second time"),
        ("start, other]", "start, other, left]", "line 3: System.components.5 is left, a second time"),
        ("[join, left, right, start, other]", "[]", "line 3: System.components has no entries; it takes at least 1"),
        ("dependencies:", "dependancies:", "line 4: System.dependancies is not a field; did you mean dependencies?"),
        ("  name: diamond\n", "", "line 1: System.name is missing: of the application"),
    ],
)
def test_a_graph_that_no_request_can_pass_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in DIAMOND

    with pytest.raises(MalformedError, match=sentence.replace("?", r"\?")):
        read_dag(DIAMOND.replace(old, new), source="application_dag.yaml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    filter: [filter_small]", "    filtre: [filter_small]", r"did you mean filter\?"),
        ("[filter_small]", "[classifier]", "alternative_components.filter has classifier, which is a component itself"),
    ],
)
def test_an_alternative_stands_for_a_component_and_is_none(old: str, new: str, sentence: str) -> None:
    with pytest.raises(MalformedError, match=sentence):
        read_dag(DAG.replace(old, new))


def test_a_long_chain_and_a_long_cycle_take_no_long_time() -> None:
    names = [f"c{index}" for index in range(1000)]
    steps = [f"[c{index}, c{index + 1}, 1]" for index in range(999)]
    text = f"System: {{name: a, components: [{', '.join(names)}], dependencies: [{', '.join(steps)}"

    assert read_dag(f"{text}]}}").ordered == tuple(names)
    with pytest.raises(MalformedError, match="have a cycle: c0 -> c1 -> c2"):
        read_dag(f"{text}, [c999, c0, 1]]}}")


def test_what_was_likely_not_meant_is_warned_about() -> None:
    warnings: list[str] = []

    read_dag(
        "System:\n  name: a\n  components: [a, b, c]\n  dependencies:\n  - [a, b, 0]\n", source="d", warnings=warnings
    )

    assert warnings == [
        "d: line 3: System.components.2 is c, which no dependency joins to the others",
        "d: line 5: System.dependencies.0 never lets a request pass from a to b",
    ]


def test_every_public_graph_is_read() -> None:
    if not CASES.is_dir():
        pytest.skip("../shared is not here")

    graphs = [read_dag(path) for path in sorted(CASES.rglob("application_dag.yaml"))]

    assert sorted({len(graph.components) for graph in graphs}) == [2, 3]
    assert all(graph.ordered == graph.components for graph in graphs)
