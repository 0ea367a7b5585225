import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from local.dashboard.index import Index, Wanted
from local.dashboard.rows import Row, Touch, judged


def row(number: int, **changes: object) -> Row:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    made = Row(
        name=f"blur/{digest}",
        function="blur",
        state="committed",
        bucket="photos",
        key=f"in/{number}.png",
        size=10,
        attempt=1,
        at=1000.0 + number,
        written=1000.0 + number,
        queued=0.1,
        fetch=None,
        handler=0.2,
        publish=None,
        took=0.3,
        cpu=0.2,
        memory=1,
        outputs=1,
        error="",
        reason="",
        trace="t",
        etag=digest[:32],
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def filled(file: Path, *rows: Row) -> Index:
    index = Index(file)
    index.write([(each, {(each.bucket, each.key, "in", each.name, "v1")}) for each in rows])
    return index


def keys(found: list[Row]) -> list[str]:
    return [each.key for each in found]


def test_runs_come_the_newest_first(tmp_path: Path) -> None:
    index = filled(tmp_path / "runs", *(row(number) for number in (3, 1, 2)))

    assert keys(index.page(Wanted(), 2)) == ["in/3.png", "in/2.png"]


def test_pages_hold_every_run_once_though_others_come_meanwhile(tmp_path: Path) -> None:
    index = filled(tmp_path / "runs", *(row(number, at=1000.0 + number // 4) for number in range(20)))
    found, before = [], None
    while page := index.page(Wanted(before=before), 3):
        found += keys(page)
        before = page[-1].at, page[-1].name
        index.write([(row(100 + len(found)), set())])

    assert sorted(found) == sorted(f"in/{number}.png" for number in range(20))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(function="blur"), ["in/4.png", "in/2.png", "in/1.png"]),
        (Wanted(state="failed"), ["in/3.png", "in/2.png"]),
        (Wanted(function="blur", state="failed"), ["in/2.png"]),
        (Wanted(text="photos/in/1"), ["in/1.png"]),
        (Wanted(text="in/", state="failed", function="masks"), ["in/3.png"]),
        (Wanted(text="%"), []),
        (Wanted(text="' OR 1 --"), []),
    ],
)
def test_runs_are_found_by_function_state_and_object(tmp_path: Path, wanted: Wanted, expected: list[str]) -> None:
    masks = row(3, function="masks", state="failed", name=f"masks/{'0' * 64}")
    index = filled(tmp_path / "runs", row(1), row(2, state="failed"), masks, row(4))

    assert keys(index.page(wanted, 10)) == expected


def test_a_run_that_changes_is_counted_once(tmp_path: Path) -> None:
    index = filled(tmp_path / "runs", row(1, state="running"), row(2))
    before = index.counts()
    index.write([(row(1), set())])

    assert (before, index.counts()) == ({"blur": {"running": 1, "committed": 1}}, {"blur": {"committed": 2}})


def test_a_run_that_is_gone_is_forgotten_with_all_that_it_touched(tmp_path: Path) -> None:
    index = filled(tmp_path / "runs", row(1), row(2))
    index.write([], [row(1).name])

    assert keys(index.page(Wanted(), 10)) == ["in/2.png"]
    assert index.touching("photos", "in/1.png", "in") == []


def test_an_object_leads_to_the_runs_that_read_just_this_version(tmp_path: Path) -> None:
    index = Index(tmp_path / "runs")
    touched: set[Touch] = {("photos", "in/1.png", "in", row(1).name, "v1")}
    index.write([(row(1), touched), (row(2), {("photos", "in/1.png", "in", row(2).name, "v2")})])

    assert keys(index.touching("photos", "in/1.png", "in", etag="v2")) == ["in/2.png"]
    assert len(index.touching("photos", "in/1.png", "in")) == 2


def test_what_was_indexed_is_there_after_a_restart(tmp_path: Path) -> None:
    filled(tmp_path / "runs", row(1))

    assert Index(tmp_path / "runs").etags() == {row(1).name: row(1).etag}


@pytest.mark.parametrize("damage", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "runs").write_bytes(damage)

    assert keys(filled(tmp_path / "runs", row(1)).page(Wanted(), 10)) == ["in/1.png"]


@pytest.mark.parametrize(
    ("state", "age", "shown"),
    [("running", 30.9, "running"), ("running", 31.1, "lost"), ("retrying", 600, "retrying"), ("failed", 600, "failed")],
)
def test_a_run_whose_lease_has_run_out_is_shown_as_lost(state: str, age: float, shown: str) -> None:
    found = judged(row(1, state=state, written=1000.0), 30, 1000.0 + age)

    assert found.state == shown
