"""Reports: the figures of a table of runs, against those worked out by hand."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean

import pyarrow as pa
import pytest

from functions.watching.tables import table
from functions.watching.windows import percentile
from local.reporting import report
from tests.unit.watching.rows import BEGIN, row

SINCE = datetime.fromtimestamp(BEGIN, UTC)
UNTIL = SINCE + timedelta(hours=1)


def test_figures_are_those_of_the_runs_that_ended_in_the_time() -> None:
    seconds = [0.5 + (7 * place % 50) / 10 for place in range(50)]
    rows = [row("blur-faces", str(place), 10 * place, took) for place, took in enumerate(seconds)]
    rows += [row("blur-faces", "broken", 20, 1, ok=False), row("blur-faces", "before", -50, 9)]
    rows += [row("mask-detect", "0", 3, 1, metrics={"masks_count": 2.0})]

    blur, masks = report(table("app", rows, {"blur-faces": 2.0}), SINCE, UNTIL)

    ordered = sorted(seconds)
    assert (blur["application"], blur["component"]) == ("app", "blur-faces")
    assert (blur["runs"], blur["failures"], blur["sessions"]) == (51, 1, 51)
    assert blur["mean"] == pytest.approx(mean(seconds), abs=1e-6)
    found = [blur[name] for name in ("p50", "p95", "p99")]
    assert found == pytest.approx([percentile(ordered, share) for share in (0.5, 0.95, 0.99)], abs=1e-6)
    assert blur["violations"] == sum(each > 2 for each in seconds)
    assert blur["throughput"] == pytest.approx(50 / 3600)
    minutes = Counter((BEGIN + 10 * place + took) // 60 for place, took in enumerate(seconds))
    assert blur["busiest_minute"] == max(minutes.values()) + (minutes.most_common(1)[0][0] == (BEGIN + 21) // 60)
    assert (masks["runs"], masks["violations"], masks["busiest_minute"]) == (1, 0, 1)


def test_a_run_that_is_in_two_tables_counts_once_as_it_ended_last() -> None:
    first = row("blur-faces", "a", 0, 1, ok=False)
    again = row("blur-faces", "a", 0, 30)

    (found,) = report(pa.concat_tables([table("app", [again], {}), table("app", [first, again], {})]), SINCE, UNTIL)

    assert (found["runs"], found["failures"], found["mean"]) == (1, 0, 30)


def test_runs_that_two_applications_watch_are_runs_of_both() -> None:
    rows = [row("blur-faces", str(place), place, 1) for place in range(50)]

    found = report(pa.concat_tables([table("app-a", rows, {}), table("app-b", rows, {})]), SINCE, UNTIL)

    assert [(each["application"], each["runs"]) for each in found] == [("app-a", 50), ("app-b", 50)]


def test_no_runs_are_no_rows() -> None:
    assert report(table("", [], {}), SINCE, UNTIL) == []
