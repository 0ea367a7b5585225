"""A small application as its files describe it, the same as one system file, and training jobs."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

DAG = """\
System:
  name: masks
  components: [blur, detect]
  dependencies: [[blur, detect, 0.8]]
"""

RESOURCES = """\
System:
  name: masks
  NetworkDomains:
    ND1:
      name: everywhere
      AccessDelay: 0.001
      Bandwidth: 40000
      subNetworkDomains: []
      ComputationalLayers:
        computationalLayer1:
          name: edge
          number: 1
          type: PhysicalAlreadyProvisioned
          Resources:
            resource1: {name: Pi, totalNodes: 4, description: Raspberry Pi 4, cost: 0.4, memorySize: 4096, PROCESSOR}
        computationalLayer2:
          name: cloud
          number: 2
          type: Virtual
          Resources:
            resource1: {name: VM1, totalNodes: 5, description: small, cost: 1.0, memorySize: 8192, PROCESSOR}
            resource2: {name: VM2, totalNodes: 5, description: large, cost: 2.5, memorySize: 16384, PROCESSOR}
""".replace(
    "PROCESSOR",
    "storageSize: 64, storageType: SSD, operatingSystemDistribution: Ubuntu, operatingSystemType: Linux, "
    'operatingSystemVersion: 22.04, operatingSystemImageId: "one://site/1", secureBoot: false, measuredBoot: false, '
    "onSpot: false, processors: {processor1: {name: Xeon, type: SkyLake, architecture: amd64, computingUnits: 4, "
    "internalMemory: 64, SGXFlag: false}}",
)

DEPLOYMENTS = """\
Components:
  component1:
    name: blur
    candidateExecutionLayers: [1, 2]
    Containers:
      container1: {image: registry/blur, memorySize: 1024, computingUnits: 0.9, candidateExecutionResources: [Pi]}
      container2: {image: registry/blur, memorySize: 1024, computingUnits: 0.9, candidateExecutionResources: [VM1, VM2]}
  component2:
    name: detect
    candidateExecutionLayers: [1, 2]
    Containers:
      container1: {image: registry/detect, memorySize: 2048, computingUnits: 0.9, candidateExecutionResources: [Pi]}
      container2: {image: registry/detect, memorySize: 2048, computingUnits: 1, candidateExecutionResources: [VM1, VM2]}
"""

DEMANDS: Mapping[str, Mapping[str, float]] = {
    "blur": {"Pi": 0.6, "VM1": 0.3, "VM2": 0.15},
    "detect": {"Pi": 1.5, "VM1": 0.5, "VM2": 0.2},
}

PERFORMANCE = json.dumps(
    {
        name: {
            name: {
                resource: {"model": "QTedge" if resource == "Pi" else "QTcloud", "demand": demand}
                for resource, demand in demands.items()
            }
        }
        for name, demands in DEMANDS.items()
    },
    indent=1,
)

QOS = """\
system:
  name: masks
  local_constraints:
    local_constraint_1: {component_name: blur, threshold: 2.0}
  global_constraints:
    global_constraint_1: {path_components: [blur, detect], threshold: 3.0}
  throughput_component: {}
"""

SIZES = "blur: 500\ndetect: 10\n"

REQUEST = "load: 1.5\n"

FLAT: Mapping[str, str] = {
    "application_dag.yaml": DAG,
    "candidate_resources.yaml": RESOURCES,
    "candidate_deployments.yaml": DEPLOYMENTS,
    "performance_models.json": PERFORMANCE,
    "qos_constraints.yaml": QOS,
    "components_data_size.yaml": SIZES,
    "optimize.yaml": REQUEST,
}
"""Every file of the application in one folder."""

TINY = {
    "Pi": {"model": "QTedge", "demand": 0.05},
    "VM1": {"model": "QTcloud", "demand": 0.02},
    "VM2": {"model": "QTcloud", "demand": 0.01},
}

DEGRADED: Mapping[str, str] = {
    **FLAT,
    "application_dag.yaml": DAG + "  alternative_components: {detect: [tiny]}\n",
    "candidate_deployments.yaml": DEPLOYMENTS
    + """\
  component3:
    name: tiny
    candidateExecutionLayers: [1, 2]
    Containers:
      container1: {image: r/tiny, memorySize: 512, computingUnits: 1, candidateExecutionResources: [VM1, VM2, Pi]}
""",
    "performance_models.json": json.dumps({**json.loads(PERFORMANCE), "tiny": {"tiny": TINY}}),
    "components_data_size.yaml": SIZES + "tiny: 10\n",
    "deployments_performance.yaml": """\
System:
  metric_name: average_f1
  metric_thr: 0.5
  sorted_deployments_performance:
    - whole: {components: [blur, detect], dependencies: [[blur, detect, 0.8]], metric_value: 0.9}
    - small: {components: [blur, tiny], dependencies: [[blur, tiny, 0.8]], metric_value: 0.6}
""",
}
"""The same application with a component that does the work of another less well, and bears more."""

TREE: Mapping[str, str] = {
    {
        "performance_models.json": "oscarp/performance_models.json",
        "components_data_size.yaml": "oscarp/components_data_size.yaml",
        "qos_constraints.yaml": "aisprint/deployments/base/ams/qos_constraints.yaml",
        "optimize.yaml": "common_config/optimize.yaml",
    }.get(name, f"common_config/{name}"): text
    for name, text in FLAT.items()
}
"""The same as AI-SPRINT's tree."""

JOBS: Mapping[str, str] = {
    "Lof_Selectjobs.csv": dedent("""\
        Application,Images,Epochs,Batchsize,Jobs,UniqueJobsID,SubmissionTime,Deadline,Tardinessweight,MinExecTime,MaxExecTime
        CNN,1000,10,32,A,J1,0,4000,0.01,1000,3600
        CNN,1000,10,32,B,J2,60,3000,0.02,1200,3900
        """),
    "SelectJobs_times.csv": dedent("""\
        UniqueJobsID,VMtype,GpuType,GpuNumber,maxGpuNumber,cost,ExecutionTime
        J1,vm1,K80,1,2,1.8,3600
        J1,vm1,K80,2,2,1.8,1900
        J2,vm1,K80,1,2,1.8,3900
        J2,vm1,K80,2,2,1.8,2100
        """),
    "tNodes.csv": "Nodes,VMtype,GpuType,maxGpuNumber\nn1,vm1,K80,2\nn2,vm1,K80,2\n",
}


def system(*, load: float = 1.5, limit: float = 3.0) -> dict[str, Any]:
    """Give the application as one system in today's dialect; ``limit`` in seconds for both components together."""
    node = {"description": "", "memory": 8192, "n_cores": 4}
    memory = {"blur": 1024, "detect": 2048}
    return {
        "Components": {
            "blur": {"s1": {"h1": {"next": ["detect"], "early_exit_probability": 0, "data_size": [500]}}},
            "detect": {"s1": {"h1": {"next": [], "early_exit_probability": 0, "data_size": []}}},
        },
        "EdgeResources": {"edge": {"Pi": {**node, "number": 4, "cost": 0.4}}},
        "CloudResources": {
            "cloud": {"VM1": {**node, "number": 5, "cost": 1.0}, "VM2": {**node, "number": 5, "cost": 2.5}}
        },
        "CompatibilityMatrix": {
            name: {"h1": [{"resource": resource, "memory": memory[name]} for resource in demands]}
            for name, demands in DEMANDS.items()
        },
        "Performance": {
            name: {
                "h1": {
                    resource: {"model": "QTedge" if resource == "Pi" else "QTcloud", "demand": demand}
                    for resource, demand in demands.items()
                }
            }
            for name, demands in DEMANDS.items()
        },
        "Lambda": load,
        "LocalConstraints": {"blur": {"local_res_time": 2.0}},
        "GlobalConstraints": {"p1": {"components": ["blur", "detect"], "global_res_time": limit}},
        "NetworkTechnology": {
            "ND1": {"computationalLayers": ["edge", "cloud"], "AccessDelay": 0.001, "Bandwidth": 40000}
        },
        "DirectedAcyclicGraph": {
            "blur": {"next": ["detect"], "transition_probability": [0.8]},
            "detect": {"next": [], "transition_probability": []},
        },
        "Time": 1,
    }


def system_text(*, load: float = 1.5, limit: float = 3.0) -> str:
    """Give the system's file."""
    return json.dumps(system(load=load, limit=limit))


def write(files: Mapping[str, str], folder: Path) -> Path:
    """Write files into a folder, and give it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
