"""Inputs of the functions that train and verify: a set to be trained, a signed one."""

import shutil

from functions.training.record import RECORD
from tests.containers.inputs.world import World, readable
from tests.containers.jobs import Given, of_file
from tests.trust.signing import signed
from tests.unit.training.jobs import make_job

ROOM = {"memory": 4096, "pids": 512, "room": 1024, "cpus": 2.0}
"""TensorFlow takes half a gigabyte and a hundred threads before it does anything."""


def training(world: World) -> Given:
    """Give train-on-upload a network of three layers, a hundred rows and their definition: one epoch."""
    place = world.place()
    make_job(place / "in", epochs=1)
    expected = {"/trained_model.keras": b"PK", f"/{RECORD}": b'"sandbox": "landlock"'}
    file = readable(place / "in") / "dataset_definition.yaml"
    return of_file("train-on-upload", place, file, expected=expected, limits=ROOM)


def verifiable(world: World) -> Given:
    """Give verify-bom an archive of signed results, and the key that it is to believe."""
    place = world.place()
    made = signed(place)
    shutil.make_archive(str(place / "zipped/results"), "zip", made.folder)
    (place / "keys").mkdir()
    (place / "keys/signer.pem").write_text(made.signer.public.pem)
    return of_file(
        "verify-bom",
        place,
        readable(place / "zipped") / "results.zip",
        expected={"results.zip.verdict.json": b'"verdict": "verified"'},
        settings={"VERIFY_BOM_KEYS_FILE": "/keys/signer.pem"},
        places={"/keys": readable(place / "keys")},
    )
