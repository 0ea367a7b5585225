"""Whatever ends a deployment to OSCAR, the next one completes it; a policy opens what a service needs and no more."""

import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import fdl
from functions.runtime.errors import TryAgain
from local.platforms.oscar.definitions import script
from local.platforms.policy import s3_policy
from local.platforms.target import Target, read
from tests import pipelines
from tests.pipeline.noria import ROOT
from tests.unit.platforms.oscar_place import place, with_secret, write_pipeline

OURS = sorted((ROOT / "fdl").glob("*.yaml"))


@pytest.mark.parametrize("calls", range(1, 6))
def test_after_a_cluster_went_away_at_any_change_the_next_call_completes_it(tmp_path: Path, calls: int) -> None:
    with place(tmp_path) as there:
        there.oscar.breaks_after = calls
        with suppress(TryAgain):
            there.deploy()
        interrupted, there.oscar.broken = bool(there.oscar.broken), 0
        there.deploy()

        oscar = there.oscar
        assert interrupted
        assert {*oscar.services} == {"first", "second"}
        assert oscar.triggers("photos", "in/a.jpg") == ["first"]
        assert oscar.triggers("copies", "out/a.jpg") == ["second"]
        assert all(each["output"] and each["file_stage_in"] for each in oscar.services.values())
        assert {name: given["NORIA_STORE_SECRET_KEY"] for name, given in oscar.secrets.items()} == {
            name: keys["secret_key"] for name, keys in there.keys().items()
        }


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_a_policy_allows_what_the_engine_does_and_refuses_what_is_others(file: Path) -> None:
    target = Target((fdl.load(file),))

    for service in target.services:
        policy = s3_policy(target.grants(service))
        others = [each for each in target.services if each.name != service.name]
        own = {(path.bucket, path.prefix) for path in service.outputs}
        for path in service.inputs:
            assert allowed(policy, "s3:GetObject", f"{path.bucket}/{path.prefix}/a/b.jpg")
            assert not allowed(policy, "s3:GetObject", f"{path.bucket}-more/{path.prefix}/a.jpg")
        for path in service.outputs:
            for action in ("s3:PutObject", "s3:DeleteObject", "s3:GetObject", "s3:AbortMultipartUpload"):
                assert allowed(policy, action, f"{path.bucket}/{path.prefix}/a.jpg"), action
            assert lists(policy, path.bucket, f"{path.prefix}/trip/")
        assert allowed(policy, "s3:PutObject", f"noria-ledger/{service.name}/1.json")
        assert not allowed(policy, "s3:PutObject", "noria-ledger/1.json")
        for other in others:
            assert not allowed(policy, "s3:PutObject", f"noria-ledger/{other.name}/1.json")
            for path in other.outputs:
                if (path.bucket, path.prefix) not in own and not any(path.overlaps(each) for each in service.outputs):
                    assert not allowed(policy, "s3:PutObject", f"{path.bucket}/{path.prefix}/a.jpg")
        assert not lists(policy, service.inputs[0].bucket, "")


def test_a_key_that_comes_as_text_is_a_private_file_when_the_function_begins(tmp_path: Path) -> None:
    text = with_secret(pipelines.pipeline("signer", "photos/in", "signed/out"), "SIGNER_KEY_FILE")
    target = Target(read([write_pipeline(tmp_path, text)]))
    begun = script(target, target.services[0]).replace(
        "exec python -m functions.runtime.hosts.oscar",
        'stat -c "%a %n" "$SIGNER_KEY_FILE"; cat "$SIGNER_KEY_FILE"; echo "<$TEXT_OF_SIGNER_KEY_FILE>"',
    )
    key = "-----BEGIN-----\n  a\\b $HOME `id`\n-----END-----\n"

    said = subprocess.run(
        ["/bin/sh", "-c", begun],
        env={"TEXT_OF_SIGNER_KEY_FILE": key, "TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    first, _, rest = said.partition("\n")
    assert first.startswith("600 ")
    assert first.endswith("/SIGNER_KEY_FILE")
    assert rest == f"{key}<>\n"


def allowed(policy: Mapping[str, Any], action: str, item: str) -> bool:
    """Whether a policy lets somebody do something with one object."""
    return any(
        action in each["Action"] and _fits(f"arn:aws:s3:::{item}", each["Resource"]) for each in policy["Statement"]
    )


def lists(policy: Mapping[str, Any], bucket: str, prefix: str) -> bool:
    """Whether a policy lets somebody list a bucket by this prefix."""
    return any(
        "s3:ListBucket" in each["Action"]
        and _fits(f"arn:aws:s3:::{bucket}", each["Resource"])
        and _fits(prefix, each.get("Condition", {}).get("StringLike", {}).get("s3:prefix", ["*"]))
        for each in policy["Statement"]
    )


def _fits(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, each) for each in patterns)
