"""What runs where, and which of a component's images: from the files of an application."""

import pytest
import yaml

from functions.continuum.deployments import CandidateDeployments, read_deployments
from functions.continuum.designs import Containers
from functions.continuum.resources import CandidateResources, read_resources
from functions.provisioning.choices import drift_detector, images_of, of_candidates
from functions.runtime.errors import Rejected
from tests.unit.provisioning.landscape import LAYERS, written

# As toscarizer's own test has them.
IMAGES = Containers.model_validate(
    {
        "components": {
            "faces": {
                "docker_images": [
                    "docker.io/it/faces_base_arm64:latest",
                    "docker.io/it/faces_base_amd64:latest",
                    "docker.io/it/faces_partition1_2_amd64:latest",
                    "docker.io/it/faces_partition1_1_arm64:latest",
                ]
            },
            "masks": {
                "docker_images": [
                    "docker.io/it/masks_base_amd64:latest",
                    "000000000000.dkr.ecr.us-east-1.amazonaws.com/repo:masks_base_amd64",
                ]
            },
            "drift-detector": {"docker_images": ["docker.io/it/drift-detector_main_amd64:latest"]},
        }
    }
)


def test_a_part_has_its_own_image_and_a_whole_component_those_of_its_base() -> None:
    assert images_of("faces_partition1_2", IMAGES) == ("docker.io/it/faces_partition1_2_amd64:latest",)
    assert images_of("faces", IMAGES) == (
        "docker.io/it/faces_base_arm64:latest",
        "docker.io/it/faces_base_amd64:latest",
    )
    assert images_of("faces_partition2_1", IMAGES) == ()
    assert images_of("others", IMAGES) == images_of("faces", None) == ()


def test_the_detector_s_image_is_the_one_that_was_built() -> None:
    assert drift_detector(IMAGES) == "docker.io/it/drift-detector_main_amd64:latest"
    assert drift_detector(None) == ""


@pytest.mark.parametrize(
    ("resource", "image"),
    [
        ("VM1", "docker.io/it/masks_base_amd64:latest"),
        ("L1", "000000000000.dkr.ecr.us-east-1.amazonaws.com/repo:masks_base_amd64"),
    ],
)
def test_lambda_runs_the_image_that_lies_at_amazon(resource: str, image: str) -> None:
    several = ["docker.io/it/masks_base_arm64:latest", *IMAGES.components["masks"].docker_images]

    provision = written({"masks": (resource, {"image": several})})

    assert provision.services["masks"].image == image


def test_the_base_deployment_is_the_first_layer_s_first_candidate() -> None:
    resources, deployments = _candidates("Pi", "VM2", "VM1", layers=[3, 1])

    (choice,) = of_candidates(deployments, resources, ["faces"])

    assert choice.resource == "VM2"


def test_a_first_layer_without_a_candidate_is_refused_with_what_is_there() -> None:
    resources, deployments = _candidates("Pi", layers=[3, 1])

    with pytest.raises(Rejected, match="faces has layer 3 as its first and no candidate resource there") as refusal:
        of_candidates(deployments, resources, ["faces"])

    assert refusal.value.hint == "layer 3 has VM1, VM2"


def test_a_component_that_is_not_there_is_refused_with_the_nearest_that_is() -> None:
    resources, deployments = _candidates("Pi", layers=[1])

    with pytest.raises(Rejected, match=r"does not have face; did you mean faces\?"):
        of_candidates(deployments, resources, ["face"])


def _candidates(*resources: str, layers: list[int]) -> tuple[CandidateResources, CandidateDeployments]:
    networks = {"ND": {"AccessDelay": 0.01, "Bandwidth": 1000, "ComputationalLayers": LAYERS}}
    container = {"memorySize": 1024, "computingUnits": 1, "image": "it:1", "candidateExecutionResources": [*resources]}
    entry = {"name": "faces", "candidateExecutionLayers": layers, "Containers": {"one": container}}
    return (
        read_resources(yaml.safe_dump({"System": {"name": "all", "NetworkDomains": networks}})),
        read_deployments(yaml.safe_dump({"System": {"Components": {"c1": entry}}})),
    )
