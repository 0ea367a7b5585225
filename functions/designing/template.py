"""A new application: annotated components and all files that noria's verbs read, for a person to change."""

import re
from collections.abc import Mapping

from functions.designing import template_masks, template_texts
from functions.designing.pipeline import application_slug, bucket_of
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
FOLDERS = (
    "aisprint/deployments",
    "aisprint/designs",
    "aisprint/logs",
    "ams",
    "im",
    "oscar",
    "oscarp/input_files",
    "pycompss",
    "space4ai-d",
    "space4ai-r",
)
"""Folders of AI-SPRINT's tree that are empty at first."""

_README = """\
# {name}

Components lie below `src/`, each with a function `main` in its `main.py`; what stands above it says what it is called
and how long it may take. `common_config/` says what follows what, and on what it may run.

    noria design {name}                        # checks all of it; writes annotations, designs, deployments, a pipeline
    noria profile {name}                       # measures it on this machine, as oscarp/run_parameters.yaml says
    noria fit {name}                           # learns from that how long a request takes
    noria optimize {name} --load 1 --output placed   # finds the cheapest deployment that is fast enough
    noria up --detach {name}/oscar/{name}.yaml # and runs it: noria put FILE {bucket} --wait
"""
_RESOURCES = """\
System:
  name: "{name}"
  NetworkDomains:
    ND1:
      name: Edge and cloud                     # this machine stands for both: nothing is far
      AccessDelay: 0.001                       # seconds
      Bandwidth: 10000000                      # kbit/s
      subNetworkDomains: []
      ComputationalLayers:
        computationalLayer1:
          name: Edge
          number: 1
          type: PhysicalAlreadyProvisioned
          Resources:
            resource1:
              name: Edge1
              totalNodes: 2                    # on this machine: workers at most
              description: a small computer beside the camera
              cost: 0.1                        # an hour
              memorySize: 4096                 # MB
              processors:
                processor1:
                  name: ARM
                  architecture: arm64
                  computingUnits: 1
        computationalLayer2:
          name: Cloud
          number: 2
          type: Virtual
          Resources:
            resource1:
              name: VM1
              totalNodes: 2
              description: t3.medium
              cost: 0.17
              memorySize: 4096
              processors:
                processor1:
                  name: Xeon
                  architecture: amd64
                  computingUnits: 1
        computationalLayer3:
          name: Cloud behind it
          number: 3
          type: Virtual
          Resources:
            resource1:
              name: VM2
              totalNodes: 2
              description: t3.medium
              cost: 0.17
              memorySize: 4096
              processors:
                processor1:
                  name: Xeon
                  architecture: amd64
                  computingUnits: 1
"""
_SETTINGS = """\
Time: 1                                        # hours that the cost is for
Seed: 1
VerboseLevel: 0
EdgeResources: [computationalLayer1]
CloudResources: [computationalLayer2, computationalLayer3]
FaaSResources: []
Methods:
  method1:
    name: RandomGreedy
    iterations: 1000
    duration: 10
"""
_SHARED: Mapping[str, str] = {
    "README.md": _README,
    "common_config/candidate_resources.yaml": _RESOURCES,
    "space4ai-d/SPACE4AI-D.yaml": _SETTINGS,
}
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "texts": {**_SHARED, **template_texts.TEXTS},
    "masks": {**_SHARED, **template_masks.TEXTS},
}
_FIRST: Mapping[str, str] = {"texts": "prepare", "masks": "blur-faces"}


def template(name: str, kind: str = "texts") -> dict[str, str]:
    """Give the files of a new application: path -> text.

    Raises:
        Rejected: The name is none that a folder, an image and a cluster can have, or there is no such template.
    """
    if kind not in TEMPLATES:
        raise Rejected(
            f"there is no template {kind}{nearest(kind, TEMPLATES)}", hint=f"there are {', '.join(TEMPLATES)}"
        )
    if not _NAME.fullmatch(name):
        said = f"{name!r} is no name for an application"
        raise Rejected(said, hint="use letters, digits, _ and -, such as my-app")
    bucket = f"{bucket_of(application_slug(name), _FIRST[kind])}/input/"
    fields = {"{name}": name, "{image}": name.lower(), "{bucket}": bucket}
    return {path: _filled(text, fields) for path, text in TEMPLATES[kind].items()}


def _filled(text: str, fields: Mapping[str, str]) -> str:
    for field, value in fields.items():
        text = text.replace(field, value)
    return text
