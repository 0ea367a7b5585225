"""The mask application of AI-SPRINT's guide (Step 2), as a person writes it, and a filter with alternatives."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

NAME = "mask_detection_v1"
RFB = Path(__file__).parents[4] / "shared/models/version-RFB-640.onnx"

BLUR = '''\
"""Blurs faces."""

import numpy as np

from functions.annotations import component_name, exec_time, partitionable_model
from functions.partitioning.inference import load_and_inference


@component_name(name="blurry-faces-onnx")
@exec_time(local_time_thr=20)
@partitionable_model(onnx_file="version-RFB-640.onnx")
def main(args):
    # Pre-processing
    picture = np.load(args["input"])
    inputs = {"input": picture, "threshold": args["threshold"]}

    tensors, result = load_and_inference(args["onnx_file"], inputs)

    # Post-processing
    answer = result[0] > tensors["threshold"]
    np.save(args["output"], answer)


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("-y", "--onnx_file", default="onnx/version-RFB-640.onnx")
    parser.add_argument("-t", "--threshold", type=float, default=0.25)
    main(vars(parser.parse_args()))
'''

MASKS = '''\
"""Finds masks."""

from aisprint.annotations import component_name, exec_time


@component_name("mask-detector")
@exec_time(10)
def main(args):
    raise SystemExit(args)
'''

DAG = """\
System:
  name: ai-sprint_mask_detection_app
  components: ['blurry-faces-onnx', 'mask-detector']
  dependencies: [['blurry-faces-onnx', 'mask-detector', 1]]
"""


def _machine(number: int, cost: float) -> str:
    return f"""\
        computationalLayer{number}:
          name: Public Cloud Layer
          number: {number}
          type: Virtual
          Resources:
            resource1:
              name: VM{number}
              totalNodes: 5
              description: t3.xlarge
              cost: {cost}
              memorySize: 16384
              storageSize: 450
              storageType: SSD
              operatingSystemDistribution: Ubuntu
              operatingSystemType: Linux
              operatingSystemVersion: 20.04
              operatingSystemImageId: aws://us-east-1/ami-0149b2da6ceec4bb0
              secureBoot: False
              measuredBoot: False
              onSpot: False
              processors:
                processor1:
                  name: Xeon
                  type: SkyLake
                  architecture: amd64
                  computingUnits: 4
                  internalMemory: 64
                  SGXFlag: False
"""


RESOURCES = f"""\
System:
  name: Mask Detection Application
  NetworkDomains:
    ND1:
      name: Network Domain 1
      AccessDelay: 0.01
      Bandwidth: 40000
      subNetworkDomains: []
      ComputationalLayers:
{_machine(1, 1.2)}{_machine(2, 1.8)}"""


def candidate(key: str, name: str, layers: str = "[1]", resources: str = "[VM1]") -> str:
    return f"""\
  {key}:
    name: {name}
    candidateExecutionLayers: {layers}
    Containers:
      container1:
        image: registry.gitlab.polimi.it/ai-sprint/toscarizer/{name.replace("X", "1")}_amd64
        memorySize: 1024
        computingUnits: 0.9
        trustedExecution: false
        networkProtection: false
        fileSystemProtection: false
        GPURequirement: false
        candidateExecutionResources: {resources}
"""


DEPLOYMENTS = "Components:\n" + "".join(
    (
        candidate("component1", "blurry-faces-onnx"),
        candidate("component1_partitionX_1", "blurry-faces-onnx_partitionX_1"),
        candidate("component1_partitionX_2", "blurry-faces-onnx_partitionX_2"),
        candidate("component2", "mask-detector", "[2]", "[VM2]"),
    )
)

CONFIGURATION = {
    "common_config/application_dag.yaml": DAG,
    "common_config/candidate_resources.yaml": RESOURCES,
    "common_config/candidate_deployments.yaml": DEPLOYMENTS,
}


def network() -> bytes:
    """Make a small network with one input, ``input`` (1, 3, 8, 8), and cuts of which ``second`` is the smallest."""
    generator = np.random.default_rng(7)
    weights = {
        "w1": generator.standard_normal((4, 3, 3, 3)).astype(np.float32),
        "w2": generator.standard_normal((2, 4, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["first"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["first"], ["wide"]),
        helper.make_node("MaxPool", ["wide"], ["middle"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["middle", "w2"], ["second"]),
        helper.make_node("Sigmoid", ["second"], ["left"]),
        helper.make_node("Tanh", ["second"], ["right"]),
        helper.make_node("Add", ["left", "right"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 2, 2, 2])],
        initializer=[helper.make_tensor(n, TensorProto.FLOAT, w.shape, w.flatten()) for n, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def mask_application(folder: Path, **changed: str | bytes) -> Path:
    """Write the application; ``changed`` has src/<c>/main.py under the names blur and masks."""
    contents: dict[str, str | bytes] = {
        **CONFIGURATION,
        "src/blurry-faces-onnx/main.py": changed.pop("blur", BLUR),
        "src/blurry-faces-onnx/requirements.txt": "numpy\n",
        "src/blurry-faces-onnx/onnx/version-RFB-640.onnx": changed.pop("network", network()),
        "src/mask-detector/main.py": changed.pop("masks", MASKS),
    }
    return write({**contents, **changed}, folder / NAME)


def write(contents: Mapping[str, str | bytes], folder: Path) -> Path:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


# Figures of AI-SPRINT-STUDIO @423eb21, examples/filter_classifier_degraded_performance: shares of all samples,
# a row for each true class.
MATRICES = {
    "filter_fcn": [[0.3195, 0.0805], [0.0469, 0.5531]],
    "filter_cnn": [[0.2625, 0.1375], [0.1011, 0.4989]],
    "classifier": [
        [0.1275, 0.01, 0.0118, 0.0038, 0.0102, 0.0033],
        [0.0113, 0.1193, 0.0075, 0.0197, 0.0062, 0.0027],
        [0.0088, 0.0078, 0.136, 0.0032, 0.0067, 0.0042],
        [0.0055, 0.0233, 0.0067, 0.1238, 0.0022, 0.0052],
        [0.0057, 0.0092, 0.0055, 0.0027, 0.143, 0.0007],
        [0.0064, 0.0062, 0.0092, 0.0062, 0.001, 0.1378],
    ],
    "classifier_tiny": [
        [0.1034, 0.0118, 0.0192, 0.01, 0.0152, 0.0072],
        [0.0193, 0.0837, 0.0088, 0.0345, 0.0113, 0.009],
        [0.0162, 0.0118, 0.1013, 0.0062, 0.016, 0.0152],
        [0.0122, 0.0355, 0.0085, 0.0987, 0.0027, 0.0092],
        [0.014, 0.013, 0.0093, 0.0047, 0.1248, 0.0008],
        [0.0093, 0.0093, 0.0125, 0.0123, 0.0008, 0.1223],
    ],
}
ANIMALS = ["bird", "cat", "deer", "dog", "frog", "horse"]
FILTER_DAG = """\
System:
  name: filter_classifier_app
  components: ['filter_fcn', 'classifier']
  alternative_components:
    filter_fcn: ['filter_cnn']
    classifier: ['classifier_tiny']
  dependencies: [['filter_fcn', 'classifier', 0.6336]]
"""
SAID = {
    "filter_fcn": "@annotation({'component_name': {'name': 'filter_fcn'}, 'exec_time': {'local_time_thr': 20},\n"
    "             'model_performance': {'filtered_class': 'object'}, 'expected_throughput': {'rate': 1}})",
    "filter_cnn": "@annotation({'component_name': {'name': 'filter_cnn'}, 'exec_time': {'local_time_thr': 20}})",
    "classifier": "@component_name(name='classifier')\n@exec_time(10, 25, ['filter_fcn'])\n"
    "@model_performance(metric='average_f1', metric_thr=0.5)",
    "classifier_tiny": "@component_name(name='classifier_tiny')\n@exec_time(local_time_thr=5)",
}


def filter_application(folder: Path, **changed: str | bytes) -> Path:
    """Write the filter and the classifier, each with one alternative."""
    contents: dict[str, str | bytes] = {
        **CONFIGURATION,
        "common_config/application_dag.yaml": FILTER_DAG,
        "common_config/candidate_deployments.yaml": "Components:\n"
        + candidate("component1", "filter_fcn")
        + candidate("component2", "classifier", "[2]", "[VM2]"),
    }
    for name, said in SAID.items():
        classes = ["object", "animal"] if "filter" in name else ANIMALS
        below = f"src/{name}/classification_performance"
        contents[f"src/{name}/main.py"] = f"from functions.annotations import *\n\n\n{said}\ndef main(args): ...\n"
        contents[f"{below}/confusion_matrix.npy"] = npy(MATRICES[name])
        rows = "".join(f"{index},{each},{index}\n" for index, each in enumerate(classes))
        contents[f"{below}/class_names_dictionary.csv"] = f",class,index\n{rows}"
    return write({**contents, **changed}, folder / "filter_classifier_app")


def npy(values: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values))
    return file.getvalue()
