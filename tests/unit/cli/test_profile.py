"""``noria profile`` as a person runs it, as far as it goes without a plane."""

from pathlib import Path

import pytest

from functions.runtime.outputs import written
from tests.continuum_application import DEPLOYMENTS
from tests.pipeline.noria import Noria
from tests.pipelines import pipelines

PARAMETERS = """\
input_files: {filename: a.txt}
asynchronous: {batch_size: 2, number_of_batches: 3, inter_upload_time: 0.5}
components:
  first: {parallelism: [2, 1]}
  second: {parallelism: [1, 1]}
run: {repetitions: 2, test_single_services: true, campaign_dir: test}
"""

SCAR = """\
functions:
  aws:
  - lambda:
      name: first
      memory: 512
      init_script: run.sh
      container: {image: example/first}
      input: [{storage_provider: s3.default, path: inbox/a}]
      output: [{storage_provider: s3.default, path: outbox/b}]
"""


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An application of two services, the second of which takes what the first gives."""
    folder = tmp_path / "app"
    (folder / "oscar").mkdir(parents=True)
    (folder / "run_parameters.yaml").write_text(PARAMETERS)
    (folder / "a.txt").write_text("a")
    (folder / "oscar/copies.yaml").write_text(
        pipelines({"first": ("inbox/a", "middle/b"), "second": ("middle/b", "outbox/c")})
    )
    return folder


def test_a_dry_run_says_every_run_and_touches_nothing(noria: Noria, app: Path) -> None:
    before = written(app)

    plan = noria.json("profile", app, "--dry-run")

    assert [run["name"] for run in plan["runs"]][:5] == [
        "workflow-deployment1-run1-1",
        "workflow-deployment1-run1-2",
        "workflow-deployment1-run2-1",
        "workflow-deployment1-run2-2",
        "first-deployment1-run1-1",
    ]
    assert len(plan["runs"]) == 12
    assert {slot["resource"] for run in plan["runs"] for slot in run["slots"]} == {"here"}
    assert plan["runs"][0]["load"]["times"] == [0, 0, 0.5, 0.5, 1, 1]
    assert "12 runs, 72 requests" in noria("profile", app, "--dry-run")
    assert written(app) == before
    assert not noria.home.exists()


def test_resources_are_those_that_the_application_may_run_on(noria: Noria, app: Path) -> None:
    (app / "candidate_deployments.yaml").write_text(DEPLOYMENTS)
    text = PARAMETERS.replace("first:", "component1:").replace("second:", "component2:")
    (app / "run_parameters.yaml").write_text(text)
    (app / "oscar/copies.yaml").write_text(
        pipelines({"filter": ("inbox/a", "middle/b"), "classifier": ("middle/b", "outbox/c")})
    )

    plan = noria.json("profile", app, "--dry-run")

    workflow = [run for run in plan["runs"] if run["unit"] == "workflow"]
    found = dict.fromkeys((run["slots"][0]["resource"], run["slots"][1]["resource"]) for run in workflow)
    assert list(found) == [("Pi", "F1"), ("Pi", "F2"), ("Pi", "VM1"), ("VM1", "F1"), ("VM1", "F2"), ("VM1", "VM1")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("second:", "secnd:", "no service does the work of secnd; did you mean second?"),
        ("[2, 1]", "[200, 1]", "components.first.parallelism is 200"),
        ("[2, 1]", "[1, 2]", "write the greatest first"),
        ("a.txt", "b.txt", "there is no input file b.txt"),
        ("repetitions", "repetitons", "did you mean repetitions?"),
        ("batch_size: 2", "batch_size: 1000000", "more than 500,000 requests"),
        ("batch_size: 2", "batch_size: .nan", "batch_size"),
        ("campaign_dir: test", "campaign_dir: ..", "names no folder of its own"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_3(noria: Noria, app: Path, old: str, new: str, said: str) -> None:
    (app / "run_parameters.yaml").write_text(PARAMETERS.replace(old, new))

    done = noria.run("profile", app, "--dry-run")

    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("run_parameters.yaml", "has no run_parameters.yaml"),
        ("oscar/copies.yaml", "has no pipeline"),
        ("", "is no folder"),
    ],
)
def test_what_is_missing_is_named(noria: Noria, app: Path, missing: str, said: str) -> None:
    if missing:
        (app / missing).unlink()

    done = noria.run("profile", app if missing else app / "nowhere")

    assert done.returncode == 3
    assert said in done.stderr


def test_a_campaign_does_not_touch_servers_that_are_not_its_own(noria: Noria, app: Path) -> None:
    noria.environ["NORIA_STORE_URL"] = "https://store.example.org"

    done = noria.run("profile", app)

    assert done.returncode == 3
    assert "unset NORIA_STORE_URL" in done.stderr


def test_a_pipeline_of_another_platform_is_refused(noria: Noria, app: Path, tmp_path: Path) -> None:
    (tmp_path / "scar.yaml").write_text(SCAR)

    done = noria.run("profile", app, "--fdl", tmp_path / "scar.yaml", "--dry-run")

    assert done.returncode == 3
    assert "first is AWS Lambda's" in done.stderr


def test_a_dry_run_on_clusters_asks_none_and_takes_each_for_the_resource_of_its_name(noria: Noria, app: Path) -> None:
    clusters = "oscar:\n  edge: {endpoint: 'https://oscar.invalid', auth_password: secret}\n"
    (app / "clusters.yaml").write_text(clusters)

    runs = noria.json("profile", app, "--on", "edge", "--on", "VM1=edge", "--dry-run")["runs"]
    refused = noria.run("profile", app, "--on", "egde", "--dry-run")

    places = {tuple(slot["resource"] for slot in run["slots"]) for run in runs if run["unit"] == "workflow"}
    assert places == {("edge", "edge"), ("edge", "VM1"), ("VM1", "edge"), ("VM1", "VM1")}
    assert refused.returncode == 3
    assert "did you mean edge" in refused.stderr
