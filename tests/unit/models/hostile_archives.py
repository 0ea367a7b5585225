"""Hostile ``.keras`` files: archives and texts that readers read in two ways, or that unpack without end."""

import struct
import zipfile
import zlib

from tests.unit.models.hostile import CONFIG, METADATA, WEIGHTS, Ordinary, hostile, packed


@hostile("E_DEPTH", CONFIG)
def json_a_hundred_thousand_deep(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), CONFIG: b"[" * 100_000 + b"]" * 100_000})


@hostile("E_DEPTH", CONFIG)
def json_a_hundred_deep(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), CONFIG: b'{"a":' * 100 + b"1" + b"}" * 100})


@hostile("E_DUPLICATE_KEY", CONFIG)
def two_classes_in_one_object(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    doubled = members[CONFIG].replace(b'"class_name": "Dense"', b'"class_name": "Dense", "class_name": "Lambda"')
    return packed({**members, CONFIG: doubled})


@hostile("E_JSON", CONFIG)
def json_with_nan(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    return packed({**members, CONFIG: members[CONFIG].replace(b'"rate": 0.2', b'"rate": NaN')})


@hostile("E_JSON", CONFIG)
def number_beyond_numbers(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    return packed({**members, CONFIG: members[CONFIG].replace(b'"rate": 0.2', b'"rate": 1e999')})


@hostile("E_BOMB")
def two_hundred_megabytes_of_spaces(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    stream = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    spaces, checksum, block = b"", 0, b" " * (10 << 20)
    for _ in range(20):
        spaces += stream.compress(block)
        checksum = zlib.crc32(block, checksum)
    others = {name: members[name] for name in (METADATA, WEIGHTS)}
    return raw_archive(others, (CONFIG, spaces + stream.flush(), checksum, 200 << 20))


@hostile("E_BOMB", CONFIG)
def member_longer_than_it_says(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    content = zlib.compress(b" " * 60_000)[2:-4]
    return raw_archive({METADATA: members[METADATA], WEIGHTS: members[WEIGHTS]}, (CONFIG, content, 1, 100))


def raw_archive(members: dict[str, bytes], last: tuple[str, bytes, int, int]) -> bytes:
    """Give an archive whose last member is packed as given: name, bytes, checksum and size."""
    stored = [(name, content, zlib.crc32(content), len(content), 0) for name, content in members.items()]
    body, directory = b"", b""
    for name, content, checksum, size, method in [*stored, (*last, 8)]:
        fields = struct.pack("<5H3L2H", 20, 0, method, 0, 33, checksum, len(content), size, len(name), 0)
        place = len(body)
        body += b"PK\x03\x04" + fields + name.encode() + content
        directory += b"PK\x01\x02\x14\x00" + fields + struct.pack("<3H2L", 0, 0, 0, 0, place) + name.encode()
    count = len(members) + 1
    return body + directory + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(body), 0)


@hostile("E_DUPLICATE_MEMBER")
def member_twice(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    content = members[CONFIG]
    return raw_archive(members, (CONFIG, zlib.compress(content)[2:-4], zlib.crc32(content), len(content)))


@hostile("E_DUPLICATE_MEMBER")
def member_twice_in_another_case(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), "Config.json": b"{}"})


@hostile("E_PATH")
def member_that_climbs(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), "../x": b""})


@hostile("E_PATH")
def member_with_an_absolute_name(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), "/etc/x": b""})


@hostile("E_MEMBERS")
def member_too_many(ordinary: Ordinary) -> bytes:
    return packed({**ordinary.members("mlp.keras"), "assets/vocabulary.txt": b"x"})


@hostile("E_MEMBERS")
def member_too_few(ordinary: Ordinary) -> bytes:
    return packed({name: each for name, each in ordinary.members("mlp.keras").items() if name != WEIGHTS})


@hostile("E_PATH")
def member_that_is_a_link(ordinary: Ordinary) -> bytes:
    content = packed(ordinary.members("mlp.keras"))
    entry = content.rindex(b"PK\x01\x02")
    return content[: entry + 38] + struct.pack("<L", 0o120777 << 16) + content[entry + 42 :]


@hostile("E_COMPRESSED", WEIGHTS)
def weights_packed(ordinary: Ordinary) -> bytes:
    return packed(ordinary.members("mlp.keras"), method=zipfile.ZIP_DEFLATED)


@hostile("E_ENCRYPTED")
def member_encrypted(ordinary: Ordinary) -> bytes:
    content = bytearray(packed(ordinary.members("mlp.keras")))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@hostile("E_ZIP_MISMATCH")
def member_with_two_names(ordinary: Ordinary) -> bytes:
    content = packed(ordinary.members("mlp.keras"))
    return content.replace(CONFIG.encode(), b"hidden.json", 1)


@hostile("E_ZIP_PREPENDED")
def something_in_front(ordinary: Ordinary) -> bytes:
    return b"#!/bin/sh\nid\n" + ordinary.read("mlp.keras")


@hostile("E_ZIP_GAP")
def something_in_front_that_looks_like_a_member(ordinary: Ordinary) -> bytes:
    content = ordinary.read("mlp.keras")
    end = content.rindex(b"PK\x05\x06")
    start, size = struct.unpack("<LL", content[end + 12 : end + 20])[::-1]
    front = b"PK\x03\x04" + b"\0" * 60
    moved = b"".join(
        entry[:42] + struct.pack("<L", struct.unpack("<L", entry[42:46])[0] + len(front)) + entry[46:]
        for entry in split_entries(content[start : start + size])
    )
    return front + content[:start] + moved + content[end : end + 16] + struct.pack("<LH", start + len(front), 0)


def split_entries(directory: bytes) -> list[bytes]:
    """Give the entries of a central directory."""
    return [b"PK\x01\x02" + each for each in directory.split(b"PK\x01\x02")[1:]]


@hostile("E_ZIP_END")
def something_behind(ordinary: Ordinary) -> bytes:
    return ordinary.read("mlp.keras") + b"\0" * 40


@hostile("E_ZIP_END")
def cut_off(ordinary: Ordinary) -> bytes:
    return ordinary.read("mlp.keras")[:-100]


@hostile("E_DAMAGED", WEIGHTS)
def weight_flipped(ordinary: Ordinary) -> bytes:
    content = bytearray(ordinary.read("mlp.keras"))
    content[content.index(b"\x89HDF") + 9_200] ^= 1
    return bytes(content)


@hostile("E_PICKLE")
def pickle_named_keras(_: Ordinary) -> bytes:
    return b"\x80\x04cposix\nsystem\n(X\x02\x00\x00\x00idtR."


@hostile("E_HDF5")
def hdf5_named_keras(ordinary: Ordinary) -> bytes:
    return ordinary.members("mlp.keras")[WEIGHTS]


@hostile("E_TYPE")
def text_named_keras(_: Ordinary) -> bytes:
    return b"import os\nos.system('id')\n"


@hostile("E_EMPTY")
def nothing_named_keras(_: Ordinary) -> bytes:
    return b""
