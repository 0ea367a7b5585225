"""Inputs of the functions that see pictures: a photo, a picture that went through the first half, a blurred one."""

import os
from pathlib import Path

from functions.runtime.function import load
from functions.runtime.invoke import invoke
from local.cli.demo.pictures import write_photo
from local.images.catalogue import chosen
from tests.containers.inputs.world import World, readable
from tests.containers.jobs import Given, of_file

PNG, ZIP = b"\x89PNG", b"PK\x03\x04"
FACE = b'"score"'


def photo(world: World) -> Given:
    """Give a photo with one face to blur-faces."""
    return _of_photo(world, "blur-faces", {".blurred.png": PNG, ".faces.json": FACE})


def whole(world: World) -> Given:
    """Give the photo to the first half."""
    return _of_photo(world, "blur-faces-head", {".half.npz": ZIP})


def half(world: World) -> Given:
    """Give the second half what the first one makes of the photo."""
    place = world.place()
    _seen("blur-faces-head", place)
    expected = {"photo.png.blurred.png": PNG, "photo.png.faces.json": FACE}
    return of_file("blur-faces-tail", world.place(), place / "in/photo.png.half.npz", expected=expected)


def blurred(world: World) -> Given:
    """Give mask-detect what blur-faces makes of the photo."""
    place = world.place()
    _seen("blur-faces", place)
    expected = {".masks.png": PNG, ".masks.json": b'"no_masks_count": 1'}
    return of_file("mask-detect", world.place(), place / "in/photo.png.blurred.png", expected=expected)


def _of_photo(world: World, service: str, expected: dict[str, bytes]) -> Given:
    place = world.place()
    write_photo(place / "in/photo.png")
    return of_file(service, place, readable(place / "in") / "photo.png", expected=expected)


def _seen(service: str, place: Path) -> None:
    """Let another function see the photo, here."""
    [image] = chosen([service])
    write_photo(place / "photo.png")
    invoke(load(image.function), place / "photo.png", place / "in", environ=os.environ)
    readable(place / "in")
