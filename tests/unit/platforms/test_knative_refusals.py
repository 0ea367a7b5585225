"""What cannot run on Kubernetes is refused in a sentence, before anything is applied."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.runtime.errors import Rejected
from local.platforms.knative import PLATFORM
from tests import pipelines
from tests.unit.platforms.knative_target import manifests, of_kind, pod_of, target

COPIES = {"NORIA_FUNCTION": "tests.handlers:copy"}
LOOSE = pipelines.pipeline("copy", "copy-in/a", "copy-out/b")


def with_service(folder: Path, **changed: Any) -> Path:
    """Write the pipeline of a service that copies, changed."""
    document = yaml.safe_load(LOOSE)
    document["functions"]["oscar"][0]["local"] |= changed
    file = folder / "loose.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"nats_url": ""}, "nobody said where the broker is"),
        ({"eventing": "default"}, "--broker has the events for Knative Services"),
        ({"nats_url": "nats:/oops"}, "'nats:/oops' is no address"),
        ({"store_url": "minio:9000"}, "'minio:9000' is no address"),
        ({"namespace": "Noria_1"}, "'Noria_1' is no namespace"),
        ({"eventing": "Bad Name", "nats_url": ""}, "'Bad Name' is no Broker's name"),
        ({"plain": True, "nats_monitoring": "x y"}, "'x y' is not where a broker shows figures"),
        ({"plain": True, "nats_account": "a b"}, "'a b' is no account of a broker"),
        ({"nats_monitoring": "nats:8222"}, "--nats-monitoring is for KEDA"),
        ({"nats_url": "nats://nats:0"}, "'nats://nats:0' is no address"),
    ],
    ids=[
        "no broker",
        "two brokers",
        "no url",
        "no scheme",
        "no namespace",
        "no Broker",
        "no figures",
        "no account",
        "no KEDA",
        "no port",
    ],
)
def test_what_no_cluster_would_take_is_said_in_a_sentence(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        PLATFORM.files(target(**changed))


@pytest.mark.parametrize(
    ("name", "environment", "sentence"),
    [
        ("1copy", {}, "1copy cannot be a service on Kubernetes"),
        ("copy", {"NORIA_FUNCTION": "run-script"}, "copy runs its own script"),
        ("copy", {"PROXY": "http://me:hidden@proxy:8080"}, "the address in PROXY has a password in it"),
        ("copy", {"NORIA_RUNNERS": "two"}, r"loose\.yaml: copy: NORIA_RUNNERS"),
        ("copy", {"NORIA_TIME_LIMIT": "0"}, r"loose\.yaml: copy: NORIA_TIME_LIMIT"),
        ("copy", {"NORIA_TIME_LIMIT": "inf"}, "copy: NORIA_TIME_LIMIT is inf s"),
        ("copy", {"NORIA_TIME_LIMIT": "1e9"}, "copy: NORIA_TIME_LIMIT is 1e"),
    ],
    ids=["name", "script", "password", "runners", "no time", "for ever", "too long"],
)
def test_a_service_that_cannot_run_there_is_named(
    tmp_path: Path, name: str, environment: dict[str, str], sentence: str
) -> None:
    document = yaml.safe_load(pipelines.pipeline(name, "copy-in/a", "copy-out/b"))
    document["functions"]["oscar"][0]["local"]["environment"]["Variables"] |= environment
    file = tmp_path / "loose.yaml"
    file.write_text(yaml.safe_dump(document))

    with pytest.raises(Rejected, match=sentence):
        PLATFORM.files(target(file))


def test_a_service_that_is_named_like_anothers_source_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text(pipelines.pipelines({"copy": ("aaa/in", "bbb/out"), "copy-source": ("ccc/in", "ddd/out")}))

    with pytest.raises(Rejected, match="copy-source is what the source of copy is called"):
        PLATFORM.files(target(file))


def test_what_only_oscar_makes_is_refused(tmp_path: Path) -> None:
    document = yaml.safe_load(LOOSE)
    document["functions"]["oscar"][0]["local"]["volume"] = {"mount_path": "/data", "size": "1Gi"}
    file = tmp_path / "loose.yaml"
    file.write_text(yaml.safe_dump(document))

    with pytest.raises(Rejected, match="copy has a mount, a volume or a model of OSCAR's making"):
        PLATFORM.files(target(file))


@pytest.mark.parametrize("scale", [(5, 2), (-3, 0), (0, -1)], ids=["most below least", "least", "most"])
def test_numbers_of_copies_that_no_cluster_takes_are_refused(tmp_path: Path, scale: tuple[int, int]) -> None:
    least, most = scale
    file = with_service(tmp_path, synchronous={"min_scale": least, "max_scale": most})

    with pytest.raises(Rejected, match=f"copy: min_scale is {least} and max_scale {most}"):
        PLATFORM.files(target(file))


def test_a_function_may_have_more_copies_at_least_than_others_at_most(tmp_path: Path) -> None:
    file = with_service(tmp_path, synchronous={"min_scale": 20})

    spec = of_kind(manifests(target(file, plain=True)), "ScaledObject", "copy")["spec"]

    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (20, 20)


def test_a_request_that_takes_longer_than_clusters_usually_allow_is_said(tmp_path: Path) -> None:
    file = with_service(tmp_path, environment={"Variables": {**COPIES, "NORIA_TIME_LIMIT": "3600"}})

    said = "Take Knative's max-revision-timeout-seconds for at least 3660; it is 600 unless set"
    assert said in PLATFORM.steps(target(file))
    assert said not in PLATFORM.steps(target(file, plain=True))


def test_a_source_has_as_many_in_flight_as_all_copies_take(tmp_path: Path) -> None:
    file = with_service(tmp_path, environment={"Variables": {**COPIES, "NORIA_RUNNERS": "4"}})

    (box,) = pod_of(of_kind(manifests(target(file)), "Deployment", "copy-source"))["containers"]

    assert {"name": "NORIA_CONCURRENCY", "value": "40"} in box["env"]


def test_an_image_of_others_is_not_started_as_one_of_ours(tmp_path: Path) -> None:
    file = with_service(tmp_path, name="blur-face", environment={})

    with pytest.raises(Rejected, match="there is no function blur-face; did you mean blur_faces") as refused:
        PLATFORM.files(target(file))

    assert "--to oscar" in refused.value.hint


def test_a_service_that_nothing_calls_is_refused(tmp_path: Path) -> None:
    file = with_service(tmp_path, input=[])

    with pytest.raises(Rejected, match="copy watches no folder"):
        PLATFORM.files(target(file))


def test_fdl_with_tabs_as_oscar_takes_it_is_deployed_too(tmp_path: Path) -> None:
    file = tmp_path / "loose.yaml"
    file.write_text(LOOSE.replace("memory: 256Mi", "memory: 256Mi\t"))

    found = manifests(target(file))

    assert of_kind(found, "ConfigMap", "loose")["data"]["pipeline.yaml"].count("256Mi") == 1


def test_another_store_than_the_one_that_functions_have_is_refused(tmp_path: Path) -> None:
    mine = {"access_key": "a", "secret_key": "b", "region": "eu-west-1"}
    output = [{"storage_provider": "s3.mine", "path": "copy-out/b"}]
    file = with_service(tmp_path, output=output, storage_providers={"s3": {"mine": mine}})

    with pytest.raises(Rejected, match=r"copy reads or writes s3\.mine"):
        PLATFORM.files(target(file))


def test_a_secret_that_no_cluster_has_is_not_pulled_with(tmp_path: Path) -> None:
    file = with_service(tmp_path, image_pull_secrets=["Not Ok"])

    with pytest.raises(Rejected, match="'Not Ok' is no name of a Secret"):
        PLATFORM.files(target(file))
