import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from functions.runtime.errors import Rejected
from functions.scheduling.answer import ScheduleAnswer
from functions.scheduling.checking import check
from functions.scheduling.gantt import gantt, stacked
from functions.scheduling.generation import generated
from functions.scheduling.instance import Piece, Setup
from functions.scheduling.results import COLUMNS, rows, shares, write_csv
from functions.scheduling.scheduling import METHODS, schedule
from tests.unit.scheduling.instances import LARGE

SMALL_INSTANCE = generated(2, jobs=5, seed=1, arrivals="high")


@pytest.fixture(scope="module")
def answer() -> ScheduleAnswer:
    return schedule(SMALL_INSTANCE, seconds=120)


def without_seconds(document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name != "seconds"}


def test_the_best_of_a_small_instance_is_proven_and_cheaper_than_every_baseline(answer: ScheduleAnswer) -> None:
    assert answer.proven
    assert answer.bound <= answer.cost <= min(verdict.cost for verdict in answer.baselines.values())
    assert check(SMALL_INSTANCE, answer.schedule).cost == answer.cost


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_checked_schedule_with_a_bound_below_it(method: str) -> None:
    found = schedule(SMALL_INSTANCE, seconds=120, method=method)

    assert 0 < found.bound <= found.cost * (1 + 1e-9)
    assert found.verdict.is_possible


def test_equal_seeds_give_equal_documents() -> None:
    instance = generated(2, jobs=12, seed=5, arrivals="mixed")

    first, second = (schedule(instance, seconds=60, method="search", seed=3).document() for _ in range(2))

    assert first["stopped"] == "iterations"
    assert without_seconds(first) == without_seconds(second)


def test_with_interruptions_the_best_is_never_dearer_than_without() -> None:
    instance = generated(2, jobs=12, seed=1, arrivals="high")

    rigid = schedule(instance, seconds=120, method="search")
    moved = schedule(instance, seconds=120, interruptions=True)

    assert moved.interruptions
    assert moved.cost <= rigid.cost
    assert check(instance, moved.schedule, interruptions=True).is_possible


def test_the_document_is_json_and_its_rows_add_up_to_the_cost(answer: ScheduleAnswer) -> None:
    document = json.loads(json.dumps(answer.document(), allow_nan=False))

    assert sum(row["cost"] for row in document["schedule"]) == pytest.approx(document["cost"])
    assert {row["job"] for row in document["schedule"]} == {job.name for job in SMALL_INSTANCE.jobs}
    assert document["gap"] == 0
    assert set(document["baselines"]) == {"FIFO", "EDF", "Priority"}


def test_what_a_node_costs_is_shared_by_the_gpus_in_use() -> None:
    beside = (
        Piece(0, 4, "a", "n", Setup(LARGE, 1, 4)),
        Piece(2, 6, "b", "n", Setup(LARGE, 1, 4)),
    )

    assert shares(beside) == pytest.approx([1.75 * 3, 1.75 * 3])


def test_the_csv_file_has_a_row_a_piece(answer: ScheduleAnswer, tmp_path: Path) -> None:
    write_csv(answer, tmp_path / "schedule.csv")

    with (tmp_path / "schedule.csv").open(newline="") as file:
        read = list(csv.DictReader(file))

    assert tuple(read[0]) == COLUMNS
    assert [float(row["TotalCost"]) for row in read] == [row["cost"] for row in rows(answer)]


def test_the_chart_is_svg_with_every_job_and_node_and_always_the_same(answer: ScheduleAnswer) -> None:
    drawn = gantt(answer)

    assert drawn == gantt(answer)
    texts = {"".join(each.itertext()).strip() for each in ElementTree.fromstring(drawn).iter() if "text" in each.tag}
    assert {job.name for job in SMALL_INSTANCE.jobs} <= texts
    assert {piece.node for piece in answer.schedule} <= texts


def test_jobs_beside_one_another_are_drawn_on_gpus_of_their_own() -> None:
    one, two = Piece(0, 4, "a", "n", Setup(LARGE, 1, 4)), Piece(2, 6, "b", "n", Setup(LARGE, 1, 4))

    assert [low for _, low in stacked([one, two])] == [0, 1]


def test_an_unknown_method_is_named_with_the_nearest() -> None:
    with pytest.raises(Rejected, match=r"no method 'Greddy'; did you mean Greedy\?"):
        schedule(SMALL_INSTANCE, seconds=1, method="Greddy")
