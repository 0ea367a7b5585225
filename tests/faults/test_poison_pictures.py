"""Poisonous pictures, before the function that would have to decode them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from PIL import Image

from functions.blur_faces.handler import blur_faces
from tests.conftest import Run
from tests.faults.rig import Rig, pipeline

BLUR = pipeline(
    "blur-faces",
    "photos/in",
    "blurred/out",
    function="blur-faces",
    suffixes=[".blurred.png", ".faces.json"],
    memory="1Gi",
)
SIDE = 65_536


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("pictures"), [BLUR], workers=1) as rig:
        yield rig


def picture() -> bytes:
    """A picture without a face, as a PNG."""
    out = io.BytesIO()
    Image.fromarray(np.tile(np.arange(0, 200, dtype=np.uint8), (150, 1))).save(out, "PNG")
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb() -> bytes:
    """A whole and valid PNG of 65,536 x 65,536 black points, 4 gigapixels: 512 MiB to decode at one bit each."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)
    packer, row = zlib.compressobj(1), bytes(1 + SIDE // 8)
    packed = b"".join(packer.compress(row * 256) for _ in range(SIDE // 256)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    """A ZIP archive that says it is a picture by its name, and holds 256 MiB of nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("picture.png", bytes(256 * 2**20))
    return out.getvalue()


POISON: Mapping[str, Callable[[], bytes]] = {
    "empty.png": bytes,
    "truncated.png": lambda: picture()[:-40],
    "no picture.png": lambda: b"not a picture",
    "png bomb.png": png_bomb,
    "zip bomb.png": zip_bomb,
}


def test_a_poisonous_picture_is_rejected_at_once_and_the_picture_beside_it_is_blurred(rig: Rig, run: Run) -> None:
    good = picture()
    rig.expected = lambda name, content: run(blur_faces, name, content).files
    sent = {name: rig.upload_content(name, make(), dead=True) for name, make in POISON.items()}
    rig.upload_content("beside.png", good)

    rig.settle()

    assert rig.judge()["committed"] == 1
    letters = {letter.run: letter for letter in rig.letters()}
    assert {letters[upload.run_of("blur-faces")].attempts for upload in sent.values()} == {1}
    assert all(letters[upload.run_of("blur-faces")].reason for upload in sent.values())
