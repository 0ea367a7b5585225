"""Curves are made of what workers and trainings have said, and anybody may have said anything."""

import json
from pathlib import Path

import pytest

from functions.runtime.runs import Run, StoredObject
from local.dashboard.curves import MOST_NAMES, MOST_PLOTS, Epochs, Seen, logged, plots_of, taken

RUN = Run(state="running", id="1" * 64, function="train", input=StoredObject(bucket="b", key="k", etag="e"))


def line(epoch: int, *, run: str = RUN.name, event: str = "epoch", **numbers: float) -> str:
    return json.dumps({"event": event, "run": run, "numbers": {"epoch": epoch, "epochs": 9, **numbers}})


def test_epochs_are_read_from_the_logs_of_the_workers_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "worker-train-0.log").write_text(
        "\n".join([line(1, loss=3.0), line(1, run="train/other", loss=9.0), "{cut", line(2, event="begun", loss=9.0)])
    )
    (tmp_path / "worker-train-1.log").write_text(line(2, loss=2.0) + "\n")
    (tmp_path / "worker-other-0.log").write_text(line(3, loss=1.0) + "\n")

    found = list(logged(tmp_path, RUN))

    assert [(each["epoch"], each["loss"]) for each in found] == [(1, 3.0), (2, 2.0)]


def test_an_epoch_that_is_under_way_is_no_point_of_the_curve() -> None:
    seen = Seen()

    for progress in ({"epoch": 1, "loss": 3.0}, {"epoch": 2, "step": 5, "steps": 9}, {"epoch": 2, "loss": 2.0}):
        seen.note(RUN.model_copy(update={"progress": progress}))

    assert seen.runs[RUN.name] == {1: {"loss": 3.0}, 2: {"loss": 2.0}}


def test_validation_stands_beside_training_and_the_loss_first() -> None:
    epochs = {1: {"accuracy": 0.5, "loss": 2.0, "val_loss": 3.0}, 2: {"accuracy": 0.7, "loss": 1.0, "val_loss": 2.0}}

    found = plots_of(epochs)

    assert [(each.title, [line.name for line in each.lines]) for each in found] == [
        ("loss", ["training", "validation"]),
        ("accuracy", ["training"]),
    ]


@pytest.mark.parametrize(
    "document",
    [
        "nothing",
        "[]",
        '{"history": 7}',
        '{"history": [7, null, {"epoch": "one", "train": {"loss": 1}}, {"epoch": 1, "train": [1]}]}',
        '{"history": [{"epoch": 1, "train": {"loss": "<script>", "x": null, "y": true, "z": 1e308}}]}',
        '{"history": [{"epoch": 1, "train": {"loss": NaN}}]}',
        "[" * 100_000,
    ],
)
def test_a_history_that_is_none_gives_no_curve_and_no_error(document: str) -> None:
    assert taken(document.encode()) == {}


def test_other_names_in_each_epoch_are_neither_all_kept_nor_all_drawn() -> None:
    history = [{"epoch": at, "train": {f"name_{at}_{place}": 1.0 for place in range(64)}} for at in range(1, 200)]

    epochs = taken(json.dumps({"history": history}).encode())

    assert len({name for numbers in epochs.values() for name in numbers}) == MOST_NAMES
    assert len(plots_of(epochs)) == MOST_PLOTS


def test_a_number_that_comes_with_a_later_epoch_is_drawn_too() -> None:
    epochs = Epochs()

    for numbers in ({"epoch": 2, "loss": 1.0, "f1": 0.5}, {"epoch": 1, "loss": 2.0}):
        epochs.take(numbers)

    assert list(epochs.ordered.items()) == [(1, {"loss": 2.0}), (2, {"loss": 1.0, "f1": 0.5})]
