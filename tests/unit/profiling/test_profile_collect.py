import json
from typing import Any

import pytest

from functions.profile_collect.handler import profile_collect
from functions.profiling.campaign import Campaign, FinishedRun, Report, faults
from functions.runtime.errors import Rejected
from tests.conftest import Run
from tests.unit.profiling.samples import committed, failed, planned, report

GOOD = report(
    (committed(0, queued=0, started=1, finished=9, compute=5), failed(1, queued=0, finished=3)), planned(requests=2)
)


def test_a_report_becomes_tables_of_what_its_records_say(run: Run) -> None:
    done = run(profile_collect, "report.json", GOOD.model_dump_json().encode())

    assert sorted(done.files) == [
        "copy_response_time_dataframe.csv",
        "copy_response_time_dataframe.parquet",
        "jobs.csv",
        "jobs.parquet",
        "runtime_dataframe.csv",
        "runtime_dataframe.parquet",
    ]
    assert done.metrics == {"jobs": 2, "failures": 1}
    assert b"it is no picture" in done.files["jobs.csv"]


def _spoilt(**changes: object) -> bytes:
    return json.dumps({**GOOD.model_dump(mode="json"), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "report.json"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "report.json"),
        (b"{}", "campaign: Field required"),
        (b"{" * 100_000, "report.json"),
        (_spoilt(more=1), "more: Extra inputs"),
        (_spoilt(finished=[*GOOD.model_dump(mode="json")["finished"]] * 2), "a second time"),
        (_spoilt(finished=[{"name": "else", "requests": [], "records": []}]), "else is finished, and was not planned"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(run: Run, content: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said) as refused:
        run(profile_collect, "report.json", content)

    assert "\n" not in str(refused.value)
    assert refused.value.hint


def test_a_campaign_with_too_many_jobs_is_refused(run: Run) -> None:
    with pytest.raises(Rejected, match="has 2 jobs, more than 1"):
        run(profile_collect, "report.json", GOOD.model_dump_json().encode(), max_jobs=1)


def _changed(place: str, value: object) -> bytes:
    """Give the good report with one value changed, at a place such as ``finished.0.name``."""
    document = GOOD.model_dump(mode="json")
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    part: Any = document
    for step in way:
        part = part[step]
    part[last] = value
    return json.dumps(document).encode()


RUN, RECORD = "campaign.runs.0", "finished.0.records.0"
SLOT: Any = GOOD.campaign.runs[0].slots[0].model_dump()


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (f"{RUN}.load.times", [0], "has 2 requests, and 1 were planned"),
        (f"{RUN}.slots.0.memory", 10**400, "campaign.runs.0.slots.0.memory"),
        (f"{RUN}.repetition", 10**30, "campaign.runs.0.repetition"),
        (f"{RECORD}.started", "0001-01-01T00:00:00+14:00", "in the years 1970 to 2200"),
        (f"{RECORD}.finished", "9999-12-31T23:59:59-14:00", "in the years 1970 to 2200"),
        (f"{RECORD}.queued", "0001-01-01T00:00:00", "in the years 1970 to 2200"),
        (f"{RECORD}.peak_memory", 10**30, "a size or a count that is none"),
        (f"{RECORD}.attempt", 2**63, "a size or a count that is none"),
        (f"{RECORD}.input.size", 10**30, "a size or a count that is none"),
        (f"{RECORD}.outputs.0.size", 2**63, "a size or a count that is none"),
        (f"{RECORD}.handler_seconds", 1e306, "a time that is none"),
        (f"{RUN}.unit", "..", "a testing unit cannot be named .."),
        (f"{RUN}.unit", "jobs.csv", "a testing unit cannot be named jobs.csv"),
        (f"{RUN}.unit", "u" * 300, "a testing unit cannot be named uuu"),
        (f"{RUN}.slots.0.service", "s" * 230, "a service cannot be named sss"),
        ("campaign.name", "..", "a campaign cannot be named .."),
        ("campaign.name", "\N{SNOWMAN}" * 90, "a campaign cannot be named"),
        (f"{RUN}.slots", [{**SLOT, "service": f"s{number}"} for number in range(1000)], "would make 1,001 tables"),
    ],
)
def test_what_no_table_can_hold_is_refused_in_one_sentence(run: Run, place: str, value: object, said: str) -> None:
    with pytest.raises(Rejected, match=said) as refused:
        run(profile_collect, "report.json", _changed(place, value))

    assert refused.value.hint


def test_a_time_to_make_pods_beyond_all_measure_is_no_longer_than_the_job_waited(run: Run) -> None:
    done = run(profile_collect, "report.json", _changed(f"{RECORD}.metrics", {"oscar_pod_creation_seconds": -1e308}))

    assert b"inf" not in done.files["jobs.csv"]


def test_a_hundred_thousand_runs_are_checked_before_the_test_s_time_is_over() -> None:
    """Names that are made a set for each name take 25 minutes."""
    runs = tuple(GOOD.campaign.runs[0].model_copy(update={"name": f"r{number}"}) for number in range(100_000))
    finished = tuple(FinishedRun.model_construct(name=run.name, requests=(), records=()) for run in runs)
    campaign = Campaign.model_construct(name="test", application="", seed=0, runs=runs)

    assert list(faults(Report.model_construct(campaign=campaign, finished=finished))) == []
