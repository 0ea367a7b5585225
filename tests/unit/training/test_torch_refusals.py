"""What PyTorch does not train, each refused in one sentence that names the culprit."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import Tensor, nn

from functions.models.architecture import Architecture
from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backends.torch.backend import TorchBackend
from functions.train_on_upload.trainer.backends.torch.exported import program
from functions.train_on_upload.trainer.backends.torch.onnx.graph import OnnxNetwork, read
from tests.unit.training.torch_models import LAYERS, definition, exported, graph, perceptron, task, weights


def loaded(path: Path, **more: Any) -> None:
    TorchBackend().load(task(path, definition(**more)))


def changed(tmp_path: Path, change: Callable[[onnx.ModelProto], object]) -> onnx.ModelProto:
    model = onnx.load(graph(tmp_path / "model.onnx"))
    change(model)
    return model


def in_program(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], *, member: str = "models/model.json"
) -> Path:
    """The perceptron's archive with one of its JSON documents changed."""
    source = exported(perceptron(), tmp_path / "model.pt2")
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith(member):
                document = json.loads(content)
                change(document)
                content = json.dumps(document).encode()
            after.writestr(name, content)
    return tmp_path / "bad.pt2"


def test_an_unknown_operator_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    model = changed(tmp_path, lambda it: setattr(it.graph.node[2], "op_type", "Rellu"))

    with pytest.raises(Rejected, match=r"operator Rellu is not known here; did you mean Relu\?"):
        OnnxNetwork(model)


def test_an_operator_of_another_domain_is_refused(tmp_path: Path) -> None:
    model = changed(tmp_path, lambda it: setattr(it.graph.node[2], "domain", "com.microsoft"))

    with pytest.raises(Rejected, match=r"operator com\.microsoft\.Relu is not one of the standard ones"):
        OnnxNetwork(model)


@pytest.mark.parametrize("version", [8, 24])
def test_an_operator_set_that_is_not_known_is_refused(tmp_path: Path, version: int) -> None:
    model = changed(tmp_path, lambda it: setattr(it.opset_import[0], "version", version))

    with pytest.raises(Rejected, match=f"the model uses opset {version}"):
        OnnxNetwork(model)


def test_weights_beside_the_file_are_refused(tmp_path: Path) -> None:
    path = graph(tmp_path / "model.onnx")
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(4096))
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")
    path.write_bytes(model.SerializeToString())

    with pytest.raises(Rejected, match=r"initializer 0\.weight lies outside of the file"):
        read(path)


def test_half_precision_is_refused(tmp_path: Path) -> None:
    half = numpy_helper.from_array(np.zeros((16, 13), dtype=np.float16), "0.weight")
    model = changed(tmp_path, lambda it: it.graph.initializer[0].CopyFrom(half))

    with pytest.raises(Rejected, match=r"initializer 0\.weight is of type FLOAT16"):
        OnnxNetwork(model)


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    more = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1])
    model = changed(tmp_path, lambda it: it.graph.input.append(more))

    with pytest.raises(Rejected, match="the graph has 2 inputs and 1 outputs"):
        OnnxNetwork(model)


def test_a_graph_whose_nodes_are_out_of_order_is_refused(tmp_path: Path) -> None:
    model = changed(tmp_path, lambda it: it.graph.node.append(it.graph.node.pop(0)))

    with pytest.raises(Rejected, match="uses a, which nothing before it makes"):
        OnnxNetwork(model)


def test_functions_of_its_own_and_subgraphs_are_refused(tmp_path: Path) -> None:
    own = helper.make_function("mine", "f", ["a"], ["b"], [], [])
    inner = helper.make_attribute("body", helper.make_graph([], "inner", [], []))

    with pytest.raises(Rejected, match="the model has functions"):
        OnnxNetwork(changed(tmp_path, lambda it: it.functions.append(own)))
    with pytest.raises(Rejected, match="attribute body of Relu is of a kind that is not known"):
        OnnxNetwork(changed(tmp_path, lambda it: it.graph.node[2].attribute.append(inner)))


@pytest.mark.parametrize("name", ["model.onnx", "model.pt2", "model.safetensors"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04not a model")

    with pytest.raises(Rejected, match=f"{name} is not "):
        loaded(tmp_path / name, **({"architecture": {"layers": LAYERS}} if name.endswith("tensors") else {}))


def test_an_output_of_another_shape_than_defined_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"the model gives \[1, 1\] for 1 rows, but output_shape is \[3\]"):
        loaded(graph(tmp_path / "model.onnx", head="Identity"), output_shape=[3], task="multiclass", metrics=[])


def test_inputs_of_another_shape_than_the_model_takes_are_refused(tmp_path: Path) -> None:
    path = exported(nn.Linear(12, 1), tmp_path / "model.pt2", shape=(12,))

    with pytest.raises(Rejected, match=r"the model does not run on rows of shape \[13\]"):
        loaded(path)


def test_a_program_for_one_batch_size_alone_is_refused_with_what_to_do(tmp_path: Path) -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(13, 1)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.inner(x).view(2, 1)
            return out

    with pytest.raises(Rejected, match="the model does not run") as refusal:
        loaded(exported(Fixed(), tmp_path / "model.pt2", opened=False))

    assert "dynamic_shapes" in refusal.value.hint


def test_a_head_that_does_not_go_with_the_loss_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        Rejected, match="the model ends with softmax, which does not go with the loss binary_crossentropy"
    ):
        loaded(graph(tmp_path / "model.onnx", head="Softmax"))
    with pytest.raises(Rejected, match="from_logits is true, but the model ends with sigmoid"):
        loaded(graph(tmp_path / "model.onnx"), from_logits=True)


def test_a_model_without_anything_to_train_is_refused(tmp_path: Path) -> None:
    module = perceptron()
    for parameter in module.parameters():
        parameter.requires_grad_(False)

    with pytest.raises(Rejected, match="the model has nothing that can be trained"):
        loaded(exported(module, tmp_path / "model.pt2"))


def test_weights_that_have_no_part_in_the_output_are_refused(tmp_path: Path) -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(13, 1)

        def forward(self, x: Tensor) -> Tensor:
            return x.mean(dim=1, keepdim=True)

    with pytest.raises(Rejected, match="nothing that the model could learn has a part in its output"):
        loaded(exported(Idle(), tmp_path / "model.pt2"))


@pytest.mark.parametrize(
    "target", ["torch.ops.aten.bernoulli.default", "torch.ops.profiler._record_function_enter.default", "os.system"]
)
def test_an_operator_that_is_not_allowed_in_a_program_is_refused(tmp_path: Path, target: str) -> None:
    path = in_program(tmp_path, lambda it: it["graph_module"]["graph"]["nodes"][0].update(target=target))

    with pytest.raises(Rejected, match=f"operator {target} is not allowed"):
        program.read(path)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_a_decomposed_program_is_refused_with_what_to_do(tmp_path: Path) -> None:
    batch = {0: torch.export.Dim("batch", min=1)}
    done = torch.export.export(perceptron(), (torch.zeros(2, 13),), dynamic_shapes=(batch,)).run_decompositions()
    torch.export.save(done, tmp_path / "model.pt2")

    with pytest.raises(Rejected, match="is not allowed") as refusal:
        program.read(tmp_path / "model.pt2")

    assert "before run_decompositions" in refusal.value.hint


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    path = in_program(
        tmp_path,
        lambda it: it["config"]["0.weight"].update(use_pickle=True),
        member="data/weights/model_weights_config.json",
    )

    with pytest.raises(Rejected, match=r"tensor 0\.weight is pickled, and nothing uploaded is unpickled"):
        program.read(path)


@pytest.mark.parametrize("part", ["sizes", "strides"])
def test_weights_that_do_not_fill_their_bytes_are_refused(tmp_path: Path, part: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["config"]["0.weight"]["tensor_meta"][part][0]["as_int"] = 1_000_000

    path = in_program(tmp_path, change, member="data/weights/model_weights_config.json")

    with pytest.raises(Rejected, match=r"tensor 0\.weight of shape .* does not lie packed in its 832 bytes"):
        program.read(path)


def test_a_compressed_program_is_refused(tmp_path: Path) -> None:
    source = exported(perceptron(), tmp_path / "model.pt2")
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(tmp_path / "bad.pt2", "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))

    with pytest.raises(Rejected, match=r"bad\.pt2 has model/.* compressed"):
        program.read(tmp_path / "bad.pt2")


def test_a_program_of_an_older_torch_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt2", "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")

    with pytest.raises(Rejected, match=r"is of a torch before 2\.8") as refusal:
        program.read(tmp_path / "model.pt2")

    assert "save it again" in refusal.value.hint


def test_a_program_whose_document_is_cut_or_senseless_is_refused(tmp_path: Path) -> None:
    for change in (lambda it: it.pop("graph_module"), lambda it: it["graph_module"].update(graph=[])):
        with pytest.raises(Rejected, match=r"bad\.pt2 is not a program saved by torch\.export\.save"):
            program.read(in_program(tmp_path, change))


def test_tensors_and_declaration_must_name_one_another(tmp_path: Path) -> None:
    path, layers = weights(tmp_path / "model.safetensors"), [dict(each) for each in LAYERS]
    layers[4]["name"] = "head.output"

    with pytest.raises(
        Rejected, match=r"has head\.out\.bias, which the architecture has not; did you mean head\.output\.bias"
    ):
        loaded(path, architecture={"layers": layers})
    save_file({"0.weight": torch.zeros(16, 13)}, path)
    with pytest.raises(Rejected, match=r"model\.safetensors has no 0\.bias"):
        loaded(path, architecture={"layers": LAYERS})


def test_a_tensor_of_another_shape_or_type_than_declared_is_refused(tmp_path: Path) -> None:
    path, layers = weights(tmp_path / "model.safetensors"), [dict(each) for each in LAYERS]
    tensors = {name.replace("4.", "head.out."): each for name, each in perceptron().double().state_dict().items()}
    layers[0]["in_features"] = 14

    with pytest.raises(Rejected, match=r"0\.weight is \[16, 13\] float32, declared \[16, 14\] float32"):
        loaded(path, architecture={"layers": layers})
    save_file(tensors, path)
    with pytest.raises(Rejected, match=r"0\.bias is \[16\] float64, declared \[16\] float32"):
        loaded(path, architecture={"layers": LAYERS})


def test_weights_without_an_architecture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="a safetensors model cannot be trained with PyTorch as it is"):
        loaded(weights(tmp_path / "model.safetensors"))


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (
            {"kind": "linaer", "in_features": 1, "out_features": 1},
            "linaer is not a kind of layer here; did you mean linear",
        ),
        ({"kind": "linear", "in_featurs": 1}, "linear has no in_featurs; did you mean in_features"),
        ({"kind": "linear", "in_features": True, "out_features": 1}, "valid integer"),
        ({"kind": "linear", "in_features": 65_536, "out_features": 65_536}, "parameters are more than 100,000,000"),
        ({"kind": "conv2d", "in_channels": 3, "out_channels": 4, "kernel_size": 3, "groups": 2}, "multiples of groups"),
        ({"kind": "conv1d", "in_channels": 3, "out_channels": 4, "kernel_size": [3, 3]}, "conv1d takes single numbers"),
        ({"kind": "permute", "dims": [0, 0]}, "dims must have each of 0 to 1 once"),
        ({"kind": "residual", "body": [{"kind": "residual", "body": []}]}, "residual is not a kind of layer here"),
        ({"kind": "dropout", "p": 1.0}, "less than 1"),
        ({"kind": "relu", "name": "../x"}, "should match pattern"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(layer: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Architecture.model_validate({"layers": [layer]})


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two layers have the name 1"):
        Architecture.model_validate({"layers": [{"kind": "relu", "name": "1"}, {"kind": "relu"}]})


def test_a_declaration_counts_the_parameters_that_its_module_has() -> None:
    found = Architecture.model_validate({"layers": LAYERS})

    assert found.parameters == sum(each.numel() for each in perceptron().parameters())
