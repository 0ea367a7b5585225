"""noria deploy --to knative, carried out by kubectl itself; the API server is a stand-in: there is no cluster here."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from functions.runtime.errors import Rejected, TryAgain
from local.cli.deploy import deploy
from local.platforms.files import write
from local.platforms.knative import PLATFORM
from local.platforms.target import Target
from local.process import ServiceError
from tests.unit.platforms.knative_target import BROKER, KEYS, MASKS, STORE, target
from tests.unit.platforms.kubernetes_server import Kubernetes, configuration, serving


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    """Give an empty cluster that kubectl is configured for."""
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl in PATH")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubectl.yaml"))
    monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "cache"))
    with serving(Kubernetes(), tmp_path / "kubectl.yaml") as told:
        yield told


def carry_out(given: Target, folder: Path) -> list[str]:
    said: list[str] = []
    write(PLATFORM.files(given), folder)
    PLATFORM.carry_out(given, folder, said.append)
    return said


def test_everything_is_applied_and_the_secrets_first(cluster: Kubernetes, tmp_path: Path) -> None:
    said = carry_out(target(), tmp_path / "files")

    assert cluster.calls[:4] == [
        "PATCH Namespace/noria",
        "PATCH Secret/blur-faces-keys",
        "PATCH Secret/mask-detect-keys",
        "PATCH ConfigMap/mask-detection",
    ]
    assert {"Service/blur-faces", "SinkBinding/blur-faces-source", "Deployment/mask-detect-source"} <= set(
        cluster.objects
    )
    assert said[0] == "made the namespace noria"
    assert said[-1] == "applied functions/mask-detect.yaml"


def test_a_secret_has_the_functions_own_keys(cluster: Kubernetes, tmp_path: Path) -> None:
    said = carry_out(target(plain=True), tmp_path / "files")

    held = cluster.objects["Secret/blur-faces-keys"]["stringData"]
    keys = KEYS["blur-faces"]
    assert held == {
        "NORIA_STORE_ACCESS_KEY": keys.access_key,
        "NORIA_STORE_SECRET_KEY": keys.secret_key,
        "NORIA_NATS_USER": "blur-faces",
        "NORIA_NATS_PASSWORD": keys.password,
    }
    assert keys.secret_key not in "".join(said)
    assert not [f for f in tmp_path.rglob("*") if f.is_file() and keys.secret_key in f.read_text(errors="ignore")]


def test_applying_again_changes_what_is_there_and_makes_no_namespace(cluster: Kubernetes, tmp_path: Path) -> None:
    carry_out(target(), tmp_path / "files")
    cluster.calls.clear()

    carry_out(target(tag="0.2.0"), tmp_path / "files")

    assert "PATCH Namespace/noria" not in cluster.calls
    (box,) = cluster.objects["Service/blur-faces"]["spec"]["template"]["spec"]["containers"]
    assert box["image"] == "ghcr.io/you/blur-faces:0.2.0"


def test_without_keda_one_copy_runs_and_that_is_said(cluster: Kubernetes, tmp_path: Path) -> None:
    cluster.lacks.add("keda.sh")

    said = carry_out(target(plain=True), tmp_path / "files")

    assert "functions/blur-faces.yaml: there is no KEDA, so one copy runs whatever waits" in said
    assert "Deployment/blur-faces" in cluster.objects
    assert "ScaledObject/blur-faces" not in cluster.objects


def test_without_knative_the_way_without_it_is_named(cluster: Kubernetes, tmp_path: Path) -> None:
    cluster.lacks |= {"serving.knative.dev", "sources.knative.dev"}

    with pytest.raises(Rejected, match="the cluster has no Knative") as refused:
        carry_out(target(), tmp_path / "files")

    assert "--plain" in refused.value.hint
    assert cluster.calls == []


def test_triggers_need_eventing_and_no_sources(cluster: Kubernetes, tmp_path: Path) -> None:
    cluster.lacks.add("sources.knative.dev")

    carry_out(target(eventing="default", nats_url=""), tmp_path / "files")

    assert {"Trigger/blur-faces", "Trigger/mask-detect"} <= set(cluster.objects)


def test_what_the_cluster_refuses_is_one_sentence(cluster: Kubernetes, tmp_path: Path) -> None:
    cluster.refuses.add("ConfigMap/mask-detection")

    with pytest.raises(Rejected, match=r"kubectl apply failed: .*exceeded quota") as refused:
        carry_out(target(), tmp_path / "files")

    assert "\n" not in refused.value.message


def test_a_cluster_that_is_away_is_asked_again(cluster: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "kubectl.yaml").write_text(configuration("http://127.0.0.1:1"))

    with pytest.raises(TryAgain, match="the cluster does not answer: The connection to the server") as away:
        carry_out(target(), tmp_path / "files")

    assert "memcache.go" not in away.value.message


def test_a_machine_without_kubectl_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Rejected, match="there is no kubectl here") as refused:
        carry_out(target(), tmp_path / "files")

    assert "kubectl create namespace noria; kubectl apply --server-side --field-manager noria" in refused.value.hint


def test_a_store_that_is_to_be_prepared_and_is_away_is_named_before_anything_is_applied(
    cluster: Kubernetes, tmp_path: Path
) -> None:
    environ = {
        "NORIA_STORE_URL": "http://127.0.0.1:1",
        "NORIA_STORE_ACCESS_KEY": "a",
        "NORIA_STORE_SECRET_KEY": "b",
    }

    with pytest.raises(ServiceError, match=r"the store http://127.0.0.1:1 does not answer"):
        carry_out(target(environ=environ), tmp_path / "files")

    assert cluster.calls == []


def test_the_command_says_what_it_does_and_keeps_the_keys_to_itself(cluster: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({name: asdict(each) for name, each in KEYS.items()}))
    told = ["--store", STORE, "--nats", BROKER, "--registry", "ghcr.io/you", "--keys", str(tmp_path / "keys.json")]
    quiet = dict.fromkeys(("NORIA_STORE_URL", "NORIA_NATS_URL", "NORIA_STORE_CA", "NORIA_NATS_CA"))

    done = CliRunner().invoke(deploy, ["--to", "knative", *told, str(MASKS)], env=quiet)

    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "blur-faces, mask-detect run on knative"
    assert "applied the Secret blur-faces-keys" in done.stderr
    assert not [each for each in KEYS.values() if each.secret_key in done.output or each.password in done.output]
    assert cluster.objects["Secret/mask-detect-keys"]["stringData"]["NORIA_NATS_USER"] == "mask-detect"
