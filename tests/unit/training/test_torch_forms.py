"""An uploaded model computes here what it computes at home, and what is given back computes the same elsewhere."""

import copy
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from functions.models.architecture import Architecture
from functions.runtime.function import load
from functions.runtime.invoke import invoke
from functions.train_on_upload.trainer.backends.torch import declared, saving
from functions.train_on_upload.trainer.backends.torch.backend import TorchBackend
from functions.train_on_upload.trainer.backends.torch.exported import program
from functions.train_on_upload.trainer.backends.torch.onnx import graph
from tests.unit.training.jobs import make_job
from tests.unit.training.torch_models import FEATURES, arrays, definition, exported, made, perceptron, task, trained
from tests.unit.training.torch_models import graph as perceptron_graph

ROWS = np.arange(20)


class Pictures(nn.Module):
    """Convolutions, normalisation, pooling, a residual sum and tied weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding="same")
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.25)
        self.act = nn.ReLU(inplace=True)
        self.one = nn.Linear(4, 4, bias=False)
        self.other = nn.Linear(4, 4, bias=False)
        self.other.weight = self.one.weight
        self.scale = torch.tensor([1.0, 2.0, 0.5, 1.5])

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.act(self.norm(self.first(x))))
        x = self.act(x + self.second(x)).mean(dim=(2, 3))
        x = self.other(self.one(x)) * self.scale
        return torch.softmax(self.drop(x).view(x.size(0), -1), dim=-1)


class Sequences(nn.Module):
    """An LSTM, attention and layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(6)
        self.lstm = nn.LSTM(6, 4, batch_first=True, bidirectional=True)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.1)
        self.out = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.lstm(self.norm(x))
        x, _ = self.attend(x, x, x, need_weights=False)
        last: Tensor = self.out(x[:, -1])
        return last


def stirred(module: nn.Module) -> nn.Module:
    """With running numbers that are not those of a fresh module."""
    torch.manual_seed(11)
    for tensor in module.buffers():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    return module


def rows(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).normal(size=shape).astype(np.float32))


def judged(content: bytes, x: Tensor) -> Any:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]


PICTURE, SEQUENCE = (3, 8, 8), (5, 6)


@pytest.mark.parametrize("mode", [True, False], ids=["train", "eval"])
def test_a_program_computes_what_its_module_does_in_either_mode_of_the_export(tmp_path: Path, mode: bool) -> None:
    module = stirred(Pictures()).train(mode)
    network = program.read(exported(module, tmp_path / "model.pt2", shape=PICTURE))
    x, twin = rows(7, *PICTURE), copy.deepcopy(module)

    looked = network.eval()(x)
    torch.manual_seed(1)
    learning = network.train()(x)

    torch.manual_seed(1)
    torch.testing.assert_close(learning, module.train()(x))
    torch.testing.assert_close(looked, twin.eval()(x))
    torch.testing.assert_close(network.named()["norm.running_mean"], module.state_dict()["norm.running_mean"])


@pytest.mark.filterwarnings("ignore:.*_flat_weights:UserWarning")
def test_a_program_with_recurrence_and_attention_computes_what_its_module_does(tmp_path: Path) -> None:
    module = Sequences().eval()
    network = program.read(exported(module, tmp_path / "model.pt2", shape=SEQUENCE)).eval()

    found = network(rows(4, *SEQUENCE))

    torch.testing.assert_close(found, module(rows(4, *SEQUENCE)))
    assert set(network.named()) == set(dict(module.named_parameters()))


@pytest.mark.parametrize(("module", "shape"), [(Pictures(), PICTURE), (Sequences(), SEQUENCE)], ids=["cnn", "rnn"])
@pytest.mark.filterwarnings("ignore:.*_flat_weights:UserWarning")
def test_a_graph_from_torchs_exporter_computes_what_onnxruntime_does(
    tmp_path: Path, module: nn.Module, shape: tuple[int, ...]
) -> None:
    uploaded = program.read(exported(module.eval(), tmp_path / "model.pt2", shape=shape)).eval()
    path = tmp_path / "model.onnx"
    path.write_bytes(saving.converted(uploaded, rows(2, *shape)))

    found = graph.read(path).eval()(rows(6, *shape))

    wanted = judged(path.read_bytes(), rows(6, *shape))
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(wanted, uploaded(rows(6, *shape)).detach().numpy(), rtol=1e-4, atol=1e-6)


def test_tied_weights_stay_tied(tmp_path: Path) -> None:
    network = program.read(exported(Pictures(), tmp_path / "model.pt2", shape=PICTURE))

    names = set(network.named())

    assert "one.weight" in names
    assert "other.weight" not in names


def test_a_frozen_parameter_stays_as_it_is(tmp_path: Path) -> None:
    module = perceptron()
    uploaded = {name: each.clone() for name, each in module.state_dict().items()}
    module[0].requires_grad_(False)
    trainable = TorchBackend().load(task(exported(module, tmp_path / "model.pt2"), definition()))

    trained(trainable, 1)

    after = trainable.network.named()
    assert torch.equal(after["0.weight"], uploaded["0.weight"])
    assert not torch.equal(after["4.weight"], uploaded["4.weight"])


def test_a_declared_network_computes_what_its_module_does(tmp_path: Path) -> None:
    module = stirred(
        nn.Sequential(
            nn.Conv2d(3, 4, (3, 2), stride=2, padding=1),
            nn.BatchNorm2d(4, eps=1e-3),
            nn.GELU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(16, 6),
            nn.LayerNorm(6),
            nn.LeakyReLU(),
            nn.Linear(6, 3, bias=False),
            nn.LogSoftmax(dim=-1),
        )
    ).eval()
    layers: list[dict[str, Any]] = [
        {"kind": "conv2d", "in_channels": 3, "out_channels": 4, "kernel_size": [3, 2], "stride": 2, "padding": 1},
        {"kind": "batchnorm2d", "num_features": 4, "eps": 1e-3},
        {"kind": "gelu"},
        {"kind": "avgpool2d", "kernel_size": 2},
        {"kind": "flatten"},
        {"kind": "linear", "in_features": 16, "out_features": 6},
        {"kind": "layernorm", "normalized_shape": 6},
        {"kind": "leaky_relu"},
        {"kind": "linear", "in_features": 6, "out_features": 3, "bias": False},
        {"kind": "log_softmax"},
    ]
    save_file(module.state_dict(), tmp_path / "model.safetensors")

    network = declared.read(tmp_path / "model.safetensors", Architecture.model_validate({"layers": layers}))

    torch.testing.assert_close(network.eval()(rows(5, *PICTURE)), module(rows(5, *PICTURE)))


@pytest.mark.parametrize(("kind", "maker"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_a_declared_recurrence_gives_what_it_ends_with_or_all_of_it(tmp_path: Path, kind: str, maker: Any) -> None:
    module = maker(6, 4, num_layers=2, bidirectional=True, batch_first=True)
    save_file({f"rnn.{name}": each for name, each in module.state_dict().items()}, tmp_path / "model.safetensors")
    sizes = {"kind": kind, "name": "rnn", "input_size": 6, "hidden_size": 4, "num_layers": 2, "bidirectional": True}
    found = {}
    for returns in ("last", "sequence"):
        architecture = Architecture.model_validate({"layers": [{**sizes, "returns": returns}]})
        found[returns] = declared.read(tmp_path / "model.safetensors", architecture).eval()(rows(3, *SEQUENCE))

    every, _ = module(rows(3, *SEQUENCE))
    torch.testing.assert_close(found["sequence"], every)
    torch.testing.assert_close(found["last"], torch.cat([every[:, -1, :4], every[:, 0, 4:]], dim=-1))


def test_declared_residuals_embeddings_and_shapes_compute_what_they_say(tmp_path: Path) -> None:
    torch.manual_seed(4)
    table, inner = nn.Embedding(9, 4), nn.Linear(4, 4)
    tensors = {
        "words.table.weight": table.weight,
        "around.body.0.weight": inner.weight,
        "around.body.0.bias": inner.bias,
    }
    save_file(tensors, tmp_path / "model.safetensors")
    layers: list[dict[str, Any]] = [
        {"kind": "embedding", "name": "words.table", "num_embeddings": 9, "embedding_dim": 4},
        {"kind": "residual", "name": "around", "body": [{"kind": "linear", "in_features": 4, "out_features": 4}]},
        {"kind": "permute", "dims": [1, 0]},
        {"kind": "global_avgpool"},
        {"kind": "unflatten", "shape": [2, 2]},
    ]
    network = declared.read(tmp_path / "model.safetensors", Architecture.model_validate({"layers": layers})).eval()
    words = torch.tensor([[0, 3, 8], [1, 1, 2]])

    found = network(words.float())

    looked = table(words)
    torch.testing.assert_close(found, (looked + inner(looked)).mean(dim=1).reshape(2, 2, 2))
    assert set(network.named()) == set(tensors)


@pytest.mark.parametrize("form", ["onnx", "pt2", "safetensors"])
def test_what_is_saved_computes_elsewhere_what_was_trained(tmp_path: Path, form: str) -> None:
    trainable = made(form, tmp_path)
    trained(trainable, 1, 2)
    out = tmp_path / "out"
    out.mkdir()

    saved = trainable.save(out)

    outputs, x = trainable.predict(ROWS), torch.from_numpy(arrays().x[ROWS])
    np.testing.assert_allclose(judged((out / "trained_model.onnx").read_bytes(), x), outputs, rtol=1e-5, atol=1e-6)
    tensors = load_file(out / "trained_model.safetensors")
    assert {name: each.numpy().tobytes() for name, each in tensors.items()} == {
        name: each.tobytes() for name, each in trainable.weights().items()
    }
    assert set(saved.files) == {each.name for each in out.iterdir()}
    if form == "pt2":
        module = torch.export.load(out / "trained_model.pt2").module()
        again = program.read(out / "trained_model.pt2").eval()
        torch.testing.assert_close(again(x).detach(), torch.from_numpy(outputs))
        assert set(module.state_dict()) == set(perceptron().state_dict())
        twin = perceptron().eval()
        twin.load_state_dict(tensors)  # all are there but the counters, which torch lets be missing
        torch.testing.assert_close(twin(x).detach(), torch.from_numpy(outputs))


def test_a_trained_graph_is_the_uploaded_one_with_other_numbers(tmp_path: Path) -> None:
    trainable = made("onnx", tmp_path)
    trained(trainable, 1)
    out = tmp_path / "out"
    out.mkdir()
    trainable.save(out)

    before, after = onnx.load(tmp_path / "model.onnx"), onnx.load(out / "trained_model.onnx")

    assert list(after.graph.node) == list(before.graph.node)
    changed = {a.name for a, b in zip(after.graph.initializer, before.graph.initializer, strict=True) if a != b}
    assert changed == {each.name for each in before.graph.initializer} - {"ratio"}


def test_a_trained_model_can_be_uploaded_and_trained_again(tmp_path: Path) -> None:
    trainable = made("safetensors", tmp_path)
    trained(trainable, 1)
    trainable.save(tmp_path)

    again = TorchBackend().load(task(tmp_path / "trained_model.onnx", definition()))

    assert set(again.weights()) == set(trainable.weights())
    assert again.evaluate(ROWS)["loss"] == pytest.approx(trainable.evaluate(ROWS)["loss"])


def test_what_is_pickled_in_a_program_is_never_opened_nor_passed_on(tmp_path: Path) -> None:
    exported(perceptron(), tmp_path / "model.pt2")
    bomb = b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
    with zipfile.ZipFile(tmp_path / "model.pt2") as source, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as target:
        for member in source.namelist():
            content = source.read(member)
            target.writestr(member, bomb if "sample_inputs" in member else content)
            if member.endswith("model.json"):
                target.writestr(member.replace("model.json", "evil.pkl"), bomb)
    trainable = TorchBackend().load(task(tmp_path / "bad.pt2", definition()))

    trainable.save(tmp_path)

    with zipfile.ZipFile(tmp_path / "trained_model.pt2") as archive:
        assert bomb not in {archive.read(member) for member in archive.namelist()}
    assert not (tmp_path / "ran").exists()


def test_sizes_of_a_program_are_not_evaluated(tmp_path: Path) -> None:
    exported(perceptron(), tmp_path / "model.pt2")
    code = f"__import__('os').system('touch {tmp_path / 'ran'}')"
    with zipfile.ZipFile(tmp_path / "model.pt2") as source, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as target:
        for member in source.namelist():
            content = source.read(member)
            if member.endswith("models/model.json"):
                parts = content.partition(b"Symbol(")
                content = parts[0] + code.encode() + b" or Symbol(" + parts[2]
            target.writestr(member, content)

    network = program.read(tmp_path / "bad.pt2")

    assert network(torch.zeros(3, FEATURES)).shape == (3, 1)
    assert not (tmp_path / "ran").exists()


def test_an_onnx_model_whose_tensors_are_named_like_tensorflows_is_trained(tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", epochs=1)
    (job / "model.keras").unlink()
    path = perceptron_graph(job / "model.onnx")
    model = onnx.load(path)
    renamed = {each.name: f"sequential/dense/{each.name}:0" for each in model.graph.initializer}
    for each in model.graph.initializer:
        each.name = renamed[each.name]
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    onnx.save(model, path)

    done = invoke(load("train-on-upload"), job, tmp_path / "out", environ=os.environ)

    assert {"trained_model.onnx", "trained_model.safetensors"} <= {output.name for output in done.outputs}
