"""Pipelines of public systems, outside the repository: each loads, or is refused for a reason that is known."""

import re
from pathlib import Path

import pytest

import fdl

CASES = Path(__file__).parents[4] / "shared" / "cases"

# OSCAR decodes vo and variables as text too, so these cannot be deployed before a person fills them in.
PLACEHOLDER = "is a list, not text; was it a placeholder to fill in?"

REFUSED = {
    "oscar/examples/dog-breed-detector/dog-breed.yaml": rf"line 9: vo {re.escape(PLACEHOLDER)}",
    "oscar/examples/fire-detection/fire_detection.yaml": rf"AWS_ACCESS_KEY_ID {re.escape(PLACEHOLDER)}",
    "oscar/examples/fire-detection/fire_detection_replicas.yaml": rf"line 50: .*TOPIC_ARN {re.escape(PLACEHOLDER)}",
    "oscar/examples/kserve-isvc-sklearn/isvc-sklearn.yaml": "is a Kubernetes InferenceService, not FDL",
    "oscar/examples/kserve-isvc-yolo/minio-access.yaml": "line 17: a second document begins here",
    "oscar/examples/kserve-isvc-yolo/onnx-yolo.yaml": "is a Kubernetes InferenceService, not FDL",
    "oscar/examples/kserve-llmisvc-lightLLM/llmisvc-hf-light-5gi.yaml": "is a Kubernetes LLMInferenceService, not FDL",
    "oscar/examples/rucio/rucio-dataflow.yaml": "has no functions",  # a dataflow of NiFi
    "scar/examples/cowsay-ecr/function_config.yaml": "has no functions",  # what SCAR leaves in the function's image
    "scar/fdl-example.yaml": 'line 56: timeout_threshold" is not a field .*; did you mean timeout_threshold\\?',
    "scar/test/functional/parser/fdl.yaml": "functions is a list, as in an older format of SCAR",
    "scar/video-process.yaml": "line 5: image is not a field of lambda .*line 29: s3 is a list, not a mapping",
}


def case_files() -> list[str]:
    found = [path for system in ("oscar", "scar") for path in sorted((CASES / system).rglob("*.yaml"))]
    return [str(path.relative_to(CASES)) for path in found] or ["none"]


@pytest.mark.parametrize("name", case_files())
def test_a_public_pipeline_loads_or_is_refused_for_a_known_reason(name: str) -> None:
    if name == "none":
        pytest.skip("../shared is not here")
    if name in REFUSED:
        with pytest.raises(fdl.FdlError, match=REFUSED[name]):
            fdl.load(CASES / name)
        return

    pipeline = fdl.load(CASES / name)

    assert pipeline.services
    assert [problem for problem in fdl.check([pipeline]) if problem.level == "error"] == []


def test_every_reason_is_of_a_case_that_is_there() -> None:
    if not CASES.exists():
        pytest.skip("../shared is not here")
    assert set(case_files()) >= set(REFUSED)


def test_scar_s_own_example_loads_once_its_stray_quote_is_gone() -> None:
    example = CASES / "scar" / "fdl-example.yaml"
    if not example.exists():
        pytest.skip("../shared is not here")

    pipeline = fdl.loads(example.read_text().replace('threshold":', "threshold:"))

    aws, oscar = sorted(pipeline.services, key=lambda service: service.platform)
    assert (aws.name, aws.image, aws.script) == ("function1", "jrottenberg/ffmpeg:4.1-ubuntu", "ffmpeg-script.sh")
    assert (oscar.name, oscar.memory) == ("service1", 2**30)
    assert aws.outputs[0].takes("result-1.wav")
    assert not aws.outputs[0].takes("1.wav")
