"""What platforms are told of pipelines, whoever they are."""

import json
from pathlib import Path

import pytest

import fdl
from functions.runtime.errors import Rejected
from local.platforms.keys import read_keys
from local.platforms.policy import s3_policy
from local.platforms.target import Target, read
from tests import pipelines

ROOT = Path(__file__).parents[3]


def target(tmp_path: Path, image: str = "localhost:5001/copy:0.1.0", **given: str) -> Target:
    path = tmp_path / "copy.yaml"
    path.write_text(pipelines.pipeline("copy", "photos/in", "copies/out").replace("localhost/copy:1", image))
    return Target(read([path]), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "registry", "tag", "pulled"),
    [
        ("localhost:5001/blur:0.1.0", "", "", "localhost:5001/blur:0.1.0"),
        ("localhost:5001/blur:0.1.0", "ghcr.io/you/", "", "ghcr.io/you/blur:0.1.0"),
        ("localhost:5001/team/blur", "ghcr.io/you", "7", "ghcr.io/you/team/blur:7"),
        ("localhost:5001/blur@sha256:ab", "ghcr.io", "", "ghcr.io/blur@sha256:ab"),
        ("localhost:5001/blur:1@sha256:ab", "ghcr.io", "2", "ghcr.io/blur:2"),
        ("localhost:5001/blur:1", "", "2", "localhost:5001/blur:2"),
        ("grycap/cowsay:1", "ghcr.io/you", "2", "grycap/cowsay:1"),
        ("registry.example:5001/blur:1", "ghcr.io/you", "2", "registry.example:5001/blur:1"),
    ],
)
def test_only_images_of_this_machine_are_looked_for_in_another_registry(
    tmp_path: Path, image: str, registry: str, tag: str, pulled: str
) -> None:
    given = target(tmp_path, image, registry=registry, tag=tag)

    assert given.image(given.services[0]) == pulled


def test_images_that_nobody_else_can_pull_are_named(tmp_path: Path) -> None:
    assert target(tmp_path).unreachable() == ("localhost:5001/copy:0.1.0",)
    assert target(tmp_path, registry="ghcr.io/you").unreachable() == ()


def test_what_could_not_run_together_is_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pipelines.pipeline("copy", "photos/in", "photos/in"))

    with pytest.raises(Rejected, match=r"a\.yaml:3 copy"):
        read([tmp_path / "a.yaml"])


def test_a_policy_opens_a_service_s_own_folders_and_the_ledger_it_reads(tmp_path: Path) -> None:
    given = target(tmp_path)

    policy = s3_policy(given.grants(given.services[0]))

    statements = {each["Sid"]: each for each in policy["Statement"]}
    assert statements["Read"]["Resource"][0] == "arn:aws:s3:::photos/in/*"
    assert "arn:aws:s3:::noria-ledger/*" in statements["Read"]["Resource"]
    assert statements["Write"]["Resource"] == [
        "arn:aws:s3:::copies/out/*",
        "arn:aws:s3:::copies/out-failed/*",
        "arn:aws:s3:::noria-ledger/copy/*",
        "arn:aws:s3:::noria-ledger/clock/*",
        "arn:aws:s3:::noria-ledger/dead-letters/copy/*",
    ]
    lists = {each["Resource"][0]: each.get("Condition") for sid, each in statements.items() if sid.startswith("List")}
    assert lists["arn:aws:s3:::photos"] == {"StringLike": {"s3:prefix": ["in/*", "in/"]}}
    assert lists["arn:aws:s3:::noria-ledger"] is None


def test_every_pipeline_of_ours_has_a_policy_for_each_of_its_services() -> None:
    files = sorted((ROOT / "fdl").glob("*.yaml"))

    for file in files:
        given = Target((fdl.load(file),))
        for service in given.services:
            text = json.dumps(s3_policy(given.grants(service)))
            assert '"Resource": []' not in text
            assert "arn:aws:s3:::*" not in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "is no mapping of services"),
        ("{", "is no JSON"),
        ('{"copy": 3}', "the keys of copy are no mapping of text"),
        ('{"copy": {"acess_key": "SECRET"}}', "acess_key of copy is not known; did you mean access_key"),
        ('{"copy": {"access_key": "SECRET"}}', "copy has only one of access_key and secret_key"),
    ],
)
def test_a_file_of_keys_that_cannot_be_used_is_one_sentence_without_a_key(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)

    with pytest.raises(Rejected, match=sentence) as refusal:
        read_keys(path)

    assert "SECRET" not in f"{refusal.value.message}{refusal.value.hint}"
