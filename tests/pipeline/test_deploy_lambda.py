"""What ``noria deploy --to lambda`` writes, in Lambda's own emulator: the function as the template describes it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.platforms.aws_lambda import PLATFORM
from local.platforms.aws_lambda.image import FDL_FOLDER
from local.platforms.target import Target, read
from tests.contract.announcing import amazon
from tests.contract.aws_lambda import HANDLER, MISSING, LambdaDriver
from tests.contract.world import INPUT, SERVICE, World, buckets_of
from tests.pipeline.noria import ROOT, Noria
from tests.pipelines import pipeline

LEDGER, RESULTS = buckets_of("aws_lambda")


def written(folder: Path) -> dict[str, Any]:
    """Write all files, and give the function's properties."""
    file = folder / "copy.yaml"
    file.write_text(pipeline(SERVICE, f"{INPUT}/in", f"{RESULTS}/out"))
    for name, text in PLATFORM.files(Target(read([file]), ledger=LEDGER)).items():
        path = folder / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    document = yaml.safe_load((folder / "out/template.yaml").read_text())
    properties: dict[str, Any] = document["Resources"]["Contract"]["Properties"]
    return properties


def test_a_dry_run_shows_every_file_and_changes_nothing_and_without_sam_it_is_said_how_to_go_on(tmp_path: Path) -> None:
    noria, folder = Noria(tmp_path / ".noria", {"PATH": "/usr/bin:/bin"}), tmp_path / "out"
    command = ["deploy", "--to", "lambda", str(ROOT / "fdl/mask-detection.yaml"), "--registry", "ghcr.io/you"]

    shown = noria(*command, "--dry-run")
    there_before = folder.exists()
    refused = noria.run(*command, "--output", folder)

    assert not there_before
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {line.removeprefix("--- ") for line in shown.splitlines() if line.startswith("--- ")} == files
    assert files >= {"template.yaml", "samconfig.toml", "terraform/main.tf.json", "images.sh", "image/Dockerfile"}
    assert refused.returncode == 4
    assert f"cd {folder} && sam build && sam deploy" in " ".join(refused.stderr.split())


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_the_function_that_the_template_describes_does_its_job_in_lambda_s_emulator(tmp_path: Path) -> None:
    function = written(tmp_path)
    told = function["Environment"]["Variables"]
    in_the_image = str(tmp_path / "out/image/fdl")
    environ = {
        **told,
        "NORIA_STORE_REGION": "us-east-1",
        "NORIA_FDL": told["NORIA_FDL"].replace(FDL_FOLDER, in_the_image),
    }
    world = World.begin(tmp_path)
    driver = LambdaDriver(world, handler=function["ImageConfig"]["Command"][0], **environ)
    try:
        answer = driver.deliver(amazon(world.put("in/trip/a b.txt", b"hello")))
        results = world.results("aws_lambda")
    finally:
        driver.close()
        world.close()

    assert told["NORIA_STORE_REGION"] == {"Ref": "AWS::Region"}
    assert function["ImageConfig"] == {"EntryPoint": ["python", "-m", "awslambdaric"], "Command": [HANDLER]}
    assert answer.verdict == "done"
    assert results == {"out/trip/a b.txt.copy": b"hello"}
