"""Training sets of what has drifted: which rows, when, beginning with which model; whatever comes twice or late."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from functions.datasets.definition import Definition
from functions.gather_drifted.state import Retraining
from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.succession.documents import TrainingSet
from tests.pipeline.retraining.conftest import at_work
from tests.pipeline.retraining.shop import Shop, rows


def state(barn: Shop, verdict: Verdict) -> Retraining:
    assert verdict.run is not None
    run = barn.ledger.find(verdict.run.name)
    assert run is not None
    assert run.state == "committed", run.failures
    one = next(one for one in run.outputs if one.key.endswith(".retrain-state.json"))
    return Retraining.model_validate_json(barn.store.read(one.bucket, one.key)[0])


def sets(barn: Shop) -> dict[int, dict[str, bytes]]:
    """Give all training sets by their numbers: name -> content."""
    found: dict[int, dict[str, bytes]] = {}
    for key in barn.listed("/retrain-set.json"):
        folder = key.rpartition("/")[0]
        files = {each.rpartition("/")[2]: barn.store.read("outbox", each)[0] for each in barn.listed("")
                 if each.startswith(f"{folder}/")}  # fmt: skip
        found[TrainingSet.model_validate_json(files["retrain-set.json"]).number] = files
    return found


def unlabelled(table: bytes) -> bytes:
    return b"\n".join(line.rpartition(b",")[0] for line in table.splitlines()) + b"\n"


def test_labelled_rows_become_a_set_that_train_on_upload_takes_and_kept_rows_are_in_none(barn: Shop) -> None:
    barn.done(barn.placed(1, what="first"))
    few = barn.done(barn.collected("monday", rows(30, 1)))
    enough = barn.done(barn.collected("tuesday", rows(30, 2)))

    assert state(barn, few).fresh == 30
    assert (state(barn, enough).fresh, state(barn, enough).sets) == (0, 1)
    files = sets(barn)[1]
    assert set(files) == {
        *("dataset.csv", "dataset_definition.json", "holdout.csv", "model.onnx", "retrain-set.json"),
    }
    definition: dict[str, Any] = json.loads(files["dataset_definition.json"])
    assert definition["model"] == "model.onnx"
    assert set(definition["sha256"]) == {"dataset.csv", "model.onnx"}
    assert definition["classes"] == ["0", "1"]
    Definition.model_validate(definition)
    training, kept = ({*files[name].splitlines()[1:]} for name in ("dataset.csv", "holdout.csv"))
    assert len(training) + len(kept) == 60
    assert not training & kept


def test_without_labels_it_waits_and_says_for_how_many_rows(barn: Shop) -> None:
    barn.done(barn.placed(1, what="first"))
    waiting = barn.done(barn.collected("monday", unlabelled(rows(60, 1))))

    assert (state(barn, waiting).waiting, state(barn, waiting).fresh) == (60, 0)
    assert sets(barn) == {}

    half = rows(60, 1).splitlines()
    given = b"\n".join([*half[:31], *(line.rpartition(b",")[0] + b"," for line in half[31:])]) + b"\n"
    part = barn.done(barn.labelled("monday.csv", given))
    whole = barn.done(barn.labelled("monday_DRIFTED.csv", rows(60, 1)))

    assert (state(barn, part).waiting, state(barn, part).fresh) == (30, 30)
    assert (state(barn, whole).waiting, state(barn, whole).sets) == (0, 1)


def test_tables_that_come_before_a_model_is_in_place_are_counted_once_one_is(barn: Shop) -> None:
    barn.done(barn.collected("broken", b"a,b,label\n1,x,0\n"))
    early = barn.done(barn.collected("monday", rows(60, 1)))
    first = barn.done(barn.placed(1, what="first"))

    assert state(barn, early).fresh == 0
    assert state(barn, first).sets == 1
    assert state(barn, first).tables[0].labelled == 0


def test_events_that_come_at_once_and_twice_are_one_line_and_each_table_is_there_once(barn: Shop) -> None:
    barn.done(barn.placed(1, what="first"))
    events = [barn.collected(f"t{n}", rows(15, n)) for n in range(4)]
    threads = [threading.Thread(target=barn.done, args=(event,)) for event in (*events, *events)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(sets(barn)) == [1]
    made = TrainingSet.model_validate_json(sets(barn)[1]["retrain-set.json"])
    assert len({one.key for one in made.tables}) == len(made.tables) >= 3


def test_after_a_swap_only_what_came_since_is_trained_on_and_a_set_before_it_has_all(barn: Shop) -> None:
    barn.done(barn.placed(1, what="first"))
    barn.done(barn.collected("one", rows(60, 1)))
    barn.done(barn.collected("two", rows(60, 2)))
    swapped = barn.done(barn.placed(2, number=1))
    late = barn.done(barn.placed(1, what="rollback"))
    three = barn.done(barn.collected("three", rows(60, 3)))

    found = {number: TrainingSet.model_validate_json(files["retrain-set.json"]) for number, files in sets(barn).items()}
    assert {number: len(made.tables) for number, made in found.items()} == {1: 1, 2: 2, 3: 2}
    assert [each.name for each in state(barn, swapped).tables] == ["two"]
    assert state(barn, late).tables == state(barn, swapped).tables
    assert state(barn, three).current == state(barn, swapped).current


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("mondy.csv", rows(5, 1), "no such table is collected, did you mean monday"),
        ("monday.csv", b"a,label\n1,0\n", "there is no column 'b'"),
        ("current.json", b"{}", "was not written by swap-model"),
    ],
)
def test_what_cannot_be_used_is_refused_and_what_was_collected_stays(
    barn: Shop, name: str, body: bytes, said: str
) -> None:
    barn.done(barn.placed(1, what="first"))
    barn.done(barn.collected("monday", unlabelled(rows(60, 1))))

    refused = barn.done(barn.labelled(name, body))
    after = barn.done(barn.labelled("monday.csv", rows(60, 1)))

    assert refused.kind == "dead"
    assert said in refused.reason.replace("; did", ", did")
    assert state(barn, after).sets == 1


def test_rows_that_no_set_has_had_are_in_the_next_one(given: Configuration, tmp_path: Path) -> None:
    barn = at_work("gather-drifted", given, tmp_path, rows=40, least_kept=10, most_rows=100)
    for number in range(6):
        barn.done(barn.collected(f"t{number}", rows(30, number)))
    barn.done(barn.placed(1, what="first"))

    for number in range(4):
        last = barn.done(barn.collected(f"idle{number}", unlabelled(rows(10, 90 + number))))

    found = {number: TrainingSet.model_validate_json(files["retrain-set.json"]) for number, files in sets(barn).items()}
    names = {number: [one.key.rpartition("/")[2][:2] for one in made.tables] for number, made in found.items()}
    assert names == {1: ["t3", "t4", "t5"], 2: ["t0", "t1", "t2"]}
    assert state(barn, last).fresh == 0


def test_no_set_is_made_of_rows_alone_that_one_has_had(given: Configuration, tmp_path: Path) -> None:
    large = at_work("gather-drifted", given, tmp_path, rows=40, least_kept=10, most_rows=130)
    large.done(large.collected("large", rows(120, 1)))
    large.done(large.collected("small", rows(60, 2)))
    large.done(large.placed(1, what="first"))
    small = at_work("gather-drifted", given, tmp_path, folder=large.folder, rows=40, least_kept=10, most_rows=100)

    for number in range(3):
        last = small.done(small.collected(f"idle{number}", unlabelled(rows(10, 90 + number))))

    assert list(sets(small)) == [1]
    assert state(small, last).fresh == 120


def test_a_table_that_no_set_has_room_for_is_refused_and_leads_to_none(given: Configuration, tmp_path: Path) -> None:
    barn = at_work("gather-drifted", given, tmp_path, rows=40, least_kept=10, most_rows=100)
    early = barn.collected("early", rows(120, 1))
    barn.done(early)
    first = barn.done(barn.placed(1, what="first"))
    barn.done(barn.collected("small", rows(60, 2)))

    refused = barn.done(barn.collected("late", rows(120, 3)))
    last = barn.done(barn.collected("idle", unlabelled(rows(10, 4))))

    assert refused.kind == "dead"
    assert "late_DRIFTED.csv has 120 rows with labels, and a training set at most 100" in refused.reason
    assert state(barn, first).fresh == state(barn, last).fresh == 0
    assert [made["dataset.csv"].count(b"\n") + made["holdout.csv"].count(b"\n") for made in sets(barn).values()] == [62]


def test_a_model_that_somebody_else_says_is_in_place_is_not_believed(barn: Shop) -> None:
    verdict = barn.done(barn.placed(1, maker="copy"))

    assert verdict.kind == "dead"
    assert "was not written by swap-model" in verdict.reason


def test_rows_of_one_class_alone_make_no_set(barn: Shop) -> None:
    barn.done(barn.placed(1, what="first"))
    alike = b"\n".join(line.rpartition(b",")[0] + b",1" for line in rows(60, 1).splitlines()[1:])

    verdict = barn.done(barn.collected("monday", b"a,b,label\n" + alike + b"\n"))

    assert state(barn, verdict).fresh == 60
    assert sets(barn) == {}
