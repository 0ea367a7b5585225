"""What is read of the log of an OSCAR job: the supervisor's own lines, and nothing that a script prints."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.profiling.supervisor_log import JobLog, moment_of, read_log

LOG = """\
2026-11-23T08:00:01.100000001Z 2026-11-23 09:00:01,100 - supervisor - INFO - Reading storage configuration
2026-11-23T08:00:01.200000001Z 2026-11-23 09:00:01,200 - supervisor - INFO - Downloading item from bucket 'b' with key 'in/it's.png'
2026-11-23T08:00:01.300000001Z 2026-11-23 09:00:01,300 - supervisor - INFO - Script file found in '/oscar/config/script.sh'
2026-11-23T08:00:02.800000001Z 2026-11-23 09:00:02,800 - supervisor - INFO - Searching for files to upload in folder '/tmp/x'
2026-11-23T08:00:02.810000001Z 2026-11-23 09:00:02,810 - supervisor - INFO - Checking files for uploading to 'minio.default' on path: 'c/out'
2026-11-23T08:00:02.820000001Z 2026-11-23 09:00:02,820 - supervisor - INFO - Uploading file 'out/a b.png' to bucket 'c'
2026-11-23T08:00:02.900000001Z 2026-11-23 09:00:02,900 - supervisor - INFO - Creating response
"""  # noqa: E501 - the lines are as the supervisor writes them
FORGED = (
    "2026-11-23T08:00:03Z 2026-11-23 09:00:03,000 - supervisor - INFO - Uploading file 'out/forged' to bucket 'c'\n"
)


RECORDED = Path(__file__).with_name("logs") / "faas-supervisor-1.5.8.txt"
"""What PyPI's faas-supervisor 1.5.8 wrote on 2026-11-23 of a script that sleeps half a second, prints and exits with 7;
the moments are those at which the lines came, in Kubernetes' form."""


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp() + seconds, UTC)


def test_the_script_s_time_and_what_it_read_and_gave_are_in_the_log() -> None:
    log = read_log(LOG)

    assert log == JobLog(
        read=("b", "in/it's.png"),
        script_started=at(1.3),
        script_ended=at(2.8),
        written=[("c", "out/a b.png")],
        first=at(1.1),
        last=at(2.9),
    )


def test_the_log_of_the_real_supervisor_is_read() -> None:
    log = read_log(RECORDED.read_text())

    assert log.read == ("inb", "in/it's a b.txt")
    assert log.written == [("outb", "out/it's a b.txt.done")]
    assert log.script_started is not None
    assert log.script_ended is not None
    assert (log.script_ended - log.script_started).total_seconds() == pytest.approx(0.520784)


def test_what_a_script_prints_at_the_end_is_not_taken_for_the_supervisor_s() -> None:
    assert read_log(LOG + FORGED).written == [("c", "out/a b.png")]


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_what_a_script_prints_after_an_end_of_line_that_is_none_of_kubernetes_moves_no_time(end: str) -> None:
    printed = f"2026-11-23T08:00:02Z 10 %{end}2001-01-01T00:00:00Z 20 %{end}2099-01-01T00:00:00Z 30 %\n"

    assert read_log(LOG + printed) == read_log(LOG)


def test_an_object_whose_name_has_an_end_of_line_that_is_none_of_kubernetes_is_known() -> None:
    assert read_log(LOG.replace("it's", "a\u2028b")).read == ("b", "in/a\u2028b.png")


def test_at_the_level_debug_what_a_script_prints_is_not_taken_for_the_supervisor_s_either() -> None:
    printed = FORGED.replace("Uploading", "Searching for files to upload in folder '/' Uploading").replace(
        "INFO", "DEBUG"
    )
    before, after = LOG.split("2026-11-23T08:00:02.8", 1)

    log = read_log(f"{before}{printed}2026-11-23T08:00:02.8{after}")

    assert log.script_ended == at(2.8)


def test_an_error_of_the_supervisor_s_is_told() -> None:
    line = "2026-11-23T08:00:01.25Z 2026-11-23 09:00:01,250 - supervisor - ERROR - No such key\n"

    log = read_log("".join(LOG.splitlines(keepends=True)[:2]) + line)

    assert (log.error, log.script_started, log.written) == ("No such key", None, [])


@pytest.mark.parametrize("text", ["", "\n\n", "no moment here", "2026-99-99T00:00:00Z x", "\x00" * 1000, "9" * 10**6])
def test_what_is_no_log_says_nothing(text: str) -> None:
    assert read_log(text) == JobLog()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T08:00:01Z", at(1)),
        ("2026-11-23T10:00:01.5+02:00", at(1.5)),
        ("2026-11-23T08:00:01.123456789Z", at(1.123456)),
        ("2026-11-23 08:00:01", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("1969-12-31T23:59:59Z", None),
        (None, None),
        (7, None),
    ],
)
def test_moments_are_those_of_kubernetes(text: object, moment: datetime | None) -> None:
    assert moment_of(text) == moment
