"""What is written for Kubernetes is what its own schemas, and Knative's, take."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from tests.unit.platforms.knative_target import ROOT, Manifest, manifests, target

CRDS = Path(__file__).parents[4] / "shared" / "cases" / "knative-crds"
VERSION = "1.34"
DEFINITIONS = {
    ("serving.knative.dev/v1", "Service"): "serving-service.yaml",
    ("eventing.knative.dev/v1", "Trigger"): "eventing-trigger.yaml",
    ("sources.knative.dev/v1", "SinkBinding"): "eventing-sinkbindings.yaml",
}


def closed(schema: Any) -> Any:
    """Make JSON Schema of a CRD's: what is not named is refused, an int-or-string is either, nullable is null too."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(each) for name, each in schema.items() if not name.startswith("x-")}
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
        made.pop("anyOf", None)
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and not is_open and schema.get("type") == "object":
        made["additionalProperties"] = False
    if schema.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def definition(manifest: Manifest) -> Any:
    file = CRDS / DEFINITIONS[manifest["apiVersion"], manifest["kind"]]
    if not file.is_file():
        pytest.skip(f"no {file}: Knative's definitions are in ../shared")
    versions = {each["name"]: each for each in yaml.safe_load(file.read_text())["spec"]["versions"]}
    schema = closed(versions["v1"]["schema"]["openAPIV3Schema"])
    for name in ("apiVersion", "kind", "metadata"):
        schema["properties"][name] = {}
    return schema


@pytest.mark.parametrize("plain", [False, True], ids=["knative", "plain"])
def test_kubernetes_own_schemas_take_every_object(plain: bool) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install --group test").validate
    ours = [
        m for m in manifests(target(plain=plain)) if "knative" not in m["apiVersion"] and "keda" not in m["apiVersion"]
    ]

    for manifest in ours:
        validate(manifest, VERSION, strict=True)

    assert {each["kind"] for each in ours} == {"ConfigMap", "ServiceAccount", "NetworkPolicy", "Deployment"}


@pytest.mark.parametrize("plain", [False, True], ids=["knative", "plain"])
@pytest.mark.parametrize("file", sorted((ROOT / "fdl").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_pipeline_of_ours_can_be_deployed(file: Path, plain: bool) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install --group test").validate

    found = manifests(target(file, plain=plain))

    for each in found:
        if each["kind"] in {"ConfigMap", "Deployment", "NetworkPolicy"}:
            validate(each, VERSION, strict=True)
    assert {each["metadata"]["namespace"] for each in found} == {"noria"}


def test_knatives_definitions_take_its_services_and_bindings() -> None:
    both = [*manifests(target()), *manifests(target(eventing="default", nats_url=""))]
    theirs = [each for each in both if "knative" in each["apiVersion"]]

    problems = [str(p.message) for each in theirs for p in Draft202012Validator(definition(each)).iter_errors(each)]

    assert len(theirs) == 8
    assert problems == []


def test_knatives_definition_refuses_what_it_does_not_know() -> None:
    (service, *_) = [each for each in manifests(target()) if each["kind"] == "Service"]
    service["spec"]["template"]["spec"]["containerConcurrency"] = "1"
    service["spec"]["template"]["spec"]["timeout_seconds"] = 5

    problems = {str(each.message) for each in Draft202012Validator(definition(service)).iter_errors(service)}

    assert len(problems) == 2


def test_what_knatives_webhook_asks_beyond_its_schema_is_held() -> None:
    """knative/serving, pkg/apis/serving/k8s_validation.go and fieldmask.go."""
    for manifest in [each for each in manifests(target()) if each["apiVersion"] == "serving.knative.dev/v1"]:
        pod = manifest["spec"]["template"]["spec"]
        (box,) = pod["containers"]
        volumes = {each["name"]: each for each in pod["volumes"]}
        mounts = {each["name"]: each for each in box["volumeMounts"]}

        assert set(volumes) == set(mounts)
        assert all(mounts[name].get("readOnly") for name, each in volumes.items() if "emptyDir" not in each)
        assert not {each["mountPath"] for each in box["volumeMounts"]} & {"/", "/dev", "/dev/log"}
        assert not {each["name"] for each in box["env"]} & {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
        assert [each["name"] for each in box["ports"]] == ["http1"]
        assert box["name"] != "queue-proxy"
        assert pod["automountServiceAccountToken"] is False
        assert "port" not in box["readinessProbe"]["httpGet"]
        assert pod["responseStartTimeoutSeconds"] <= pod["timeoutSeconds"] <= 600
