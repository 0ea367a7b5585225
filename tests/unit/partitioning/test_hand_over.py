"""What one part hands over is what the next one gets, and nothing in it can run."""

import io
import json
import os
import pickle
import random
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.partitioning import hand_over
from functions.partitioning.hand_over import HandOverError, load, save

COUNT = int(os.environ.get("FUZZ_COUNT", "400"))
TENSORS: dict[str, Any] = {
    "model/pool:0": np.arange(6, dtype=np.float32).reshape(1, 2, 3),
    "picture": np.full((2, 2, 3), 200, np.uint8),
    "none": np.zeros((0, 4), np.int64),
    "one": np.array(2.5),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}
PLAIN = {"threshold": 0.7, "classes": ["face", "none"], "show": False, "nothing": None, "more": {"a": {"b": [1, 2]}}}


def test_tensors_and_values_come_out_as_they_went_in(tmp_path: Path) -> None:
    path = save(tmp_path / "frame-1.jpg", {**TENSORS, **PLAIN}, {"input": "a.jpg", "file": io.BytesIO()})

    values, arguments = load(path)

    assert path.name == "frame-1.jpg.npz"
    assert {name: values[name] for name in PLAIN} == PLAIN
    for name, tensor in TENSORS.items():
        assert np.array_equal(values[name], tensor)
        assert values[name].dtype == tensor.dtype
    assert arguments == {"input": "a.jpg"}


def test_numpy_opens_the_tensors_too(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", TENSORS)

    with np.load(path, allow_pickle=False) as archive:
        assert np.array_equal(archive["0"], TENSORS["model/pool:0"])


def test_equal_values_give_equal_bytes(tmp_path: Path) -> None:
    one, other = save(tmp_path / "a", {**TENSORS, **PLAIN}), save(tmp_path / "b", {**TENSORS, **PLAIN})

    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("value", "said"),
    [(object(), "type object"), (np.array([object()]), "Python objects"), ({1: 2}, "type dict"), ({2, 3}, "type set")],
)
def test_what_is_neither_tensor_nor_plain_is_refused(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(HandOverError, match=f"^strange .*{said}"):
        save(tmp_path / "a", {"strange": value})


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("it was unpickled",))


def packed(members: dict[str, bytes], way: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


INDEX = json.dumps({"tensors": ["a"], "values": {}, "arguments": {}}).encode()
HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }"
LARGE = b"\x93NUMPY\x01\x00" + len(HEADER).to_bytes(2, "little") + HEADER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        pickle.dumps(Trap()),
        packed({"0.npy": npy(np.ones(3))}),
        packed({"hand_over.json": INDEX}),
        packed({"hand_over.json": INDEX, "0.npy": pickle.dumps(Trap())}),
        packed({"hand_over.json": INDEX, "0.npy": npy(np.array([Trap()]))}),
        packed({"hand_over.json": INDEX, "0.npy": LARGE}),
        packed({"hand_over.json": INDEX, "0.npy": npy(np.ones(3))[:-1]}),
        packed({"hand_over.json": b"[1, 2]", "0.npy": npy(np.ones(3))}),
        packed({"hand_over.json": b"\xff", "0.npy": npy(np.ones(3))}),
    ],
)
def test_what_is_no_hand_over_ends_in_a_sentence_and_runs_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "frame.npz"
    path.write_bytes(content)

    with pytest.raises(HandOverError, match=r"frame\.npz is no hand-over"):
        load(path)


def test_one_that_unpacks_to_too_much_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "frame", {"zeros": np.zeros(1000)})
    monkeypatch.setattr(hand_over, "LARGEST", 4000)

    with pytest.raises(HandOverError, match="unpacks to more than 4,000 bytes"):
        load(path)


def listed(count: int, *, far: bool) -> bytes:
    """Give a directory of many entries and nothing else."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 8, 5, *[0] * 6)
    entries = b"".join(entry + b"%05x" % at for at in range(count))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *((1, 1, 46) if far else (count, count, len(entries))), 0, 0)
    more = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(entries), 0)
    return entries + (more + struct.pack("<4sLQL", b"PK\6\7", 0, len(entries), 1) if far else b"") + end


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed({"hand_over.json": INDEX, "0.npy": bytes(10_000)}, zipfile.ZIP_DEFLATED), "packed in a way"),
        (packed({"hand_over.json": b'{"values":[' + b"[]," * 400_000 + b"0]}"}), "1,048,576 bytes of index"),
        (listed(2000, far=False), "more than 1000 tensors"),
        (listed(100_000, far=True), "more than 1000 tensors"),
    ],
    ids=["packed", "index", "entries", "entries of a large archive"],
)
def test_one_that_would_take_more_memory_than_it_has_bytes_is_refused_before_it_does(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "frame.npz"
    path.write_bytes(content)

    tracemalloc.start()
    try:
        with pytest.raises(HandOverError, match=said):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore")  # zipfile warns of names that come twice
@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_one_is_read_or_refused_and_nothing_else(tmp_path: Path, way: int) -> None:
    generator = random.Random(way)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as archive:
        archive.writestr("hand_over.json", INDEX)
        archive.writestr("0.npy", npy(np.arange(30.0)))
    path = tmp_path / "frame.npz"

    for _ in range(COUNT):
        data = bytearray(file.getvalue())
        for _ in range(generator.randint(1, 3)):
            place = generator.randrange(len(data))
            data[place : place + generator.randrange(4)] = generator.randbytes(generator.randrange(4))
        path.write_bytes(data)
        with suppress(HandOverError):
            assert set(load(path)[0]) == {"a"}
