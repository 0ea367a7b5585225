"""The rest of the small application of ``continuum_samples``: graph, resources, deployments, what is there already."""

from collections.abc import Mapping
from pathlib import Path

from functions.continuum.application import NAMES, PLACES
from tests.continuum_samples import (
    ANNOTATIONS,
    DATA_SIZES,
    DEPLOYMENTS_PERFORMANCE,
    MULTI_CLUSTER_QOS,
    OPTIMISER_SETTINGS,
    PERFORMANCE_MODELS,
    QOS,
    RUN_PARAMETERS,
)

DAG = """\
System:
  name: app
  components: [filter, classifier]
  alternative_components:
    filter: [filter_small]
    classifier: [classifier_tiny]
  dependencies: [[filter, classifier, 0.6336]]
"""

RESOURCES = """\
System:
  name: Resources
  NetworkDomains:
    ND1:
      name: At home
      AccessDelay: 0.01
      Bandwidth: 40000
      subNetworkDomains: []
      ComputationalLayers:
        computationalLayer1:
          name: Edge
          number: 1
          type: PhysicalAlreadyProvisioned
          Resources:
            resource1:
              name: Pi
              totalNodes: 3
              description: Raspberry Pi 4
              cost: 0.6
              memorySize: 4096
              operatingSystemDistribution: Raspbian
              operatingSystemType: Linux
              operatingSystemVersion: 10
              operatingSystemImageId: ""
              secureBoot: string
              measuredBoot: string
              storageSize: 64GB
              storageType: flash
              processors:
                processor1:
                  name: BCM2711
                  type: Cortex-A72
                  architecture: arm64
                  computingUnits: 4
                  internalMemory: 4
                  SGXFlag: False
        computationalLayer2:
          name: Cloud
          number: 2
          type: Virtual
          Resources:
            resource1:
              name: VM1
              totalNodes: 4
              description: in Ireland
              flavorName: m5.large
              cost: 0.675
              memorySize: 8192
              storageSize: 25
              storageType: SSD
              operatingSystem:
                Distribution: Ubuntu
                Type: Linux
                Version: 22.04
                ImageId: aws://us-east-1/ami-1
              secureBoot: string
              measuredBoot: string
              onSpot: True
              processors:
                processor1: {name: Xeon, architecture: amd64, computingUnits: 2}
                processor2: {name: Xeon, architecture: amd64, computingUnits: 4, SGXFlag: True}
              accelerators:
                accelerator1:
                  name: one card
                  powerDraw: 250
                  processors:
                    processor1: {type: GPU, architecture: NVIDIA A100, computingUnits: 1}
            resource2: {name: VM2, totalNodes: 2, cost: 1.2, memorySize: 16384}
    ND2:
      AccessDelay: 0.02
      Bandwidth: 10000
      subNetworkDomains: [ND1]
      ComputationalLayers:
        computationalLayer3:
          number: 3
          type: NativeCloudFunction
          transition_cost: 0.026
          Resources:
            resource1:
              name: F1
              description: AWS Lambda
              architecture: amd64
              cost: 0.0001561
              memorySize: 8192
              storageSize: 0.512
              region: eu-south-1
              idleTime: 600
              transitionCost: 0.02625
            resource2: {name: F2, cost: 0.0003, memorySize: 10240, idleTime: 600}
"""

DEPLOYMENTS = """\
Components:
  component1:
    name: filter
    candidateExecutionLayers: [1, 2]
    Containers:
      container1:
        image: registry.example.org/filter:tag
        memorySize: 2048
        computingUnits: 0.9
        trustedExecution: False
        networkProtection: False
        fileSystemProtection: False
        GPURequirement: False
        candidateExecutionResources: [Pi]
      container2:
        image: registry.example.org/filter:big
        memorySize: 4096
        computingUnits: 1.9
        candidateExecutionResources: [VM1]
  component1_partitionX_1:
    name: filter_partitionX_1
    candidateExecutionLayers: [1]
    Containers:
      container1:
        image: registry.example.org/filter_partitionX_1:tag
        memorySize: 1024
        computingUnits: 0.9
        candidateExecutionResources: [Pi]
  component1_partitionX_2:
    name: filter_partitionX_2
    candidateExecutionLayers: [2]
    Containers:
      container1:
        image: [registry.example.org/filter_partitionX_2:amd64, registry.example.org/filter_partitionX_2:arm64]
        memorySize: 1024
        computingUnits: 0.9
        candidateExecutionResources: [VM1]
  component2:
    name: classifier
    candidateExecutionLayers: [3, 2]
    Containers:
      container1:
        image:
        memorySize: 4096
        computingUnits: 0.9
        GPURequirement: True
        candidateExecutionResources: [F1, F2, VM1]
  component1_alternative1:
    name: filter_small
    candidateExecutionLayers: [1]
    Containers:
      container1: {memorySize: 256, computingUnits: 0.5, candidateExecutionResources: [Pi]}
  component2_alternative1:
    name: classifier_tiny
    candidateExecutionLayers: [2]
    Containers:
      container1: {memorySize: 512, computingUnits: 0.5, candidateExecutionResources: [VM1]}
"""

PARTITIONS = """\
components:
  filter:
    partitions: [base, partition1_2, partition1_1]
  classifier:
    partitions: [base]
"""

CONTAINERS = """\
components:
  filter:
    docker_images: [registry.example.org/apps/filter_base_amd64:latest]
"""

PHYSICAL_NODES = """\
ComputationalLayers:
  computationalLayer1:
    number: 1
    Resources:
      resource1:
        name: Pi
        fe_node: {public_ip: 158.42.1.1, private_ip: 192.168.1.2, ssh_user: user, ssh_key: key of the front end}
        wns:
        - {private_ip: 192.168.1.3, ssh_user: user, ssh_key: key of a worker}
        minio: {endpoint: "https://minio.example.org", access_key: minio, secret_key: open sesame}
        oscar: {name: oscar-test}
        influx: {endpoint: "https://influx.example.org", token: token of influx}
  computationalLayer3:
    number: 3
    Resources:
      resource1:
        name: F1
        aws: {bucket: test1, region: us-east-1, access_key: ak, secret_key: sk}
"""

PRODUCTION = """\
System:
  DeploymentName: deployment1
  name: Resources
  NetworkDomains:
    ND1:
      name: At home
      AccessDelay: 0.01
      Bandwidth: 40000
      ComputationalLayers:
        computationalLayer1:
          number: 1
          type: PhysicalAlreadyProvisioned
          Resources:
            resource1: {name: Pi, totalNodes: 2, cost: 0.6, memorySize: 4096}
        computationalLayer2:
          number: 2
          type: Virtual
          Resources:
            resource1: {name: VM1, totalNodes: 1, cost: 0.675, memorySize: 8192}
  Components:
    component1:
      name: filter
      executionLayer: 1
      Containers:
        container1:
          image: registry.example.org/filter:tag
          memorySize: 2048
          computingUnits: 0.9
          selectedExecutionResource: Pi
    component2:
      name: classifier
      executionLayer: 2
      Containers:
        container1: {memorySize: 4096, computingUnits: 0.9, selectedExecutionResource: VM1}
"""

FILES: Mapping[str, str] = {
    "dag": DAG,
    "resources": RESOURCES,
    "deployments": DEPLOYMENTS,
    "qos": QOS,
    "annotations": ANNOTATIONS,
    "partitions": PARTITIONS,
    "containers": CONTAINERS,
    "data_sizes": DATA_SIZES,
    "performance_models": PERFORMANCE_MODELS,
    "run_parameters": RUN_PARAMETERS,
    "settings": OPTIMISER_SETTINGS,
    "degraded": DEPLOYMENTS_PERFORMANCE,
    "multi_cluster_qos": MULTI_CLUSTER_QOS,
    "physical_nodes": PHYSICAL_NODES,
    "production": PRODUCTION,
}
"""Every file of the application, by the field of ``Application`` that it fills."""


def guide_form(production: str) -> str:
    """Give a production deployment as the guide has it, the networks below ``Resources``."""
    networks, components = production.removeprefix("System:\n  DeploymentName: deployment1\n").split("  Components:\n")
    indented = "".join(f"  {line}\n" for line in networks.splitlines())
    return f"System:\n  Components:\n{components}  Resources:\n{indented}"


def write_files(folder: Path, files: Mapping[str, str] = FILES, *, tree: bool = False) -> Path:
    """Write an application's files into a folder, flat or where AI-SPRINT has them; give the folder."""
    for part, text in files.items():
        path = folder / (PLACES[part][0] if tree else NAMES[part])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
