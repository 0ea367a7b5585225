"""What only OSCAR has: a supervisor that uploads whatever lies there, and that nobody asks how it went."""

import json
from typing import Any

import pytest

from events import ObjectCreated
from events.wire import minio_document
from tests.contract.conftest import need
from tests.contract.oscar import OscarDriver, printed
from tests.contract.world import World, buckets_of

RESULTS = buckets_of("oscar")[1]


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """The folder of a test's objects."""
    need("oscar")
    return str(request.node.name)


def put(world: World, folder: str, content: bytes) -> ObjectCreated:
    """Upload an object into a folder below it."""
    return world.put(f"in/{folder}/sub/a.txt", content)


def left(world: World, folder: str) -> dict[str, bytes]:
    """Give what lies in the output folders for a test."""
    return {key: body for key, body in world.results("oscar").items() if f"/{folder}/" in key}


def letter(found: dict[str, bytes]) -> dict[str, Any]:
    """Give the one letter that is all that lies there."""
    ((key, body),) = found.items()
    assert key.startswith("out-failed/")
    said: dict[str, Any] = json.loads(body)
    return said


def test_with_a_ledger_the_supervisor_finds_nothing_to_upload(world: World, folder: str) -> None:
    uploaded = put(world, folder, b"plain\n")

    log = OscarDriver(world).log_of(minio_document(uploaded))

    assert "Uploading file" not in log
    stat = world.store.stat(RESULTS, f"out/{uploaded.key.removeprefix('in/')}.copy")
    assert stat.metadata["noria-parent"].startswith("contract/")


def test_without_a_ledger_results_have_the_same_keys(world: World, folder: str) -> None:
    uploaded = put(world, folder, b"plain\n")

    log = OscarDriver(world, ledger=False).log_of(minio_document(uploaded))

    assert printed(log)["verdict"] == "done"
    assert sorted(left(world, folder)) == [f"out/{folder}/sub/a.txt.copy", f"out/{folder}/sub/a.txt.sum"]


def test_without_a_ledger_half_of_the_results_are_none(world: World, folder: str) -> None:
    uploaded = put(world, folder, b"half\n")

    OscarDriver(world, ledger=False).log_of(minio_document(uploaded))

    said = letter(left(world, folder))
    assert (said["reason"], said["hint"], said["retry"]) == ("the content says half", "upload the other half", False)
    assert (said["input"]["key"], said["attempts"]) == (uploaded.key, 1)


def test_without_a_ledger_a_process_that_always_ends_is_tried_again_and_then_told(world: World, folder: str) -> None:
    uploaded = put(world, folder, b"exit\n")

    OscarDriver(world, ledger=False).log_of(minio_document(uploaded))

    said = letter(left(world, folder))
    assert (said["attempts"], said["retry"]) == (3, True)
    assert "was lost" in said["reason"]


def test_a_function_that_cannot_start_is_told_as_an_object(world: World, folder: str) -> None:
    uploaded = put(world, folder, b"plain\n")

    OscarDriver(world, NORIA_FUNCTION="blur-face").log_of(minio_document(uploaded))

    said = letter(left(world, folder))
    assert "did you mean blur_faces" in said["reason"]
    assert said["retry"] is False
