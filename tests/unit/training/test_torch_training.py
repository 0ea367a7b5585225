"""What PyTorch makes of a task: the same bits each time, resumed or not, and a record read back from what was used."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from functions.datasets.vocabulary import OPTIMIZERS
from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backends.torch.backend import TorchBackend
from functions.train_on_upload.trainer.backends.torch.memory import enough_memory
from functions.train_on_upload.trainer.backends.torch.objective import Objective
from functions.training.tensors import digest, distance
from tests.unit.training.torch_models import ROWS, arrays, definition, exported, graph, made, perceptron, task, trained

FORMS = ("onnx", "pt2", "safetensors")
ROOT = Path(__file__).parents[3]


def through_a_file(state: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    np.savez(buffer, **state)
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as kept:
        return dict(kept)


def test_two_processes_give_the_same_weights_and_files_to_the_bit(tmp_path: Path) -> None:
    runs = []
    with contextlib.ExitStack() as stack:
        for number, name in enumerate(("one", "another")):
            (tmp_path / name).mkdir()
            command = [sys.executable, "-m", "tests.unit.training.torch_models", str(tmp_path / name)]
            environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(number)}
            run = subprocess.Popen(
                command, cwd=tmp_path / name, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            runs.append(stack.enter_context(run))
        outputs = [run.communicate() for run in runs]
        assert [run.returncode for run in runs] == [0, 0], outputs[0][1] + outputs[1][1]
    first, second = (json.loads(output) for output, _ in outputs)

    assert first == second
    assert set(first) == {*FORMS, "pictures"}
    assert all(not each["notes"] for each in first.values())


@pytest.mark.parametrize("form", FORMS)
def test_going_on_from_a_checkpoint_gives_the_same_bits_as_not_having_stopped(tmp_path: Path, form: str) -> None:
    straight = made(form, tmp_path)
    before = straight.weights()
    losses = trained(straight, 1, 2, 3)

    stopped = made(form, tmp_path)
    trained(stopped, 1)
    resumed = made(form, tmp_path)
    resumed.restore(through_a_file(stopped.state()))

    assert trained(resumed, 2, 3) == losses[1:]
    assert digest(resumed.state()) == digest(straight.state())
    assert distance(before, resumed.weights()) > 0.01
    assert (resumed.steps, resumed.samples) == (21, 300)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_resumes_to_the_bit_and_is_read_back_in_the_definitions_words(
    tmp_path: Path, name: str
) -> None:
    more = {"momentum": 0.5} if name in {"sgd", "rmsprop"} else {}
    straight = made("onnx", tmp_path, optimizer={"name": name, "learning_rate": 0.02, **more})
    trained(straight, 1, 2)
    stopped = made("onnx", tmp_path, optimizer={"name": name, "learning_rate": 0.02, **more})
    trained(stopped, 1)
    resumed = made("onnx", tmp_path, optimizer={"name": name, "learning_rate": 0.02, **more})
    resumed.restore(through_a_file(stopped.state()))
    trained(resumed, 2)

    wanted = {**OPTIMIZERS[name], "name": name, "learning_rate": 0.02, **more}
    effective = resumed.effective.optimizer
    assert digest(resumed.state()) == digest(straight.state())
    assert {word: effective[word] for word in wanted} == wanted


def test_the_record_is_read_back_and_not_copied(tmp_path: Path) -> None:
    trainable = made("onnx", tmp_path, batch_size=25)
    trainable.optimizer.param_groups[0]["lr"] = 0.5

    found = trainable.effective

    assert found.optimizer["learning_rate"] == 0.5
    assert (found.loss, found.batch_size, found.dtype) == ("binary_crossentropy", 25, "float32")
    assert found.metrics == ("accuracy", "auc")
    assert found.deterministic


@pytest.mark.parametrize("form", FORMS)
def test_a_counter_of_batches_does_not_pass_for_learning(tmp_path: Path, form: str) -> None:
    trainable = made(form, tmp_path, optimizer={"name": "sgd", "learning_rate": 1e-9})
    before = trainable.weights()

    trained(trainable, 1)

    assert distance(before, trainable.weights()) < 0.5
    assert {array.dtype.kind for array in before.values()} == {"f"}


def test_steps_and_samples_are_counted_where_they_happen(tmp_path: Path) -> None:
    trainable, beats = made("onnx", tmp_path), []

    trainable.epoch(1, np.arange(ROWS), lambda *beat: beats.append(beat))

    assert (trainable.steps, trainable.samples) == (7, ROWS)
    assert beats == [(step, 7) for step in range(1, 8)]


def test_looking_at_a_model_changes_nothing_of_it(tmp_path: Path) -> None:
    trainable = made("safetensors", tmp_path)
    before = digest(trainable.state())

    first = trainable.evaluate(np.arange(ROWS))
    trainable.predict(np.arange(ROWS))
    trainable.save(tmp_path)

    assert digest(trainable.state()) == before
    assert trainable.evaluate(np.arange(ROWS)) == first


def test_trying_a_model_out_leaves_its_weights_as_they_were_uploaded(tmp_path: Path) -> None:
    uploaded = {name: each.numpy() for name, each in perceptron().state_dict().items() if each.ndim}

    assert digest(made("onnx", tmp_path).weights()) == digest(uploaded)


def test_dropout_is_another_in_each_epoch_and_the_same_in_the_same_one(tmp_path: Path) -> None:
    losses = []
    for number in (1, 1, 2):
        trainable = made("pt2", tmp_path, optimizer={"name": "sgd", "learning_rate": 1e-9})
        losses.append(trainable.epoch(number, np.arange(ROWS), lambda *_: None)["loss"])

    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("form", FORMS)
def test_training_learns_what_there_is_to_learn(tmp_path: Path, form: str) -> None:
    trainable = made(form, tmp_path, optimizer={"name": "adam", "learning_rate": 0.02})
    before = trainable.evaluate(np.arange(ROWS))

    trained(trainable, *range(1, 9))

    after = trainable.evaluate(np.arange(ROWS))
    assert after["loss"] < 0.6 * before["loss"]
    assert after["auc"] > 0.9 > before["auc"]


def test_three_forms_of_one_network_begin_with_the_same_numbers(tmp_path: Path) -> None:
    found = [made(form, tmp_path).evaluate(np.arange(ROWS)) for form in FORMS]

    assert found[0] == pytest.approx(found[1])
    assert found[0] == pytest.approx(found[2])


def test_rows_of_a_heavier_class_count_more(tmp_path: Path) -> None:
    path, rows = graph(tmp_path / "model.onnx"), np.arange(ROWS)
    plain = TorchBackend().load(task(path, definition())).evaluate(rows)["loss"]
    each = [TorchBackend().load(task(path, definition(), class_weights={0: a, 1: b})) for a, b in ((3, 0), (0, 3))]

    low, high = (one.evaluate(rows)["loss"] for one in each)

    assert plain == pytest.approx((low + high) / 3)
    assert each[0].effective.class_weights == {"0": 3, "1": 0}


def test_several_classes_are_told_apart(tmp_path: Path) -> None:
    data = arrays(classes=3)
    given = definition(
        output_shape=[3], task="multiclass", metrics=["accuracy", "f1"], optimizer={"learning_rate": 0.02}
    )
    path = graph(tmp_path / "model.onnx", classes=3, head="Softmax")
    trainable = TorchBackend().load(task(path, given, data))

    trained(trainable, *range(1, 13))

    outputs = trainable.predict(np.arange(ROWS))
    assert trainable.evaluate(np.arange(ROWS))["accuracy"] > 0.8
    assert outputs.shape == (ROWS, 3)
    assert outputs.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_number_is_learned_from_labels_of_either_shape(tmp_path: Path) -> None:
    data = arrays()
    values = data.x[:, :1] * 2 - 1
    path = exported(torch.nn.Linear(13, 1), tmp_path / "model.pt2")
    losses = []
    for labels in (values, values[:, 0]):
        one = type(data)(data.x, labels, (), "")
        columns = {**definition().columns, "label": "float"}
        given = definition(columns=columns, task="regression", metrics=["r2"], optimizer={"learning_rate": 0.1})
        trainable = TorchBackend().load(task(path, given, one))
        losses.append(trained(trainable, *range(1, 7)))

    assert losses[0] == losses[1]
    assert trainable.evaluate(np.arange(ROWS))["r2"] > 0.9


@pytest.mark.parametrize("head", ["sigmoid", "none"])
def test_a_loss_from_scores_is_that_from_their_probabilities(head: Any) -> None:
    scores, labels = torch.linspace(-4, 4, 9).reshape(9, 1), torch.arange(9) % 2
    objective = Objective("binary_crossentropy", "binary", head, bare=head == "none", shape=(1,))
    given = Objective("binary_crossentropy", "binary", "none", bare=False, shape=(1,))

    probabilities = objective.outputs(scores)

    torch.testing.assert_close(objective.losses(scores, labels), given.losses(probabilities, labels))


def test_scores_of_classes_give_the_loss_of_their_probabilities() -> None:
    scores, labels = torch.linspace(-4, 4, 9).reshape(3, 3), torch.arange(3)
    bare = Objective("sparse_categorical_crossentropy", "multiclass", "none", bare=True, shape=(3,))
    given = Objective("sparse_categorical_crossentropy", "multiclass", "none", bare=False, shape=(3,))

    torch.testing.assert_close(bare.losses(scores, labels), given.losses(bare.outputs(scores), labels))


def test_a_last_batch_of_one_row_is_refused_where_a_batch_is_normalised(tmp_path: Path) -> None:
    trainable = made("onnx", tmp_path, batch_size=33)
    bare = exported(torch.nn.Linear(13, 1), tmp_path / "bare.pt2")

    with pytest.raises(Rejected, match="the last batch has one row only"):
        trained(trainable, 1)
    trained(TorchBackend().load(task(bare, definition(batch_size=33))), 1)


def test_the_weights_of_an_epoch_do_not_depend_on_what_was_drawn_before(tmp_path: Path) -> None:
    disturbed, calm = made("onnx", tmp_path), made("onnx", tmp_path)
    torch.rand(17)

    trained(disturbed, 1)
    trained(calm, 1)

    assert digest(disturbed.weights()) == digest(calm.weights())


def test_no_memory_left_is_told_apart_from_other_errors() -> None:
    with pytest.raises(MemoryError), enough_memory():
        torch.empty(1 << 58)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), enough_memory():
        torch.ones(2, 3) @ torch.ones(2, 3)
