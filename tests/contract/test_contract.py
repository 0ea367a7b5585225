"""One function, four hosts: every case ends as it should on each, and leaves the same behind on all."""

import pytest

from tests.contract.cases import CASES, Case
from tests.contract.conftest import need
from tests.contract.playing import Played
from tests.contract.world import HOSTS

Results = dict[str, dict[str, Played]]
by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)


@by_case
@pytest.mark.parametrize("host", HOSTS)
def test_a_case_ends_as_it_should(played: Results, host: str, case: Case) -> None:
    need(host)

    found = played[host][case.name]

    assert not found.problem, found.problem
    assert sorted(answer.verdict for answer in found.answers) == sorted(case.verdicts)
    assert [(record or {}).get("state", "") for record in found.records] == list(case.states)
    assert {record.get("attempt", 1) for record in found.records if record} <= {case.attempts, 1}
    assert len(found.results) == case.outputs
    assert len(found.letters) == ("dead" in case.verdicts)
    assert all(case.reason in letter["reason"] for letter in found.letters.values())


@by_case
def test_a_case_leaves_the_same_on_every_host(played: Results, case: Case) -> None:
    (first, expected), *others = [(host, found[case.name]) for host, found in played.items()]

    for host, found in others:
        assert found.records == expected.records, (host, first)
        assert found.results == expected.results, (host, first)
        assert found.letters == expected.letters, (host, first)


def test_what_a_committed_run_names_is_what_lies_there(played: Results) -> None:
    for found in played.values():
        for each in found.values():
            committed = [run for run in each.records if run and run["state"] == "committed"]
            assert {one["key"] for run in committed for one in run.get("outputs", ())} == set(each.results)
