"""Which model is in place, whatever comes at once, twice, late, unverified or worse."""

import threading

import pytest

from functions.runtime.endings import Verdict
from tests.pipeline.retraining.shop import DEFINITION, HALF, NAME, RIGHT, WRONG, Shop, network, rows

KEPT = rows(60, 1)


def test_a_better_model_takes_the_place_of_the_first_and_the_same_event_again_changes_nothing(shop: Shop) -> None:
    shop.done(shop.verified(WRONG))
    event = shop.verified(RIGHT, number=1, kept=KEPT)

    verdict = shop.done(event)
    again = shop.done(event)

    current = shop.current()
    assert (current.change, current.what, current.set) == (2, "swap", 1)
    assert current.scores is not None
    assert (current.scores.candidate, current.scores.current, current.scores.rows) == (1, 0, 60)
    assert current.scores.p == pytest.approx(2**-60)
    assert [each.what for each in shop.changes(verdict).changes] == ["first", "swap"]
    assert again.reason == "already committed"
    (reset,) = shop.listed(".drift-reset.json")
    assert b'"stream": "in/wine"' in shop.store.read("outbox", reset)[0]


@pytest.mark.parametrize(
    ("weights", "number", "codes", "said"),
    [
        (HALF, 1, (), "it is not better"),
        (RIGHT, 1, ("E_FILE_CHANGED",), "its bill of materials was not verified: E_FILE_CHANGED"),
        ((-2.0, 2.0, 0.0), 0, (), "no rows were kept from its training"),
    ],
)
def test_a_model_that_is_worse_unverified_or_cannot_be_judged_is_refused_with_the_reason(
    shop: Shop, weights: tuple[float, float, float], number: int, codes: tuple[str, ...], said: str
) -> None:
    shop.done(shop.verified((-1.0, 0.9, 0.0)))
    before = shop.current()

    verdict = shop.done(shop.verified(weights, number=number, kept=KEPT, codes=codes))

    last = shop.changes(verdict).changes[-1]
    assert last.what == "refused"
    assert said in last.reason
    assert shop.current() == before
    assert shop.listed(".drift-reset.json") == []


def test_a_model_that_is_better_on_so_few_rows_that_it_may_be_chance_is_refused(shop: Shop) -> None:
    shop.done(shop.verified((-1.0, 0.9, 0.0)))

    verdict = shop.done(shop.verified(RIGHT, number=1, kept=KEPT))

    last = shop.changes(verdict).changes[-1]
    assert last.scores is not None
    assert last.scores.candidate == 1 > last.scores.current
    assert "may be better by chance" in last.reason


def test_the_oftener_a_model_is_compared_the_surer_the_next_candidate_has_to_be(shop: Shop) -> None:
    shop.done(shop.verified((-1.0, 0.7, 0.0)))
    for number in (1, 2, 3):
        shop.done(shop.verified((-1.0, 0.7 - number / 9, 0.0), number=number, kept=KEPT))

    fourth = shop.done(shop.verified(RIGHT, number=4, kept=rows(60, 2)))
    enough = shop.done(shop.verified((-2.0, 2.1, 0.0), number=5, kept=rows(600, 3)))

    last = shop.changes(fourth).changes[-1]
    assert last.scores is not None
    assert 0.05 / 20 < last.scores.p < 0.05
    assert "in comparison 4 at most 0.0025" in last.reason
    assert shop.changes(enough).changes[-1].what == "swap"
    assert (shop.changes(fourth).compared, shop.changes(enough).compared) == (4, 0)


def test_what_a_model_was_compared_with_counts_after_a_rollback_to_it_too(shop: Shop) -> None:
    shop.done(shop.verified((-1.0, 0.7, 0.0)))
    shop.done(shop.verified((-1.0, 0.6, 0.0), number=1, kept=KEPT))
    swap = shop.done(shop.verified((-1.0, 1.0, 0.0), number=2, kept=rows(600, 3)))
    back = shop.done(shop.asked("back"))

    third = shop.done(shop.verified((-1.0, 1.0, 0.01), number=3, kept=rows(60, 2)))

    assert shop.changes(swap).compared == 0
    assert shop.changes(back).compared == 2
    assert "in comparison 3 at most 0.0042" in shop.changes(third).changes[-1].reason


@pytest.mark.parametrize("first", [1, 2])
def test_of_two_retrainings_at_once_both_are_recorded_and_the_one_of_newer_data_is_in_place(
    shop: Shop, first: int
) -> None:
    shop.done(shop.verified(WRONG))
    events = [shop.verified((-1.0, 0.2 * n, 0.0), number=n, kept=rows(300, 1)) for n in (1, 2)]
    verdicts: list[Verdict] = []
    ordered = events if first == 1 else events[::-1]
    threads = [threading.Thread(target=lambda each=event: verdicts.append(shop.done(each))) for event in ordered]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    history = max((shop.changes(each) for each in verdicts), key=lambda each: len(each.changes))
    assert shop.current().set == 2
    assert len(history.changes) == 3
    assert [each.what for each in history.changes] in (["first", "swap", "swap"], ["first", "swap", "refused"])
    if history.changes[-1].what == "refused":
        assert "it is made of set 1, and set 2 has led to a model in place" in history.changes[-1].reason


def test_a_person_goes_back_and_back_again_and_late_data_does_not_undo_that(shop: Shop) -> None:
    models = [WRONG, (-1.0, 0.2, 0.0), RIGHT]
    for number, weights in enumerate(models):
        shop.done(shop.verified(weights, number=number, kept=rows(400, number)))
    assert shop.current().set == 2

    shop.done(shop.asked("one", reason="no"))
    middle = shop.current()
    shop.done(shop.asked("two"))
    back = shop.current()
    late = shop.done(shop.verified((-3.0, 2.9, 0.0), number=2, kept=rows(400, 9)))
    none = shop.done(shop.asked("three"))
    newer = shop.done(shop.verified((-3.0, 3.1, 0.0), number=3, kept=rows(400, 10)))

    assert (middle.change, middle.what, middle.set, middle.reason) == (4, "rollback", 1, "no")
    assert (back.change, back.set, back.previous) == (5, 0, middle.model.sha256)
    assert shop.changes(late).changes[-1].what == "refused"
    assert none.kind == "dead"
    assert "there were only 0 models of wine before" in none.reason
    assert [each.what for each in shop.changes(newer).changes] == [
        *("first", "swap", "swap", "rollback", "rollback", "refused", "swap")
    ]
    assert shop.changes(newer).version(shop.current().model.sha256).over == back.model.sha256  # type: ignore[union-attr]


def test_a_person_goes_to_a_model_by_its_digest_and_a_wrong_one_is_told(shop: Shop) -> None:
    for number, weights in enumerate([WRONG, HALF, RIGHT]):
        shop.done(shop.verified(weights, number=number, kept=rows(400, number)))
    digest = shop.current().previous

    wrong = shop.done(shop.asked("wrong", to="abcdef012345"))
    same = shop.done(shop.asked("same", to=shop.current().model.sha256))
    shop.done(shop.asked("right", to=digest[:12]))

    assert "no model of wine begins with abcdef012345" in wrong.reason
    assert "is in place already" in same.reason
    assert shop.current().model.sha256 == digest


def test_a_model_whose_file_was_changed_does_not_come_back(shop: Shop) -> None:
    shop.done(shop.verified(WRONG))
    first = shop.current().model
    shop.done(shop.verified(RIGHT, number=1, kept=KEPT))
    shop.store.write(first.bucket, first.key, network(RIGHT))

    refused = shop.done(shop.asked())

    assert refused.kind == "dead"
    assert shop.current().set == 1


def test_a_verdict_that_no_run_gave_puts_nothing_in_place(shop: Shop) -> None:
    event = shop.verified(RIGHT)
    body, _ = shop.store.read(event.bucket, event.key)
    key = f"{shop.folder}/{NAME}/forged/job/folder.verdict.json"
    etag = shop.store.write("inbox", key, body)

    verdict = shop.done(event.model_copy(update={"key": key, "etag": etag}))

    assert verdict.kind == "dead"
    assert "no other verdict counts" in verdict.reason
    assert shop.listed("current.json") == []


def test_a_model_that_answers_another_question_is_refused(shop: Shop) -> None:
    shop.done(shop.verified(WRONG))
    other = {"columns": {"a": "float", "c": "float", "label": "int"}}

    verdict = shop.done(shop.verified(RIGHT, number=1, kept=KEPT, definition={**DEFINITION, **other}))

    assert "another columns" in shop.changes(verdict).changes[-1].reason
