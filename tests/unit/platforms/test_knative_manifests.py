"""Manifests: what a function may touch on a cluster, and what it is given."""

from pathlib import Path

import pytest
import yaml

import fdl
from local.credentials import Keys
from local.platforms.knative import PLATFORM
from local.platforms.knative.keys import BROKER as BROKER_KEYS
from local.platforms.knative.keys import STORE as STORE_KEYS
from tests import pipelines
from tests.unit.platforms.knative_target import KEYS, MASKS, ROOT, Manifest, manifests, of_kind, pod_of, target

LOOSE = pipelines.pipeline("copy", "copy-in/a", "copy-out/b")


def files_of(pod: Manifest) -> set[str]:
    (keys,) = [each for each in pod["volumes"] if each["name"] == "keys"]
    return {item["key"] for item in keys["secret"]["items"]}


@pytest.mark.parametrize("plain", [False, True], ids=["knative", "plain"])
def test_the_same_pipeline_is_the_same_text(plain: bool) -> None:
    assert PLATFORM.files(target(plain=plain)) == PLATFORM.files(target(plain=plain))


@pytest.mark.parametrize("plain", [False, True], ids=["knative", "plain"])
def test_no_file_and_no_step_has_a_secret_in_it(plain: bool) -> None:
    given = target(plain=plain)
    told = "".join([*PLATFORM.files(given).values(), *PLATFORM.steps(given)])

    assert not [keys for keys in KEYS.values() for value in (keys.secret_key, keys.password) if value in told]
    assert "Make the Secret blur-faces-keys, of values that are in no file" in told


def test_a_secret_that_nobody_knows_is_asked_for_by_name(tmp_path: Path) -> None:
    file = tmp_path / "loose.yaml"
    file.write_text(LOOSE)

    given = target(file, keys={})

    assert "Take the Secret copy-keys as it is; nobody said NORIA_STORE_ACCESS_KEY" in "\n".join(PLATFORM.steps(given))
    assert "kubectl create secret generic copy-keys -n noria" in PLATFORM.files(given)["functions/copy.yaml"]


def test_a_knative_service_never_sees_the_brokers_password_and_its_source_never_the_stores_keys() -> None:
    found = manifests(target())

    assert files_of(pod_of(of_kind(found, "Service"))) == set(STORE_KEYS)
    assert files_of(pod_of(of_kind(found, "Deployment", "blur-faces-source"))) == set(BROKER_KEYS)


@pytest.mark.parametrize("plain", [False, True], ids=["knative", "plain"])
def test_every_container_is_as_restricted_as_pods_can_be(plain: bool) -> None:
    pods = [pod_of(each) for each in manifests(target(plain=plain)) if each["kind"] in {"Deployment", "Service"}]

    for pod in pods:
        (box,) = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert box["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsGroup": 10001,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }


def test_a_function_reaches_names_the_store_and_nothing_else() -> None:
    policy = of_kind(manifests(target()), "NetworkPolicy")["spec"]

    names, store = policy["egress"]
    assert {each["port"] for each in names["ports"]} == {53}
    assert store == {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}}}],
        "ports": [{"protocol": "TCP", "port": 9000}],
    }
    assert policy["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize(
    ("file", "variables", "reaches"),
    [("watch-constraints.yaml", {}, True), ("watch-constraints.yaml", {"NORIA_NETWORK": "off"}, False)],
    ids=["as it says of itself", "as its FDL says"],
)
def test_a_function_that_calls_webhooks_reaches_them(
    tmp_path: Path, file: str, variables: dict[str, str], reaches: bool
) -> None:
    document = yaml.safe_load((ROOT / "fdl" / file).read_text())
    for service in (each["local"] for each in document["functions"]["oscar"]):
        if service["name"] == "send-alerts":
            service.setdefault("environment", {}).setdefault("Variables", {}).update(variables)
    (tmp_path / file).write_text(yaml.safe_dump(document))

    found = manifests(target(tmp_path / file))

    everything = {"ports": [{"protocol": "TCP"}]}
    assert (everything in of_kind(found, "NetworkPolicy", "send-alerts")["spec"]["egress"]) is reaches
    assert everything not in of_kind(found, "NetworkPolicy", "watch-constraints")["spec"]["egress"]


def test_a_plain_function_reaches_the_broker_too_and_nobody_reaches_it() -> None:
    policy = of_kind(manifests(target(plain=True, nats_url="nats://10.1.2.3:4222")), "NetworkPolicy")["spec"]

    assert policy["egress"][2] == {
        "to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
        "ports": [{"protocol": "TCP", "port": 4222}],
    }
    assert policy["ingress"] == []


def test_the_container_may_use_what_the_fdl_says_and_128_mib_for_the_host() -> None:
    (box,) = pod_of(of_kind(manifests(target(plain=True)), "Deployment"))["containers"]

    assert box["resources"]["limits"] == {"cpu": "1", "memory": "1664Mi"}
    assert box["image"] == "ghcr.io/you/blur-faces:0.1.0"


def test_copies_follow_the_lag_of_the_functions_own_consumer() -> None:
    spec = of_kind(manifests(target(plain=True)), "ScaledObject")["spec"]

    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["consumer"] == "blur-faces"
    assert trigger["metadata"]["natsServerMonitoringEndpoint"] == "nats.messaging.svc.cluster.local:8222"
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 10)


def test_the_scaler_asks_where_it_is_told_to_and_for_the_right_account() -> None:
    given = target(plain=True, nats_account="NORIA", nats_monitoring="figures.messaging.svc:8222")

    spec = of_kind(manifests(given), "ScaledObject")["spec"]

    assert spec["triggers"][0]["metadata"]["account"] == "NORIA"
    assert spec["triggers"][0]["metadata"]["natsServerMonitoringEndpoint"] == "figures.messaging.svc:8222"
    assert (spec["minReplicaCount"], spec["fallback"]["replicas"]) == (0, 1)


def test_what_the_pods_read_is_the_pipeline_as_it_is_here() -> None:
    config = of_kind(manifests(target()), "ConfigMap", "mask-detection")

    there, here = fdl.loads(config["data"]["pipeline.yaml"]), fdl.load(MASKS)

    for one, other in zip(there.services, here.services, strict=True):
        assert one.model_dump(exclude={"line"}) == other.model_dump(exclude={"line"})


def test_new_fdl_makes_new_pods(tmp_path: Path) -> None:
    file = tmp_path / "loose.yaml"
    notes = []
    for memory in ("256Mi", "257Mi"):
        file.write_text(pipelines.pipeline("copy", "copy-in/a", "copy-out/b", memory=memory))
        (found,) = [each for each in manifests(target(file, plain=True)) if each["kind"] == "Deployment"]
        notes.append(found["spec"]["template"]["metadata"]["annotations"]["noria/fdl"])

    assert notes[0] != notes[1]


def test_a_secret_variable_is_given_by_name_and_a_secret_file_as_a_file(tmp_path: Path) -> None:
    document = yaml.safe_load(LOOSE)
    document["functions"]["oscar"][0]["local"]["environment"]["secrets"] = {"HOOK_URL": "", "SIGNING_KEY_FILE": ""}
    file = tmp_path / "loose.yaml"
    file.write_text(yaml.safe_dump(document))

    pod = pod_of(of_kind(manifests(target(file)), "Service", "copy"))

    told = {each["name"]: each for each in pod["containers"][0]["env"]}
    assert told["HOOK_URL"]["valueFrom"]["secretKeyRef"] == {"name": "copy-keys", "key": "HOOK_URL"}
    assert told["SIGNING_KEY_FILE"]["value"] == "/etc/noria/keys/SIGNING_KEY_FILE"
    assert files_of(pod) == {*STORE_KEYS, "SIGNING_KEY_FILE"}


def test_every_server_of_a_broker_is_let_through_and_a_mapped_port_is_any() -> None:
    given = target(plain=True, nats_url="nats://10.0.0.1:4222, nats://10.0.0.2", store_url="http://minio.storage.svc")

    _, store, one, other = of_kind(manifests(given), "NetworkPolicy")["spec"]["egress"]

    assert "ports" not in store
    assert [each["to"][0]["ipBlock"]["cidr"] for each in (one, other)] == ["10.0.0.1/32", "10.0.0.2/32"]


def test_a_broker_with_the_events_has_a_trigger_and_no_source() -> None:
    found = manifests(target(eventing="default", nats_url=""))

    spec = of_kind(found, "Trigger")["spec"]
    assert {each["kind"] for each in found} == {"ConfigMap", "ServiceAccount", "NetworkPolicy", "Service", "Trigger"}
    assert spec["broker"] == "default"
    assert spec["subscriber"]["ref"]["name"] == "blur-faces"
    assert spec["filters"] == [
        {
            "any": [
                {
                    "all": [
                        {"suffix": {"source": ".photos"}},
                        {"any": [{"prefix": {"subject": "in/"}}, {"prefix": {"subject": "in%2F"}}]},
                    ]
                }
            ]
        }
    ]


def test_a_function_that_a_trigger_calls_needs_no_password_of_the_broker() -> None:
    keys = {name: Keys(each.access_key, each.secret_key, "") for name, each in KEYS.items()}

    given = target(eventing="default", nats_url="", keys=keys)

    assert "Make the Secret blur-faces-keys, of values that are in no file" in PLATFORM.steps(given)
    assert not [step for step in PLATFORM.steps(given) if "stream" in step]


@pytest.mark.parametrize("name", [*STORE_KEYS, *BROKER_KEYS])
def test_our_own_keys_are_told_once_though_the_fdl_names_them_too(tmp_path: Path, name: str) -> None:
    document = yaml.safe_load(LOOSE)
    document["functions"]["oscar"][0]["local"]["environment"]["secrets"] = {name: ""}
    file = tmp_path / "loose.yaml"
    file.write_text(yaml.safe_dump(document))

    (box,) = pod_of(of_kind(manifests(target(file, plain=True)), "Deployment", "copy"))["containers"]

    assert [each["name"] for each in box["env"]].count(f"{name}_FILE") == 1
    assert name not in {each["name"] for each in box["env"]}
