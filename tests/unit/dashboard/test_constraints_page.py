"""What stands on the page of constraints, whatever clocks and functions have told."""

from functions.watching.episodes import Episode
from functions.watching.state import State, Watched
from local.dashboard import templating
from local.dashboard.constraints import Application
from tests.unit.watching.rows import chain, told


def page(*states: State) -> str:
    template = templating.environment().get_template("constraints_part.html")
    applications = [Application.of(state) for state in states]
    return template.render(applications=applications, is_watched=True, folders=[])


def test_rules_are_told_as_kept_violated_or_unknown() -> None:
    state = State(application="masks")
    told(state, [row for number in range(20) for row in chain(f"s{number}", 10.0 * number, 2.0)])
    state.rules["custom:unseen"] = Watched(name="unseen", kind="custom", metric="masks/no_masks_count", threshold=1)

    shown = Application.of(state)

    assert {each.rule.name: each.state for each in shown.rules} == {
        "quick": "violated",
        "whole": "kept",
        "unseen": "unknown",
    }
    assert [alert.is_open for alert in shown.alerts] == [True]
    assert [plot.title for plot in shown.plots] == ["quick, seconds", "whole, seconds"]
    assert shown.plots[0].across == "seconds before the end"


def test_a_clock_that_is_wrong_and_numbers_without_an_end_take_no_page_away() -> None:
    rule = Watched(name="odd", kind="custom", metric="masks/count", threshold=1.7e308)
    rule.episodes = [Episode(since=1e18, until=1e18, value=1.7e308, worst=-1.7e308)]
    rows = [row._replace(finished=1e15, metrics={"count": 1.7e308}) for row in chain("s", 0)]
    state = State(application="odd", settled=1e18, rules={"custom:odd": rule}, rows=rows)

    text = page(state)

    assert "9999-12-31" in text
    assert "odd" in text
