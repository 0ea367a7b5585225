"""Ordinary models as people make them, one file each, with what their own framework says of them.

``python -m tests.models_corpus FOLDER`` makes all of them: nothing here imports a framework before that.
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FACTS = "facts.json"


def make(folder: Path) -> dict[str, dict[str, Any]]:
    """Make the models in a process of their own; give what ``facts.json`` says: file name -> parameters and shapes."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "TF_NUM_INTRAOP_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.models_corpus", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    facts: dict[str, dict[str, Any]] = json.loads((folder / FACTS).read_text())
    return facts


def keras_models() -> Iterator[tuple[str, Any]]:
    """Give Keras models by name: what a course, a tutorial or ``keras.applications`` makes."""
    import keras
    import numpy as np
    from keras import layers as L  # noqa: N812 - as Keras' own examples have it

    def mlp() -> Any:
        return keras.Sequential(
            [L.Input((13,)), L.Dense(16, activation="relu"), L.Dropout(0.2), L.Dense(1, activation="sigmoid")]
        )

    def compiled(model: Any, **settings: Any) -> Any:
        model.compile(**{"optimizer": "adam", "loss": "mse", **settings})
        return model

    yield "mlp", mlp()
    yield "mlp_compiled", compiled(mlp(), loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="a")])
    trained = compiled(mlp(), loss="binary_crossentropy")
    trained.fit(np.zeros((8, 13)), np.zeros((8, 1)), verbose=0)
    yield "mlp_trained", trained
    decay = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    yield (
        "mlp_schedule",
        compiled(
            mlp(),
            optimizer=keras.optimizers.SGD(decay, momentum=0.9, clipnorm=1.0),
            loss=keras.losses.Huber(),
            metrics=[keras.metrics.RootMeanSquaredError(), keras.metrics.mean_absolute_error],
            weighted_metrics=[keras.metrics.Precision()],
        ),
    )
    called = keras.Sequential([L.Dense(4, kernel_initializer="he_normal"), L.LeakyReLU(0.1), L.Dense(2)])
    called(np.zeros((2, 5), "float32"))
    yield "called_before_saved", called
    unknown = keras.Sequential([L.Input((None, 6)), L.Masking(), L.LSTM(5, return_sequences=True), L.Dense(2)])
    yield "open_length", unknown
    yield "cnn", keras.Sequential(
        [
            L.Input((16, 16, 3)), L.Rescaling(1 / 255), L.Conv2D(8, 3, padding="same", activation="relu"),
            L.BatchNormalization(), L.MaxPooling2D(), L.SeparableConv2D(12, 3, strides=2), L.DepthwiseConv2D(3),
            L.GlobalAveragePooling2D(), L.Dropout(0.3, seed=7), L.Dense(3, activation="softmax"),
        ]
    )  # fmt: skip
    yield "cnn_augmented", keras.Sequential(
        [
            L.Input((20, 20, 3)), L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.RandomZoom(0.2),
            L.RandomContrast(0.1), L.RandomTranslation(0.1, 0.1), L.CenterCrop(18, 18), L.Resizing(16, 16),
            L.Normalization(), L.Conv2D(4, 5, 2),
            L.LayerNormalization(), L.SpatialDropout2D(0.1), L.Flatten(), L.Dense(2),
        ]
    )  # fmt: skip
    yield "cnn1d", keras.Sequential(
        [
            L.Input((32, 2)), L.ZeroPadding1D(2), L.Conv1D(4, 3, dilation_rate=2, padding="causal", use_bias=False),
            L.PReLU(), L.AveragePooling1D(2), L.SeparableConv1D(4, 3), L.UpSampling1D(2), L.Cropping1D(1), L.Flatten(),
            L.Dense(1, kernel_constraint="max_norm", bias_initializer=keras.initializers.Constant(0.5)),
        ]
    )  # fmt: skip
    yield "cnn3d", keras.Sequential(
        [
            L.Input((8, 8, 8, 1)), L.Conv3D(2, 3), L.MaxPooling3D(), L.Conv3DTranspose(2, 2, strides=2),
            L.ZeroPadding3D(1), L.Cropping3D(1), L.UpSampling3D(2), L.GlobalMaxPooling3D(), L.Dense(1),
        ]
    )  # fmt: skip
    yield "autoencoder", keras.Sequential(
        [
            L.Input((12, 12, 1)), L.Conv2D(4, 3, strides=2, padding="same", activation="elu"), L.GroupNormalization(2),
            L.Conv2DTranspose(4, 3, strides=2, padding="same"), L.Conv2DTranspose(1, 3, 2, output_padding=1),
            L.ReLU(6.0), L.Cropping2D(((0, 1), (1, 0))), L.ZeroPadding2D((1, 2)),
            L.UpSampling2D(2, interpolation="bilinear"), L.Permute((2, 1, 3)), L.Reshape((-1, 4)), L.GaussianNoise(0.1),
            L.Conv1DTranspose(2, 3, strides=2),
        ]
    )  # fmt: skip
    yield "lstm", keras.Sequential([L.Input((10, 4)), L.LSTM(6, dropout=0.1), L.Dense(1)])
    yield "gru", keras.Sequential([L.Input((10, 4)), L.GRU(6, return_sequences=True), L.GRU(3, reset_after=False)])
    yield "bidirectional", keras.Sequential(
        [
            L.Input((10,)), L.Embedding(100, 8, mask_zero=True), L.Bidirectional(L.LSTM(4, return_sequences=True)),
            L.TimeDistributed(L.Dense(3, activation="tanh")), L.Bidirectional(L.SimpleRNN(4), merge_mode="sum"),
            L.Dense(1),
        ]
    )  # fmt: skip
    yield "cells", keras.Sequential([L.Input((7, 3)), L.RNN([L.LSTMCell(4), L.LSTMCell(5)]), L.Dense(1)])
    yield (
        "cell",
        keras.Sequential([L.Input((7, 3)), L.RNN(L.GRUCell(4), return_sequences=True), L.GlobalMaxPooling1D()]),
    )
    yield (
        "conv_lstm",
        keras.Sequential(
            [
                L.Input((4, 8, 8, 1)),
                L.ConvLSTM2D(2, 3, return_sequences=True),
                L.ConvLSTM2D(2, 3),
                L.Flatten(),
                L.Dense(1),
            ]
        ),
    )
    yield (
        "frames",
        keras.Sequential(
            [
                L.Input((4, 8, 8, 1)),
                L.TimeDistributed(L.Conv2D(2, 3)),
                L.TimeDistributed(L.Flatten()),
                L.LSTM(3),
                L.Dense(1),
            ]
        ),
    )
    yield from _functional(keras, L)
    yield from _applications(keras)


def _functional(keras: Any, L: Any) -> Iterator[tuple[str, Any]]:  # noqa: N803 - as Keras' own examples have it
    given = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", kernel_regularizer=keras.regularizers.L2(1e-3), groups=1)(given)
    y = L.Activation("swish")(L.BatchNormalization(scale=False)(x))
    x = L.Concatenate()([L.Add()([x, y]), L.Multiply()([x, y]), L.Maximum()([x, y]), x * 2.0 + y])
    x = L.Dense(3, activation="softmax", activity_regularizer="l2")(L.Flatten()(x))
    yield "functional_l2", keras.Model(given, x)
    one, two = keras.Input((5,), name="one"), keras.Input((5,), name="two")
    shared = keras.Sequential([L.Input((5,)), L.Dense(4, activation="relu"), L.Dense(3)], name="tower")
    left, right = shared(one), shared(two)
    yield "siamese", keras.Model({"one": one, "two": two}, [L.Dot(1)([left, right]), L.Subtract()([left, right])])
    inner_input = keras.Input((6,))
    inner = keras.Model(inner_input, L.Dense(4)(inner_input), name="inner")
    outer = keras.Input((6,))
    twice = L.Average()([inner(outer), inner(L.Dense(6)(outer))])
    nested = keras.Model(outer, keras.ops.mean(keras.ops.relu(twice), axis=-1, keepdims=True))
    nested.compile(keras.optimizers.AdamW(1e-3), "mse", metrics=[["mae"]])
    yield "nested", nested
    text = keras.Input((10,))
    words = L.Embedding(50, 8)(text)
    words = L.LayerNormalization()(words + L.MultiHeadAttention(2, 4)(words, words, use_causal_mask=True))
    words = L.Attention(use_scale=True)([words, words])
    words = L.AdditiveAttention()([words, words])
    yield "transformer", keras.Model(text, L.Dense(2)(L.GlobalAveragePooling1D()(words)))
    steps = keras.Input((6, 3))
    whole, h, c = L.LSTM(4, return_sequences=True, return_state=True)(steps)
    again = L.LSTM(4)(whole, initial_state=[h, c])
    yield "states", keras.Model(steps, [again, L.RepeatVector(3)(h)])
    mixed = keras.Sequential(
        [L.Input((5,), dtype="float32"), L.Dense(4, dtype="mixed_float16"), L.Dense(1, dtype="float64")]
    )
    yield "mixed_precision", mixed
    small = keras.Sequential([L.Input((4,), dtype="int32"), L.CategoryEncoding(5, output_mode="multi_hot"), L.Dense(2)])
    yield "encoded", small
    yield "norms", keras.Sequential(
        [
            L.Input((6,)), L.RMSNormalization(), L.UnitNormalization(), L.AlphaDropout(0.1), L.GaussianDropout(0.1),
            L.ELU(), L.Identity(), L.ActivityRegularization(0.1), L.Dense(3, dtype="bfloat16"), L.Softmax(),
        ]
    )  # fmt: skip


def _applications(keras: Any) -> Iterator[tuple[str, Any]]:
    from keras import layers as L  # noqa: N812

    made = keras.applications
    shape = (32, 32, 3)
    yield "mobilenet_v2", made.MobileNetV2(input_shape=shape, alpha=0.35, classes=3, weights=None)
    base = made.MobileNetV3Small(input_shape=shape, include_top=False, weights=None, include_preprocessing=True)
    base.trainable = False
    yield "fine_tuned", keras.Sequential([L.Input(shape), base, L.GlobalAveragePooling2D(), L.Dense(2)])
    yield "efficientnet", made.EfficientNetB0(input_shape=shape, classes=3, weights=None, include_top=False)


def _keras_facts(model: Any) -> dict[str, Any]:
    import keras

    shapes = [keras.tree.flatten(each) for each in (model.inputs, model.outputs)]
    inputs, outputs = [[list(tensor.shape) for tensor in tensors] for tensors in shapes]
    return {"parameters": model.count_params(), "inputs": inputs, "outputs": outputs}


def torch_modules() -> Iterator[tuple[str, Any, Any]]:
    """Give PyTorch modules by name, each with an example of its input."""
    import torch
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.lstm, self.head = nn.Embedding(50, 8), nn.LSTM(8, 4, batch_first=True), nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(self.embedding(x))[0][:, -1])

    class Attentive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(3, 4, batch_first=True, bidirectional=True)
            self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.head = nn.Linear(8, 2)
            self.register_buffer("scale", torch.ones(2))

        def forward(self, x: Any) -> Any:
            return self.head(self.block(self.gru(x)[0]).mean(1)) * self.scale + torch.tensor([1.0, 2.0])

    mlp = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1), nn.Sigmoid())
    cnn = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.GELU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, groups=2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(4), nn.Linear(4, 3), nn.LogSoftmax(-1),
    )  # fmt: skip
    yield "mlp", mlp, torch.zeros(4, 13)
    yield "cnn", cnn, torch.zeros(4, 3, 8, 8)
    yield "recurrent", Recurrent(), torch.zeros(4, 7, dtype=torch.int64)
    yield "attentive", Attentive(), torch.zeros(4, 5, 3)


def _make_torch(folder: Path) -> dict[str, Any]:
    import torch
    from safetensors.torch import save_file

    facts: dict[str, Any] = {}
    for name, module, example in torch_modules():
        count = sum(each.numel() for each in module.parameters())
        batch = torch.export.Dim("batch", min=1)
        for mode in ("train", "eval"):
            file = f"{name}_{mode}.pt2"
            program = torch.export.export(getattr(module, mode)(), (example,), dynamic_shapes=({0: batch},))
            torch.export.save(program, folder / file)
            facts[file] = {"parameters": count, "inputs": [[None, *example.shape[1:]]]}
        state = {key: each.contiguous() for key, each in module.state_dict().items()}
        save_file(state, folder / f"{name}.safetensors", metadata={"format": "pt"})
        facts[f"{name}.safetensors"] = {"parameters": sum(each.numel() for each in state.values())}
        for dynamo in (False, True) if name in ("mlp", "cnn") else (False,):
            file = f"{name}_{'dynamo' if dynamo else 'traced'}.onnx"
            torch.onnx.export(
                module.eval(), (example,), folder / file, dynamo=dynamo, external_data=False, verbose=False
            )
            facts[file] = {"inputs": [list(example.shape)]}
    return facts


def _make_keras(folder: Path) -> dict[str, Any]:
    import numpy as np

    facts: dict[str, Any] = {}
    for name, model in keras_models():
        model.save(folder / f"{name}.keras")
        facts[f"{name}.keras"] = _keras_facts(model)
        if name == "cnn":
            model(np.zeros((1, 16, 16, 3), "float32"))
            model.export(folder / "cnn_of_keras.onnx", format="onnx", verbose=False)
            facts["cnn_of_keras.onnx"] = {"inputs": [[None, 16, 16, 3]]}
    return facts


def main(folder: Path) -> None:
    """Make every ordinary model in ``folder``, and ``facts.json``."""
    from tests.unit.models.keras_keys import keras_keys

    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    facts = {**_make_keras(folder), **_make_torch(folder), "keys": keras_keys()}
    (folder / FACTS).write_text(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
