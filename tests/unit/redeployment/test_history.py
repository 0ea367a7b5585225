import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.redeployment.history import MOST, History
from functions.runtime.errors import Rejected
from tests.unit.placement.systems import cut

AT = datetime(2026, 11, 23, 4, 5, 6, 7, tzinfo=UTC)


def test_a_history_is_read_as_it_was_written() -> None:
    history = History().added(AT, cut(), load=2.0, cost=9.5, reason="workload")

    again = History.from_json(history.to_json())

    assert again == history
    assert again.entries[0].placement == cut()


def test_a_deployment_is_named_as_space4ai_r_names_its_folder() -> None:
    history = History().added(AT, cut(), load=2.0)

    assert history.entries[0].name == "current_deployment_2026-11-23-04-05-06-000007"


def test_the_same_decision_told_twice_is_one() -> None:
    once = History().added(AT, cut(), load=2.0, cost=9.5)

    assert once.added(AT, cut(), load=2.0, cost=9.5) == once
    assert len(once.added(AT + timedelta(seconds=1), cut(), load=2.0, cost=9.5).entries) == 2


def test_only_so_many_deployments_are_kept_the_latest() -> None:
    history = History()
    for number in range(MOST + 3):
        history = history.added(AT + timedelta(seconds=number), cut(), load=float(number))

    assert len(history.entries) == MOST
    assert history.entries[0].load == 3
    assert history.entries[-1].load == MOST + 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "history.json: the whole cannot be read: Invalid JSON"),
        ("[]", "history.json: the whole cannot be read: "),
        (json.dumps({"entries": [{"at": "soon"}]}), "history.json: entries.0.at cannot be read: "),
        (
            History().added(AT, cut(), load=2).to_json().replace('"nodes"', '"knots"'),
            "history.json: entries.0.[a-z]+ cannot be read: ",
        ),
    ],
)
def test_a_history_that_cannot_be_read_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        History.from_json(text)
