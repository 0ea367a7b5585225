"""What people and monitors ask, and what is said where they ask wrongly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.optimize.occasion import Alert, Workload, moment, read_occasion
from functions.optimize.request import Request, request_in, seconds_of
from functions.optimize.settings import Optimize
from functions.runtime import Rejected

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def test_a_folder_without_a_request_asks_for_nothing_special(tmp_path: Path) -> None:
    assert request_in(tmp_path) == Request()


@pytest.mark.parametrize("place", [".", "common_config"])
def test_a_request_is_read_from_the_folder_or_the_trees_own(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / "optimize.yaml").write_text("load: 2.5\nmethod: tabu_search\nparameters: {tabuSize: 20}\n")

    request = request_in(tmp_path)

    assert (request.load, request.method, request.parameters) == (2.5, "tabu_search", {"tabuSize": 20})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lod: 2", "line 1: lod is not a field; did you mean load?"),
        ("load: -1", "load must be greater than 0"),
        ("load: .nan", "a number here is finite"),
        ("load: two", "load must be a number, not 'two'"),
        ("front: yes", "front must be true or false"),
        ("seconds: 0", "seconds must be greater than 0"),
    ],
)
def test_a_wrong_request_is_refused_with_the_place_and_the_nearest_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "optimize.yaml").write_text(text)

    with pytest.raises(Rejected) as refused:
        request_in(tmp_path)

    assert said in str(refused.value)
    assert "optimize.yaml" in str(refused.value)


def test_more_time_than_one_may_have_is_refused() -> None:
    with pytest.raises(Rejected, match="more than the 600 that may be asked for"):
        seconds_of(Request(seconds=601), Optimize())


def test_a_workload_and_an_alert_of_ams_are_read(tmp_path: Path) -> None:
    workload, alert = tmp_path / "a.workload.json", tmp_path / "a.alert.json"
    workload.write_text('{"deployment": "app", "load": 2}')
    stamp = '"check_time": 1763870400, "status_timestamp": "2026-11-23T03:59:00Z"'
    alert.write_text(f'{{"deployment": "app", "constraint": "c1", "value": 4.2, {stamp}}}')

    read = read_occasion(workload, workload.name), read_occasion(alert, alert.name)

    assert read[0] == Workload(deployment="app", load=2)
    assert isinstance(read[1], Alert)
    assert (read[1].constraint, read[1].value) == ("c1", 4.2)
    assert moment(read[1], NOW) == datetime(2026, 11, 23, 3, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        (1763870400, datetime(2025, 11, 23, 4, tzinfo=UTC)),
        (1763870400000, datetime(2025, 11, 23, 4, tzinfo=UTC)),
        (1763870400000000000, datetime(2025, 11, 23, 4, tzinfo=UTC)),
        ("2025-11-23T05:00:00+01:00", datetime(2025, 11, 23, 4, tzinfo=UTC)),
        ("9999-01-01T00:00:00Z", NOW),
        (None, NOW),
    ],
)
def test_times_are_read_in_any_usual_unit_and_none_lies_in_the_future(
    stamp: float | str | None, said: datetime
) -> None:
    assert moment(Workload(deployment="app", load=1, status_timestamp=stamp), NOW) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"deployment": "app", "lode": 2}', "lode is not a field; did you mean load?"),
        ('{"deployment": "app", "load": NaN}', "NaN is no number"),
        ('{"deployment": "app", "load": 2, "status_timestamp": "soon"}', "status_timestamp must be a time"),
        ("[1]", "it is not an object with fields"),
        ("{", "it is not JSON"),
    ],
)
def test_a_wrong_occasion_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.workload.json"
    path.write_text(text)

    with pytest.raises(Rejected) as refused:
        read_occasion(path, path.name)

    assert said in str(refused.value)
    assert "a.workload.json" in str(refused.value)
