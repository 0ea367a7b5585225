"""What other people's programs say of what ``noria deploy --to lambda`` writes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.platforms.aws_lambda import PLATFORM
from local.platforms.target import Target, read
from tests.pipelines import pipelines
from tests.unit.platforms.lambda_stack import files_of, target

LINTER = Path(sys.prefix) / "cfn-lint"
TRANSLATION = Path(__file__).parent / "sam_translation.py"
needs_linter = pytest.mark.skipif(not LINTER.is_dir(), reason="no cfn-lint and aws-sam-translator in .venv/cfn-lint")


def lint(*templates: Path) -> subprocess.CompletedProcess[str]:
    """Have AWS's translator read SAM templates, and cfn-lint what becomes of them."""
    environ = {**os.environ, "PYTHONPATH": str(LINTER), "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, str(TRANSLATION), *map(str, templates)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def shared(folder: Path) -> Target:
    """Two services that watch folders which overlap, and one bucket that is there already."""
    file = folder / "shared.yaml"
    file.write_text(pipelines({"all": ("inbox/in", "first/out"), "few": ("inbox/in/few", "second/out")}))
    return Target(read([file]), existing=frozenset({"first"}))


@needs_linter
def test_aws_translates_the_templates_and_cfn_lint_finds_nothing_in_them_but_in_a_spoilt_one(tmp_path: Path) -> None:
    good = {
        "masks": files_of(target("mask-detection.yaml", existing=frozenset({"photos"})))["template.yaml"],
        "constraints": files_of(target("watch-constraints.yaml"))["template.yaml"],
        "shared": files_of(shared(tmp_path))["template.yaml"],
    }
    for name, text in good.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    spoilt = tmp_path / "spoilt.yaml"
    spoilt.write_text(good["masks"].replace("Timeout: 330", "Timeout: 3300"))

    clean = lint(*(tmp_path / f"{name}.yaml" for name in good))
    refused = lint(spoilt)

    assert (clean.returncode, clean.stdout) == (0, ""), clean.stderr
    assert "3300 is greater than the maximum of 900" in refused.stdout, refused.stderr


def test_the_script_that_pushes_images_is_one_that_sh_can_read(tmp_path: Path) -> None:
    script = tmp_path / "images.sh"
    script.write_text(files_of(target("mask-detection.yaml"))["images.sh"])
    said = tmp_path / "said"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {said}\n')
    docker.chmod(0o755)

    subprocess.run(["sh", script, "registry.example/all"], env={**os.environ, "DOCKER": str(docker)}, check=True)

    pushed = [line.split()[1].removeprefix("registry.example/all:") for line in said.read_text().splitlines()[1::2]]
    document = json.loads(files_of(target("mask-detection.yaml"))["terraform/main.tf.json"])
    wanted = [each["image_uri"] for each in document["resource"]["aws_lambda_function"].values()]
    assert [f"${{var.repository}}:{tag}" for tag in pushed] == wanted


@pytest.mark.skipif(not shutil.which("terraform"), reason="no terraform")
def test_terraform_reads_the_configuration_as_far_as_it_does_without_its_provider(tmp_path: Path) -> None:
    for name, text in PLATFORM.files(shared(tmp_path)).items():
        if name.startswith("terraform/"):
            (tmp_path / Path(name).name).write_text(text)

    environ = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}
    command = ["terraform", f"-chdir={tmp_path}", "providers"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert "provider[registry.terraform.io/hashicorp/aws]" in done.stdout, done.stderr


def problems(document: dict[str, Any]) -> list[str]:
    """Arguments that the provider does not know, and those that it wants and does not get.

    What it knows is in terraform_aws.json: names alone, taken from cdktn-provider-aws 25.8.1 (PyPI), which was made of
    the schema of hashicorp/aws 6.69.1. Blocks are those that our configuration has.
    """
    schema = json.loads((Path(__file__).parent / "terraform_aws.json").read_text())
    found = []
    for kind, resources in document["resource"].items():
        for name, given in resources.items():
            blocks = [("", given)]
            blocks += [
                (block, each)
                for block, value in given.items()
                for each in (value if isinstance(value, list) else [value])
                if isinstance(each, dict) and block != "lifecycle"
            ]
            for block, arguments in blocks:
                known = schema[kind][block]
                strange = set(arguments) - {"depends_on", "lifecycle"} - set(known["known"])
                missing = set(known["required"]) - set(arguments)
                found += [f"{kind}.{name} {block}: unknown {strange}, missing {missing}"] * bool(strange or missing)
    return found


def test_terraforms_provider_knows_every_argument_and_gets_all_that_it_wants(tmp_path: Path) -> None:
    documents = [
        json.loads(files_of(given)["terraform/main.tf.json"])
        for given in (target("mask-detection.yaml"), target("watch-constraints.yaml"), shared(tmp_path))
    ]

    assert [problem for document in documents for problem in problems(document)] == []
    spoilt = json.loads(json.dumps(documents[0]).replace('"queue_arn"', '"queue"').replace('"memory_size"', '"memory"'))
    assert len(problems(spoilt)) == 4, "two functions, two notifications"
