"""``noria deploy``, run as a person runs it; on this machine's plane it is in tests/pipeline/test_deploy.py."""

import json
from pathlib import Path

import pytest

from tests.pipeline.noria import Noria
from tests.unit.optimize.samples import FLAT, write
from tests.unit.redeployment.clusters import between, landscape, save
from tests.unit.redeployment.test_carrying import MOVED, STAY, arriving, begin, check_each_once, running


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


def test_clusters_are_taken_from_one_deployment_to_another_and_back(noria: Noria, tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, (old, new)):
        begin(made, [old, new], steps)
        path = save(steps, new / "steps.json")
        options: list[str | Path] = ["--from", old, "--clusters", made.access(), "--settle", "0.2"]

        with arriving(made) as written:
            there = noria.json("deploy", path, *options)
            moved = running(made)
            back = noria.json("deploy", path, *options, "--undo")

        check_each_once(made, written)
        assert moved == {"VM1": ["aaa"], "VM2": ["bbb"], "Rack": ["ccc"]}
        assert (there["done"], back["done"], back["undone"]) == (len(steps), 0, True)
        assert [step["sentence"] for step in there["steps"]] == [str(step) for step in steps]
        assert all("provisioned" in note for note in there["left"])
        assert running(made) == {"VM1": ["aaa", "bbb", "ccc"], "VM2": [], "Rack": []}


def test_a_cluster_that_is_away_is_exit_code_4_and_the_next_call_goes_on(noria: Noria, tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, (old, new)):
        begin(made, [old, new], steps)
        path = save(steps, new / "steps.json")
        options: list[str | Path] = ["--from", old, "--clusters", made.access(), "--settle", "0"]
        made.cluster("VM2").broken = 503

        away = noria.run("deploy", path, *options)
        made.cluster("VM2").broken = 0
        said = noria("deploy", path, *options)

        assert away.returncode == 4
        assert "answers GET /system/services" in away.stderr
        assert "Traceback" not in away.stderr
        assert f"all {len(steps)} steps are done" in said
        assert running(made) == {"VM1": ["aaa"], "VM2": ["bbb"], "Rack": ["ccc"]}


def test_what_optimize_has_written_is_understood(noria: Noria, tmp_path: Path) -> None:
    app, first, second = write(FLAT, tmp_path / "my-app"), tmp_path / "first", tmp_path / "second"
    noria("optimize", app, "--load", "0.5", "--output", first, "--no-front")
    noria("optimize", app, "--load", "4", "--current", first / "result.json", "--output", second, "--no-front")

    dry = noria.json("deploy", second / "steps.json", "--dry-run")
    assert not (second / "deploy.json").exists()
    done = noria.run("deploy", second / "steps.json", "--from", first)

    written = json.loads((second / "steps.json").read_text())["steps"]
    assert [step["sentence"] for step in dry["steps"]] == ["Scale VM1 from 1 to 4 nodes"]
    assert len(written) == 1
    assert done.returncode == 4  # the cluster that was never made
    assert "OSCAR at oscar-cluster-" in done.stderr


def test_a_first_deployment_begins_from_nothing_and_a_folder_is_enough(noria: Noria, tmp_path: Path) -> None:
    app, placed = write(FLAT, tmp_path / "my-app"), tmp_path / "placed"
    noria("optimize", app, "--load", "0.5", "--output", placed, "--no-front")

    dry = noria("deploy", placed, "--dry-run")
    here = noria("deploy", placed, "--dry-run", "--here")
    done = noria.run("deploy", placed)

    assert dry.splitlines() == [
        "1. Provision VM1 with 1 node",
        "2. Start detect/detect on VM1",
        "3. Start blur/blur on VM1, sending to detect/detect on VM1",
        "4. Send what arrives to blur/blur on VM1",
    ]
    assert here.splitlines()[:4] == dry.splitlines()
    assert here.splitlines()[-1] == "8. Stop detect/detect without a resource"
    assert done.returncode == 4
    assert "no plane runs in" in done.stderr or "OSCAR at" in done.stderr


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (None, 3, "there is no"),
        ("nonsense", 3, "steps.json"),
        ('{"version": 1, "steps": []}', 4, "no plane runs in"),
    ],
)
def test_what_cannot_be_carried_out_is_one_sentence(
    noria: Noria, tmp_path: Path, content: str | None, code: int, told: str
) -> None:
    if content is not None:
        (tmp_path / "steps.json").write_text(content)

    done = noria.run("deploy", tmp_path / "steps.json")

    assert done.returncode == code
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
