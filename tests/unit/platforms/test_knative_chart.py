"""The chart in infra/ makes the same objects as noria deploy --to knative."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.platforms.knative import PLATFORM
from tests import pipelines
from tests.unit.platforms.knative_target import BROKER, MASKS, ROOT, Manifest, manifests, target

HELM = ROOT / ".venv" / "helm" / "helm"
CHART = ROOT / "infra" / "chart"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run helm with nothing of this person's."""
    if not os.access(HELM, os.X_OK):
        pytest.skip(f"no {HELM}: make test brings it")
    own = {name: str(folder) for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
    return subprocess.run([HELM, *arguments], env=own, capture_output=True, text=True, timeout=60, check=False)


def helm(folder: Path, *arguments: str | Path) -> str:
    """Run helm to a good end, and give what it prints."""
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def by_name(found: list[Manifest]) -> dict[tuple[str, str, str], Manifest]:
    return {(each["apiVersion"], each["kind"], each["metadata"]["name"]): each for each in found if each}


def rendered(folder: Path, values: str) -> list[Manifest]:
    """Give what the chart makes, as if whoever makes it were called noria and not Helm."""
    file = folder / "helm.values"
    file.write_text(values)
    text = helm(folder, "template", "masks", CHART, "--namespace", "noria", "-f", file)
    return list(yaml.safe_load_all(text.replace("managed-by: Helm", "managed-by: noria")))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"plain": True},
        {"plain": True, "store_url": "https://10.0.0.7", "nats_url": "tls://nats.example.org:4333,tls://10.0.0.8"},
        {"store_url": ""},
        {"plain": True, "store_url": "http://minio.storage.svc"},
        {"eventing": "default", "nats_url": ""},
    ],
    ids=["knative", "plain", "servers elsewhere", "aws", "mapped port", "triggers"],
)
def test_the_chart_makes_the_same_objects(tmp_path: Path, changed: dict[str, Any]) -> None:
    document = yaml.safe_load(
        pipelines.pipeline("copy", "copy-in/a", "copy-out/b", NORIA_RUNNERS="2", NORIA_TIME_LIMIT="7.5")
    )
    service = document["functions"]["oscar"][0]["local"]
    service["environment"]["secrets"] = {"HOOK_URL": "", "SIGNING_KEY_FILE": ""}
    service |= {"cpu": "300m", "ephemeral_storage_request": "2Gi", "synchronous": {"min_scale": 1, "max_scale": 3}}
    service["environment"]["Variables"]["NORIA_NETWORK"] = "on"
    service |= {"enable_gpu": True, "image_pull_secrets": ["ghcr"]}
    (tmp_path / "copy.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "ca.pem").write_text(AUTHORITY)
    given = target(MASKS, tmp_path / "copy.yaml", environ={"NORIA_STORE_CA": str(tmp_path / "ca.pem")}, **changed)

    made = rendered(tmp_path, PLATFORM.files(given)["helm.values"])

    assert by_name(made) == by_name(manifests(given))
    assert len(made) == len(manifests(given))


def test_lint_has_nothing_to_say_of_the_chart(tmp_path: Path) -> None:
    (tmp_path / "values").write_text(PLATFORM.files(target())["helm.values"])

    said = helm(tmp_path, "lint", CHART, "--strict", "-f", tmp_path / "values")

    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said


def test_the_charts_own_values_are_an_example_of_all_there_are() -> None:
    given = yaml.safe_load((CHART / "values.yaml").read_text())
    ours = yaml.safe_load(PLATFORM.files(target())["helm.values"])

    assert set(given) == {*ours, "keda"}
    assert {name: set(given[name]) for name in ("store", "broker")} == {n: set(ours[n]) for n in ("store", "broker")}
    assert given["broker"]["url"] == BROKER


def test_a_value_that_the_chart_does_not_know_is_refused_by_name(tmp_path: Path) -> None:
    values = yaml.safe_load(PLATFORM.files(target())["helm.values"])
    values["functions"][0]["memroy"] = "1Gi"
    (tmp_path / "values").write_text(yaml.safe_dump(values))

    done = run(tmp_path, "template", CHART, "-f", tmp_path / "values")

    assert done.returncode != 0
    assert "memroy" in done.stderr
