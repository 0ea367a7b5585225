"""Train models with all kinds of layers, go on from each checkpoint, and print the digests; a process of its own."""

import json
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.splits import split
from functions.models.inspection import inspect
from functions.train_on_upload.messages import CHECKPOINTS, Kept, Message
from functions.train_on_upload.trainer.backend import Task
from functions.train_on_upload.trainer.backends.keras.backend import KerasBackend, set_threads
from functions.train_on_upload.trainer.loop import Course, Loop, Plan
from functions.train_on_upload.trainer.reporting import Reporter
from functions.train_on_upload.trainer.stopping import Stopping
from functions.training.tensors import digest

EPOCHS, ROWS = 3, 40


class Collector(Reporter):
    """Keeps every checkpoint under the name of its epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message) -> None:
        if isinstance(message, Kept):
            shutil.move(self.folder / CHECKPOINTS / message.file, self.folder / message.file)

    def step(self, numbers: object) -> None:
        """Nobody watches."""


def models() -> dict[str, keras.Model]:
    keras.utils.set_random_seed(3)
    picture, series = keras.Input((8, 8, 1)), keras.Input((6, 4))
    x = layers.RandomZoom(0.2)(layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(picture)))
    x = layers.Conv2D(4, 3, activation="relu")(x)
    x = layers.SpatialDropout2D(0.2)(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(2)(x)
    conv = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    y = layers.GaussianNoise(0.1)(series)
    y = layers.LSTM(5, dropout=0.2, recurrent_dropout=0.2)(y)
    recurrent = layers.Dense(3)(layers.AlphaDropout(0.1)(y))
    return {"conv": keras.Model(picture, conv), "recurrent": keras.Model(series, recurrent)}


def task_for(file: Path, shape: tuple[int, ...]) -> Task:
    draw = np.random.default_rng(5)
    x = draw.normal(size=(ROWS, *shape)).astype("f4")
    y = draw.integers(0, 3, ROWS).astype("i8")
    definition = Definition(
        input_shape=shape, output_shape=(3,), batch_size=8, epochs=EPOCHS, task="multiclass", optimizer="adamw"
    )
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    return Task(file, inspect(file), definition, Arrays(x, y, ("a", "b", "c"), "0" * 64), weights)


def trained(task: Task, folder: Path, resume: Path) -> tuple[str, Course]:
    folder.joinpath(CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    plan = Plan("0" * 64, 1, EPOCHS, Stopping.of(None, validated=True), 0, 1000, folder, resume)
    loop = Loop(KerasBackend().load(task), split(task.arrays, task.definition), plan, Collector(folder))
    course = loop.run()
    # Whether a model ends with a softmax or not, what is predicted are probabilities.
    assert np.allclose(loop.trainable.predict(np.arange(ROWS)).sum(axis=1), 1, atol=1e-5)
    return digest(loop.trainable.weights()), course


def main(folder: Path) -> None:
    found = {}
    set_threads((1, 1))
    for name, model in models().items():
        file = folder / f"{name}.keras"
        model.save(file)
        task = task_for(file, tuple(model.input_shape[1:]))
        whole, course = trained(task, folder / name, folder / "none")
        again = [trained(task, folder / f"{name}-{n}", folder / name / f"{n}.npz") for n in range(1, EPOCHS)]
        found[name] = {
            "whole": whole,
            "resumed": [weights for weights, _ in again],
            "resumed_after": [each.resumed for _, each in again],
            "history": [course.epochs == each.epochs for _, each in again],
        }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
