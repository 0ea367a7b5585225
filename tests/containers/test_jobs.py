"""Functions at their work in containers that can write nothing but /tmp and their results, most without a network."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from functions.runtime.function import load
from functions.runtime.invoke import invoke
from functions.training.record import RECORD
from functions.trust.keyset import KeySet
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from local.images.catalogue import images
from tests.containers.conftest import SERVICES, Images
from tests.containers.contained import asked, mounts
from tests.containers.inputs import INPUTS, World, world
from tests.containers.jobs import job, lacking, of_file
from tests.trust.desks import event_of, key_file
from tests.trust.signing import SIGNED
from tests.trust.trainings import trained
from tests.unit.vision.video.clips import clip, moved

SIGN = """
import json, pathlib
from datetime import datetime
from events import ObjectCreated
from functions.runtime import Context
from functions.runtime.local_desk import LocalDesk
from functions.runtime.runs import Run
from functions.sign_bom.handler import sign_bom
from functions.sign_bom.settings import SignBom

told = json.loads(pathlib.Path("/in/told.json").read_text())
run = Run.model_validate(told["run"])

class Desk(LocalDesk):
    def producer(self):
        return run
    def read(self, one):
        return pathlib.Path(told["shelf"][f"{one.bucket}/{one.key}@{one.etag}"])

settings = SignBom.model_validate({"key_file": "/in/key.pem"})
desk = Desk(pathlib.Path(told["record"]))
ctx = Context(settings=settings, folder=pathlib.Path("/work"), desk=desk,
              now=lambda: datetime.fromisoformat(told["now"]))
sign_bom(ObjectCreated.model_validate(told["event"]), ctx)
print(json.dumps("signed"))
"""


@pytest.fixture(scope="module")
def at_hand() -> Iterator[World]:
    """Give where inputs are made."""
    with world() as found:
        yield found


def test_there_is_an_input_for_every_image() -> None:
    assert set(INPUTS) == {each.service for each in images()}


@pytest.mark.parametrize("service", SERVICES)
def test_a_function_does_its_job_in_its_image(image: Images, at_hand: World, service: str) -> None:
    image(service)
    given = INPUTS[service](at_hand)

    found = job(given)

    assert lacking(given, found) == []


def test_blur_faces_gives_the_bytes_that_it_gives_here(image: Images, at_hand: World, tmp_path: Path) -> None:
    image("blur-faces")
    given = INPUTS["blur-faces"](at_hand)
    here = invoke(load("blur-faces"), given.places["/in"] / "photo.png", tmp_path, environ={})

    found = job(given)

    assert found == {path.name: path.read_bytes() for path in here.outputs}


def test_a_video_is_decoded_behind_walls_of_its_own_within_the_container(image: Images, shared: Path) -> None:
    image("blur-faces")
    (shared / "in").mkdir()
    clip(shared / "in/walk.mp4", moved(4))

    found = job(of_file("blur-faces", shared, shared / "in/walk.mp4"))

    assert set(found) == {"walk.mp4.blurred.mp4", "walk.mp4.faces.json"}
    (shared / "out.mp4").write_bytes(found["walk.mp4.blurred.mp4"])
    assert int(cv2.VideoCapture(str(shared / "out.mp4")).get(cv2.CAP_PROP_FRAME_COUNT)) == 4


def test_sign_bom_signs_a_training_with_a_key_that_is_mounted(image: Images, shared: Path) -> None:
    training, signer = trained(shared), PemSigner.new()
    key = key_file(shared, signer)
    shelf = {f"{at[0]}/{at[1]}@{at[2]}": inside(path, shared) for at, path in training.shelf.files.items()}
    told = {
        "run": json.loads(training.run.model_dump_json()),
        "event": json.loads(event_of(training).model_dump_json()),
        "shelf": shelf,
        "record": inside(training.outputs / RECORD, shared),
        "now": SIGNED.isoformat(),
    }
    (shared / "told.json").write_text(json.dumps(told))
    key.rename(shared / "key.pem")
    for path in shared.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    work = shared / "signed"
    work.mkdir()
    work.chmod(0o777)

    places = mounts({"/in": shared}) + mounts({"/work": work}, writable=True)
    assert asked(image("sign-bom"), SIGN, *places) == "signed"

    verdict = verify(work, Anchors(keys=KeySet.of(signer.public), now=SIGNED))
    assert verdict.is_good
    assert {path.name for path in training.outputs.iterdir()} <= {path.name for path in work.iterdir()}


def inside(path: Path, folder: Path) -> str:
    """Give where a container sees a file of the folder that is its ``/in``."""
    return f"/in/{path.relative_to(folder)}"
