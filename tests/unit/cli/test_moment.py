"""Times as a person gives them."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from local.cli.moment import Moment


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1.5h", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_number_with_a_unit_is_so_long_ago(text: str, ago: timedelta) -> None:
    moment = Moment().convert(text, None, None)

    assert abs(datetime.now(UTC) - ago - moment) < timedelta(seconds=60)


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T14:30", "2026-11-22 14:30:00", "2026-11-22T14:30Z", "2026-11-22T15:30+01:00", "20261122T143000"],
)
def test_an_iso_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert Moment().convert(text, None, None) == datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "15", "-2h", "2 h", "9" * 30 + "d", "2026-13-01", "0001-01-01T00:00+09:00"]
)
def test_anything_else_is_told_what_is_wanted(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is no time: give 15m, 2h, 7d or 2026-11-22T14:30 \(UTC\)"):
        Moment().convert(text, None, None)
