"""The template ``texts``: two small components in plain Python, which run anywhere."""

from collections.abc import Mapping

_DAG = """\
System:
  name: "{name}"
  components: [prepare, classify]
  dependencies: [[prepare, classify, 1]]       # from, to, how likely a request goes on there
"""
_CANDIDATES = """\
Components:
  component1:
    name: prepare
    candidateExecutionLayers: [1, 2]
    Containers:
      container1:
        image: registry.example.org/{image}/prepare
        memorySize: 512                        # MB
        computingUnits: 1
        candidateExecutionResources: [Edge1, VM1]
  component2:
    name: classify
    candidateExecutionLayers: [3]
    Containers:
      container1:
        image: registry.example.org/{image}/classify
        memorySize: 1024
        computingUnits: 1
        candidateExecutionResources: [VM2]
"""
_RUN_PARAMETERS = """\
input_files:
  filename: question.txt                       # in oscarp/input_files/
synchronous:
  intervals:
    - throughput: 60                           # requests a minute
      number_of_threads: 8
      duration_seconds: 6
    - throughput: 120
      number_of_threads: 8
      duration_seconds: 4
components:
  component1:
    parallelism: [2, 1]                        # workers, one run after the other
  component2:
    parallelism: [2, 1]
run:
  test_synchronously: true
  campaign_dir: TEST
"""
_PREPARE = '''\
"""Makes a text ready: one word a line, in small letters."""

import argparse
import pathlib
import sys

from functions.annotations import component_name, exec_time, expected_throughput

BAD_INPUT = 65  # exit code: the object is wrong and stays so. With any other than 0 it is tried again later.


@component_name(name="prepare")
@exec_time(local_time_thr=2)
@expected_throughput(rate=0.5)
def main(args):
    try:
        words = pathlib.Path(args["input"]).read_text(encoding="utf-8").lower().split()
    except UnicodeDecodeError:
        print("this is no text", file=sys.stderr)
        sys.exit(BAD_INPUT)
    pathlib.Path(args["output"]).write_text("\\n".join(words))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    main(vars(parser.parse_args()))
'''
_CLASSIFY = '''\
"""Says of what kind a text is."""

import argparse
import json
import pathlib

from functions.annotations import component_name, exec_time

# With a network: put it into onnx/, add @partitionable_model(onnx_file="classifier.onnx"), and run it in one statement,
# tensors, result = load_and_inference(args["onnx_file"], inputs), of functions.partitioning.inference; then give
# classify_partitionX_1 and classify_partitionX_2 their places in candidate_deployments.yaml.


@component_name(name="classify")
@exec_time(local_time_thr=5, global_time_thr=8, prev_components=["prepare"])
def main(args):
    words = pathlib.Path(args["input"]).read_text().split()
    kind = "question" if "?" in "".join(words) else "statement"
    pathlib.Path(args["output"]).write_text(json.dumps({"kind": kind, "words": len(words)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    main(vars(parser.parse_args()))
'''
_REQUIREMENTS = "# Python packages of this component; noria's own are in its base image.\n"
TEXTS: Mapping[str, str] = {
    "common_config/application_dag.yaml": _DAG,
    "common_config/candidate_deployments.yaml": _CANDIDATES,
    "oscarp/run_parameters.yaml": _RUN_PARAMETERS,
    "oscarp/input_files/question.txt": "Is a noria a wheel of buckets that is turned by a stream ?\n",
    "src/prepare/main.py": _PREPARE,
    "src/prepare/requirements.txt": _REQUIREMENTS,
    "src/classify/main.py": _CLASSIFY,
    "src/classify/requirements.txt": _REQUIREMENTS,
}
