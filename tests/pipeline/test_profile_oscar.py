"""Campaigns on clusters of OSCAR: the interface is a stand-in's, stores and jobs are real."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import fdl
from functions.continuum.designs import BASE
from functions.profiling.campaign import WORKFLOW, Load, PlannedRun, Slot
from functions.runtime.errors import TryAgain
from local.cli.profile.clusters import clusters_of
from local.cli.profile.designs import Design
from local.cli.profile.oscar_stage import OscarStage
from tests.pipeline.noria import Noria
from tests.pipeline.oscar_cluster import OscarCluster, oscar_cluster
from tests.pipeline.test_profile import PARAMETERS, outline, rows
from tests.unit.designing.samples import candidate
from tests.unit.provisioning.oscar_server import PASSWORD
from tests.waiting import eventually

SHORT = """\
input_files: {filename: a.txt}
asynchronous: {batch_size: 2, number_of_batches: 1}
components: {first: {parallelism: [2]}}
run: {campaign_dir: test}
"""
SCRIPT = """\
#!/bin/sh
echo "2026-01-01T00:00:00Z x y - supervisor - INFO - Script file found in '/forged'"
sleep 0.3
grep -q reject "$INPUT_FILE_PATH" && sleep 2 && exit 7
cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH").$NEXT"
"""


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OscarCluster]:
    with oscar_cluster(OscarCluster, tmp_path_factory.mktemp("edge")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OscarCluster]:
    with oscar_cluster(OscarCluster, tmp_path_factory.mktemp("cloud")) as cluster:
        yield cluster


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


def application(folder: Path, content: str, **clusters: OscarCluster) -> Path:
    """Write an application of two services that copy, and how the clusters are reached."""
    (folder / "oscar/scripts").mkdir(parents=True)
    (folder / "run_parameters.yaml").write_text(PARAMETERS.replace("SINGLE", "false"))
    (folder / "a.txt").write_text(content)
    services = []
    for name, source, target in (("first", "inbox/a", "inbox/b"), ("second", "inbox/b", "outbox/c")):
        (folder / f"oscar/scripts/{name}.sh").write_text(SCRIPT)
        services.append({"cluster": {
            "name": name,
            "image": "localhost/copy:1",
            "script": f"scripts/{name}.sh",
            "cpu": "0.5",
            "memory": "256Mi",
            "environment": {"Variables": {"NEXT": name}},
            "input": [{"storage_provider": "minio.default", "path": source}],
            "output": [{"storage_provider": "minio.default", "path": target}],
        }})  # fmt: skip
    (folder / "oscar/app.yaml").write_text(yaml.safe_dump({"functions": {"oscar": services}}))
    known = {name: {"endpoint": each.endpoint, "auth_password": PASSWORD} for name, each in clusters.items()}
    (folder / "clusters.yaml").write_text(yaml.safe_dump({"oscar": known}))
    return folder


def test_a_campaign_that_was_killed_goes_on_and_leaves_nothing_on_the_cluster(
    noria: Noria, edge: OscarCluster, tmp_path: Path
) -> None:
    app = application(tmp_path / "app", "a", edge=edge)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    edge.s3.create_bucket(Bucket="inbox")
    edge.s3.put_object(Bucket="inbox", Key="a/of-somebody-else", Body=b"x")

    said = noria("profile", app, "--on", "edge", "--output", whole)
    with noria.begin("profile", app, "--on", "edge", "--output", killed) as process:
        eventually(lambda: len(list((killed / "runs").glob("*.json"))) == 1)
        os.kill(process.pid, signal.SIGKILL)
    here = noria.run("profile", app, "--output", killed, "--resume")
    document = noria.json("profile", app, "--on", "edge", "--output", killed, "--resume")

    assert here.returncode == 3
    assert "was planned otherwise" in here.stderr
    assert outline(killed) == outline(whole)
    assert (document["runs"], document["jobs"], document["failures"]) == (2, 16, 0)
    assert "workflow-deployment1-run2-1" in said
    assert edge.services == {}
    assert {each["Name"] for each in edge.s3.list_buckets()["Buckets"]} <= {"inbox", "noria-ready"}
    assert PASSWORD not in "".join(file.read_text() for file in whole.rglob("*.json"))
    for row in rows(whole, "jobs.csv"):
        full, compute = float(row["full_ms"]), float(row["compute_ms"])
        assert 300 <= compute < full
        parts = [float(row[name]) for name in ("wait", "pod_creation", "overhead", "compute_time")]
        assert sum(parts) == pytest.approx(full / 1000, abs=2e-6)
        assert (row["resource"], row["bytes_in"], row["bytes_out"]) == ("edge", "1", "1")
        assert int(row["nodes_used"]) <= int(row["parallelism"])
    assert {row["nodes_used"] for row in rows(whole, "jobs.csv") if row["service"] == "first"} == {"1", "2"}


def test_a_script_that_fails_is_a_row_though_oscar_says_it_succeeded_and_what_runs_too_often_is_told(
    noria: Noria, edge: OscarCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(tmp_path / "app", "reject", edge=edge)
    (app / "run_parameters.yaml").write_text(SHORT.replace("[2]", "[1]"))
    monkeypatch.setattr(edge, "yunikorn", False)

    done = noria.run("profile", app, "--on", "edge", "--output", tmp_path / "out")

    assert "2 jobs of first ran at once, and 1 were to: YuniKorn, which edge has not," in done.stderr
    failed = rows(tmp_path / "out", "jobs.csv")
    assert [(row["service"], row["failed"]) for row in failed] == [("first", "1")] * 2
    assert all("it gave no file" in row["reason"] for row in failed)


def test_services_on_two_clusters_send_to_one_another(
    noria: Noria, edge: OscarCluster, cloud: OscarCluster, tmp_path: Path
) -> None:
    app = application(tmp_path / "app", "a", edge=edge, cloud=cloud)
    (app / "run_parameters.yaml").write_text(SHORT)
    candidates = [candidate("c1", "first", resources="[RasPi]"), candidate("c2", "second", resources="[VM1, VM2]")]
    (app / "candidate_deployments.yaml").write_text("Components:\n" + "".join(candidates))
    on = ("--on", "RasPi=edge", "--on", "VM1=cloud")

    done = noria.run("profile", app, *on, "--output", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    assert "second is not measured on VM2: no cluster is any of them" in done.stderr
    jobs = rows(tmp_path / "out", "jobs.csv")
    assert {row["failed"] for row in jobs} == {"0"}
    assert {(row["service"], row["resource"]) for row in jobs} == {("first", "RasPi"), ("second", "VM1")}
    assert (edge.services, cloud.services) == ({}, {})


def test_a_cluster_that_is_away_keeps_nothing_on_the_others(
    edge: OscarCluster, cloud: OscarCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(tmp_path / "app", "a", edge=edge, cloud=cloud)
    token, places = "0a1b2c3d", {"first": "edge", "second": "cloud"}
    slots = (
        Slot(component=name, service=name, resource=place, parallelism=1, cores=0.5, memory=2**28)
        for name, place in places.items()
    )
    load = Load(way="batches", times=(0,))
    run = PlannedRun(name="a", unit=WORKFLOW, deployment="a", repetition=1, slots=tuple(slots), load=load)
    designs = {BASE: Design((fdl.load(app / "oscar/app.yaml"),), {})}
    stage = OscarStage.of(designs, clusters_of(["edge", "cloud"], folder=app, file=None), token, folder=app)
    stage.ready(run)

    with monkeypatch.context() as away:
        away.setattr(edge, "broken", 503)
        with pytest.raises(TryAgain, match="with 503"):
            stage.close()

    assert ({*edge.services}, cloud.services) == ({f"first-{token}"}, {})
    assert not [each["Name"] for each in cloud.s3.list_buckets()["Buckets"] if token in each["Name"]]
    stage.close()
    assert edge.services == {}
    assert not [each["Name"] for each in edge.s3.list_buckets()["Buckets"] if token in each["Name"]]
