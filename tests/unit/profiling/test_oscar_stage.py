"""What a campaign sends to clusters, and what it leaves there."""

from pathlib import Path

import pytest
from pydantic import SecretStr

import fdl
from functions.continuum.designs import BASE
from functions.profiling.campaign_cluster import CampaignCluster
from functions.profiling.guests import LABEL, Guests
from functions.provisioning.oscar_calls import Calls
from functions.runtime.errors import Rejected, TryAgain
from local.cli.profile.designs import Design
from local.cli.profile.oscar_stage import OURS, OscarStage
from tests.unit.provisioning.oscar_server import PASSWORD, Oscar, running

TOKEN = "0a1b2c3d"
FDL = """\
functions:
  oscar:
  - local:
      name: first
      image: copy:1
      script: {script}
      input: [{{storage_provider: minio.default, path: in/a}}]
      output: [{{storage_provider: minio.default, path: out/b}}]
"""


def _script(path: Path, folder: Path) -> object:
    """Give the text that clusters would be sent."""
    pipeline = fdl.load(path)
    guests = OscarStage.of({BASE: Design((pipeline,), {})}, {}, TOKEN, folder=folder)._guests[BASE]
    return next(iter(guests.definitions.values()))["script"]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    app = tmp_path / "app"
    (app / "oscar/scripts").mkdir(parents=True)
    (tmp_path / "secret").write_text("a secret")
    (app / "run.sh").write_text("run\n")
    for name, target in (("link", tmp_path / "secret"), ("folder", tmp_path), ("loop", "loop")):
        (app / "oscar" / name).symlink_to(target)
    return app


def _pipeline(folder: Path, script: object) -> Path:
    path = folder / "pipeline.yaml"
    path.write_text(FDL.format(script=script))
    return path


@pytest.mark.parametrize("script", ["../run.sh", "scripts/../../run.sh"])
def test_a_script_in_the_application_s_folder_is_sent(app: Path, script: str) -> None:
    assert _script(_pipeline(app / "oscar", script), app) == "run\n"


def test_a_script_below_the_folder_of_a_pipeline_that_lies_elsewhere_is_sent(app: Path, tmp_path: Path) -> None:
    (tmp_path / "own.sh").write_text("own\n")

    assert _script(_pipeline(tmp_path, "own.sh"), app) == "own\n"


def test_scripts_of_noria_s_own_pipelines_are_sent(app: Path) -> None:
    assert "functions.runtime.hosts.oscar" in str(_script(OURS / "mask-detection.yaml", app))


@pytest.mark.parametrize(
    "script", ["/etc/hostname", "../../secret", "link", "folder/secret", "/proc/self/environ", "../../app-else/run.sh"]
)
def test_no_file_from_elsewhere_is_sent_whatever_a_pipeline_calls_its_script(app: Path, script: str) -> None:
    with pytest.raises(Rejected, match=rf"the script {script} of first lies elsewhere") as refused:
        _script(_pipeline(app / "oscar", script), app)

    assert refused.value.hint


@pytest.mark.parametrize("script", ["missing.sh", "loop", "scripts"])
def test_a_script_that_cannot_be_read_is_named(app: Path, script: str) -> None:
    with pytest.raises(Rejected, match=f"the script {script} of first"):
        _script(_pipeline(app / "oscar", script), app)


def _service(name: str, *, token: str = TOKEN) -> dict[str, object]:
    return {"name": f"{name}-{TOKEN}", "image": "copy:1", "script": "true", "annotations": {LABEL: token}}


def _stage(**oscars: Oscar) -> OscarStage:
    texts = [FDL.format(script="x").replace("first", name) for name in ("first", "second")]
    services = {each.name: each for text in texts for each in fdl.loads(text, source="a.yaml").services}
    calls = {name: Calls(each.endpoint, SecretStr(PASSWORD)) for name, each in oscars.items()}
    clusters = {name: CampaignCluster(name, each) for name, each in calls.items()}
    return OscarStage({BASE: Guests(TOKEN, services, {})}, clusters)


def test_neither_a_cluster_that_is_away_nor_a_service_of_somebody_else_keeps_the_other_services_there() -> None:
    with running() as edge, running() as cloud:
        edge.broken = 503
        own, foreign = _service("second"), _service("first", token="another")
        cloud.services = {str(each["name"]): each for each in (foreign, own)}

        with pytest.raises(TryAgain, match="with 503"):
            _stage(edge=edge, cloud=cloud).close()

    assert cloud.services == {f"first-{TOKEN}": foreign}
