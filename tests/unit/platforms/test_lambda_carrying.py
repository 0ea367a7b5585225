"""``noria deploy --to lambda`` without ``--dry-run``: SAM is called, or it is said how."""

import os
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected, TryAgain
from local.platforms.aws_lambda import PLATFORM
from local.platforms.target import Target, read
from tests.pipelines import pipeline
from tests.unit.platforms.lambda_stack import target


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def sam(folder: Path, *, code: int = 0) -> Path:
    """A program called sam; gives the file in which it notes where and how it was called."""
    said = folder / "said"
    program = folder / "sam"
    program.write_text(f'#!/bin/sh\necho "$PWD: $*" >> {said}\nexit {code}\n')
    program.chmod(0o755)
    return said


def test_sam_builds_and_deploys_in_the_folder_of_the_files(programs: Path, tmp_path: Path) -> None:
    said = sam(programs)
    told: list[str] = []

    PLATFORM.carry_out(target("mask-detection.yaml"), tmp_path, told.append)

    assert said.read_text().splitlines() == [f"{tmp_path}: build", f"{tmp_path}: deploy"]
    assert told == list(PLATFORM.steps(target("mask-detection.yaml")))


def test_what_would_be_done_is_said_in_so_many_words() -> None:
    given = target("mask-detection.yaml", registry="ghcr.io/you", tag="7", existing=frozenset({"photos"}))

    assert PLATFORM.steps(given) == (
        "sam build: put the pipelines' files on top of ghcr.io/you/blur-faces:7, ghcr.io/you/mask-detect:7",
        "sam deploy: make or change the stack noria in us-east-1: the functions blur-faces (1769 MB, 330 s), "
        "mask-detect (1769 MB, 330 s), a queue and a dead-letter queue each, "
        "the buckets noria-ledger, photos-blurred, photos-failed, photos-masks",
        "left to you: let photos, which is there already, tell the queues: notifications/photos.json has what "
        "to add to its notifications (Terraform replaces them)",
    )


def test_without_sam_the_one_command_is_said_and_nothing_counts_as_deployed(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match="nothing is deployed yet: SAM is not installed") as refused:
        PLATFORM.carry_out(target("mask-detection.yaml"), tmp_path, print)

    assert refused.value.hint == f"cd {tmp_path} && sam build && sam deploy"
    assert not list(programs.iterdir())


def test_a_build_that_fails_is_not_deployed(programs: Path, tmp_path: Path) -> None:
    said = sam(programs, code=1)

    with pytest.raises(TryAgain, match="sam build ended with 1"):
        PLATFORM.carry_out(target("mask-detection.yaml"), tmp_path, print)

    assert said.read_text().count(os.linesep) == 1


def test_secrets_are_typed_in_by_a_person_and_stand_in_no_command_line(programs: Path, tmp_path: Path) -> None:
    said = sam(programs)
    file = tmp_path / "copy.yaml"
    file.write_text(pipeline("copy", "inbox/in", "outbox/out", API_TOKEN="hunter-two"))

    given = Target(read([file]))

    with pytest.raises(Rejected, match="secrets have to be typed in") as refused:
        PLATFORM.carry_out(given, tmp_path, print)

    assert [step.partition(": ")[0] for step in PLATFORM.steps(given)] == [
        "left to you, since secrets have to be typed in",
        "left to you, since secrets have to be typed in",
    ]
    assert refused.value.hint.endswith("sam deploy --guided")
    assert not said.exists()
