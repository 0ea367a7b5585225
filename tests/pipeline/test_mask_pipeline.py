"""The main job on real pictures and on hostile ones, through both functions, as a person uploads them."""

import json
import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

import fdl
from functions.runtime.ledger import Ledger
from functions.runtime.runs import StoredObject
from functions.runtime.store import Store
from local.chain import Chain, follow
from local.cli.demo import PIPELINE
from local.cli.demo.pictures import make_pictures
from local.connection import operator
from tests.pipeline.noria import Noria

PICTURES = int(os.environ.get("TEST_PICTURES", "500"))


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    noria = Noria(tmp_path_factory.mktemp("masks") / ".noria", {"NORIA_ACK_WAIT": "10"})
    try:
        noria("up", "--detach", PIPELINE)
        yield noria
    finally:
        noria("down")


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def endless_png(side: int) -> bytes:
    """Make a small, valid PNG of side x side grey pixels, all zero."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(side + 1)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def truncated_jpeg() -> bytes:
    whole = cv2.imencode(".jpg", skimage.data.astronaut()[..., ::-1])[1].tobytes()
    return whole[: len(whole) // 2]


def connect(noria: Noria) -> tuple[Store, Ledger, list[fdl.Service]]:
    given = operator({"NORIA_HOME": str(noria.home)})
    store = Store(given)
    return store, Ledger(store, given.ledger, lease=10), list(fdl.load(PIPELINE).services)


def process(noria: Noria, objects: dict[str, bytes], timeout_s: float = 120) -> dict[str, Chain]:
    """Upload objects below ``photos/in/``, and wait until all that they cause is quiet."""
    store, ledger, services = connect(noria)
    roots = [
        StoredObject(bucket="photos", key=f"in/{name}", etag=store.write("photos", f"in/{name}", content))
        for name, content in objects.items()
    ]
    chains = follow(roots, services, ledger, timeout_s=timeout_s)
    assert not [chain.waiting for chain in chains if chain.waiting]
    return dict(zip(objects, chains, strict=True))


def test_a_hostile_upload_is_one_dead_letter_and_its_neighbours_come_out(noria: Noria) -> None:
    good = png(skimage.data.camera()[::2, ::2])
    hostile = {
        "text.png": (b"not a picture at all", "not a picture"),
        "truncated.jpg": (truncated_jpeg(), "truncated|cut short|ends"),
        "empty.png": (b"", "empty"),
        "large.png": (endless_png(20_000), "20,?000"),
    }
    objects: dict[str, bytes] = {}
    for name, (content, _) in hostile.items():
        objects |= {f"hostile/{name}": content, f"hostile/good beside {name}": good}

    chains = process(noria, objects)

    for name, (_, reason) in hostile.items():
        assert [run.state for run in chains[f"hostile/{name}"].runs] == ["failed"]
        assert [run.state for run in chains[f"hostile/good beside {name}"].runs] == ["committed", "committed"]
        run = chains[f"hostile/{name}"].runs[0]
        letter = json.loads(connect(noria)[0].read(run.outputs[0].bucket, run.outputs[0].key)[0])
        assert letter["attempts"] == 1
        assert re.search(reason, letter["reason"]), letter["reason"]
        assert "\n" not in letter["reason"]
    letters = [each for each in noria.json("failed", "list") if each["input"]["key"].startswith("in/hostile/")]
    assert len(letters) == len(hostile)


@pytest.mark.parametrize("key", ["a b.png", "a+b.png", "100%41.png", "写真 日本語.png"])
def test_a_picture_under_an_odd_key_comes_out_under_the_same_key(noria: Noria, key: str) -> None:
    chain = process(noria, {f"odd/{key}": png(skimage.data.camera()[::2, ::2])})[f"odd/{key}"]

    assert {output.key for output in chain.results} == {
        f"out/odd/{key}.blurred.png",
        f"faces/odd/{key}.faces.json",
        f"out/odd/{key}.blurred.png.masks.png",
        f"out/odd/{key}.blurred.png.masks.json",
    }


def test_the_demo_counts_faces_and_masks(noria: Noria, tmp_path: Path) -> None:
    results = {each["picture"]: each for each in noria.json("demo", "--part", "masks")["pictures"]}

    assert {name: each["faces"] for name, each in results.items()} == {
        "astronaut.png": 1,
        "astronaut-masked.png": 1,
        "camera.png": 1,
        "cat.png": 0,
        "coffee.png": 0,
        "grace_hopper.jpg": 1,
    }
    assert (results["astronaut-masked.png"]["masks"], results["astronaut-masked.png"]["status"]) == (1, "Safe")
    assert (results["astronaut.png"]["no_masks"], results["astronaut.png"]["masks"]) == (1, 0)
    assert (results["grace_hopper.jpg"]["no_masks"], results["grace_hopper.jpg"]["status"]) == (1, "Warning")
    for each in results.values():
        assert len(list(Path(each["folder"]).iterdir())) == 4
    assert all(each["new"] for each in results.values())
    assert not any(each["new"] for each in noria.json("demo", "--part", "masks")["pictures"])


def test_a_picture_without_a_face_comes_out_pixel_for_pixel(noria: Noria) -> None:
    cat = skimage.data.chelsea()[..., ::-1]
    chain = process(noria, {"cat.png": png(cat)})["cat.png"]

    blurred = next(output for output in chain.results if output.key.endswith(".blurred.png"))
    content = connect(noria)[0].read(blurred.bucket, blurred.key)[0]
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert np.array_equal(pixels, cat)


def test_many_pictures_go_through_both_functions_once_each_while_parts_are_killed(noria: Noria, tmp_path: Path) -> None:
    store, ledger, services = connect(noria)
    drawn = (cv2.imread(str(path)) for path in make_pictures(tmp_path))
    small = [cv2.resize(picture, (160, 160)) for picture in drawn if picture is not None]

    def upload(number: int) -> StoredObject:
        picture = small[number % len(small)].copy()
        picture[0, 0] = number % 256, number // 256, 0  # no two alike
        key = f"in/many/{number:04}.png"
        return StoredObject(bucket="photos", key=key, etag=store.write("photos", key, png(picture)))

    roots: list[StoredObject] = []
    victims = ["worker-blur-faces-0", "publisher", "worker-mask-detect-0"]
    share = -(-PICTURES // len(victims))
    for number, victim in enumerate(victims):
        with ThreadPoolExecutor(4) as pool:
            roots += pool.map(upload, range(number * share, min((number + 1) * share, PICTURES)))
        noria.await_restart(victim, noria.kill(victim))
    chains = follow(roots, services, ledger, timeout_s=60 + PICTURES)

    assert not [chain.waiting for chain in chains if chain.waiting]
    states = Counter((run.function, run.state) for chain in chains for run in chain.runs)
    assert states == {("blur-faces", "committed"): PICTURES, ("mask-detect", "committed"): PICTURES}
    results = Counter(stat.key for stat in store.list("photos-masks", "out/many"))
    assert len(results) == 2 * PICTURES
    assert set(results) == {
        output.key for chain in chains for output in chain.results if output.bucket == "photos-masks"
    }
    assert not [each for each in noria.json("failed", "list") if each["input"]["key"].startswith("in/many/")]
