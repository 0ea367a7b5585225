"""The template ``masks``: two functions of noria's own, as components that are placed and measured."""

from collections.abc import Mapping

PHOTO = "oscarp/input_files/photo.png"
"""What is sent in a campaign; no picture comes with noria."""

_DAG = """\
System:
  name: "{name}"
  components: [blur-faces, mask-detect]        # noria's own functions; any other name would be yours
  dependencies: [[blur-faces, mask-detect, 1]]
"""
_CANDIDATES = """\
Components:
  component1:
    name: blur-faces
    candidateExecutionLayers: [1, 2]
    Containers:
      container1:
        image: localhost:5001/blur-faces:0.1.0
        memorySize: 1024                       # MB
        computingUnits: 1
        candidateExecutionResources: [Edge1, VM1]
  component2:
    name: mask-detect
    candidateExecutionLayers: [3]
    Containers:
      container1:
        image: localhost:5001/mask-detect:0.1.0
        memorySize: 1024
        computingUnits: 1
        candidateExecutionResources: [VM2]
"""
_RUN_PARAMETERS = """\
input_files:
  filename: photo.png                          # in oscarp/input_files/
synchronous:
  distribution: exponential
  intervals:
    - throughput: 30                           # requests a minute
      number_of_threads: 16
      duration_seconds: 18
    - throughput: 60
      number_of_threads: 16
      duration_seconds: 16
components:
  component1:
    parallelism: [2, 1]                        # workers, one run after the other
  component2:
    parallelism: [1, 1]
run:
  test_synchronously: true
  campaign_dir: TEST
"""
_MAIN = '''\
"""{does}

On this machine and in its image the function runs by itself; this file runs it by hand, and says how long it may take.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

from functions.annotations import component_name, exec_time{imports}
from functions.runtime.errors import Rejected
from functions.runtime.function import load
from functions.runtime.invoke import invoke

BAD_INPUT = 65  # exit code: the object is wrong and stays so


@component_name(name="{component}")
{annotations}
def main(args):
    target = pathlib.Path(args["output"])
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = invoke(load("{component}"), pathlib.Path(args["input"]), pathlib.Path(folder), environ=os.environ)
        except Rejected as error:
            print(error, file=sys.stderr)
            sys.exit(BAD_INPUT)
        for file in done.outputs:
            own = target if file.name.endswith("{result}") else target.with_suffix("{beside}")
            shutil.move(file, own)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    main(vars(parser.parse_args()))
'''
_BLUR = {
    "does": "Blurs every face on a photo; beside it goes what was found, <output>.faces.json.",
    "component": "blur-faces",
    "imports": ", expected_throughput",
    "annotations": "@exec_time(local_time_thr=3)\n@expected_throughput(rate=1)",
    "result": ".blurred.png",
    "beside": ".faces.json",
}
_MASKS = {
    "does": "Tells which of the faces that blur-faces found wear a mask: JSON, and a picture beside it.",
    "component": "mask-detect",
    "imports": "",
    "annotations": '@exec_time(local_time_thr=2, global_time_thr=4, prev_components=["blur-faces"])',
    "result": ".masks.json",
    "beside": ".masks.png",
}


def _main(fields: Mapping[str, str]) -> str:
    text = _MAIN
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", value)
    return text


TEXTS: Mapping[str, str] = {
    "common_config/application_dag.yaml": _DAG,
    "common_config/candidate_deployments.yaml": _CANDIDATES,
    "oscarp/run_parameters.yaml": _RUN_PARAMETERS,
    "src/blur-faces/main.py": _main(_BLUR),
    "src/blur-faces/requirements.txt": "# Those of noria's own function: pip install --group blur-faces\n",
    "src/mask-detect/main.py": _main(_MASKS),
    "src/mask-detect/requirements.txt": "# Those of noria's own function: pip install --group mask-detect\n",
}
