import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from functions.datasets.arrays import read
from functions.runtime.errors import Rejected
from tests.unit.datasets.files import PICTURES, arrays, picture, refused, zipped

THREE = [("a/1.png", picture()), ("a/2.png", picture(colour=9)), ("b/1.png", picture(colour=255))]
CENTRAL, END = b"PK\x01\x02", b"PK\x05\x06"


def edited(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("/c/1.png", "the name '/c/1.png' in the archive is absolute"),
        ("C:/1.png", "the name 'C:/1.png' in the archive is absolute"),
        ("c/../../1.png", "the name 'c/../../1.png' in the archive leads out of its folder"),
        ("../1.png", "the name '../1.png' in the archive leads out of its folder"),
        ("c/./1.png", "the name 'c/./1.png' in the archive leads out of its folder"),
        ("c//1.png", "the name 'c//1.png' in the archive leads out of its folder"),
        ("c\\1.png", "the name 'c\\\\1.png' in the archive has a backslash"),
        ("c/1\n.png", "the name 'c/1\\n.png' in the archive has characters that cannot be shown"),
        ("c/\u202e1.png", "the name 'c/\\u202e1.png' in the archive has characters that cannot be shown"),
        ("c/" + "x" * 300 + ".png", "the name 'c/xxxx"),
        ("a/1.png", "'a/1.png' is in the archive twice"),
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.warns(UserWarning, match="Duplicate name") if name == "a/1.png" else _nothing():
        data = zipped([*THREE, (name, picture())])

    assert refused(tmp_path / "d.zip", data, PICTURES).startswith(sentence)


class _nothing:  # noqa: N801 - a context manager
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    data = zipped([*THREE, ("b/2X.png", picture())]).replace(b"b/2X.png", b"b/2\0.png")

    assert "has characters that cannot be shown" in refused(tmp_path / "d.zip", data, PICTURES)


def test_the_same_letters_in_two_spellings_are_one_name(tmp_path: Path) -> None:
    data = zipped([*THREE, ("b/\u00e9.png", picture()), ("b/e\u0301.png", picture())])

    assert "is in the archive twice" in refused(tmp_path / "d.zip", data, PICTURES)


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o666, stat.S_IFCHR | 0o666])
def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path, mode: int) -> None:
    member = zipfile.ZipInfo("b/link.png")
    member.external_attr = mode << 16

    assert refused(tmp_path / "d.zip", zipped([*THREE, (member, b"/etc/passwd")]), PICTURES) == (
        "'b/link.png' in the archive is a link or a device"
    )


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    data = zipped(THREE)
    data = edited(edited(data, 6, b"\x01"), data.find(CENTRAL) + 8, b"\x01")

    assert refused(tmp_path / "d.zip", data, PICTURES) == "'a/1.png' in the archive is encrypted"


def test_a_compression_that_is_not_deflate_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a/1.png", picture())

    assert refused(tmp_path / "d.zip", file.getvalue(), PICTURES) == "'a/1.png' is compressed by method 14"


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    found = refused(tmp_path / "d.zip", zipped([*THREE, ("b/2.png", bytes(40_000_000))]), PICTURES)

    assert found.startswith("'b/2.png' unpacks to 40,000,000 bytes from 38,")
    assert found.endswith("more than 200 times as many")


def test_many_files_together_may_not_unpack_to_more_than_the_limit(tmp_path: Path) -> None:
    assert refused(tmp_path / "d.zip", zipped(THREE), PICTURES, unpacked=100).endswith("more than the limit of 100")


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    data = zipped(THREE)
    first = data[data.find(CENTRAL) + 42 :][:4]

    shared = edited(data, data.rfind(CENTRAL) + 42, first)

    assert refused(tmp_path / "d.zip", shared, PICTURES) == "files in the archive overlap"


def test_a_file_that_says_it_is_smaller_than_it_is_is_refused(tmp_path: Path) -> None:
    data = zipped([*THREE, ("b/2.png", picture(64, 64) + bytes(5000))])
    directory = data.rfind(CENTRAL)

    smaller = edited(data, directory + 24, struct.pack("<L", 90))

    assert refused(tmp_path / "d.zip", smaller, PICTURES).startswith("'b/2.png' in the archive is damaged")


def test_bytes_before_or_behind_an_archive_are_refused(tmp_path: Path) -> None:
    data = zipped(THREE)
    path = tmp_path / "d.zip"

    assert refused(path, b"#!/bin/sh\n" + data, PICTURES) == "it is not a zip archive with files"
    assert refused(path, data + b"more", PICTURES) == "something lies behind the end of the archive"
    assert refused(path, data + data, PICTURES) == "the archive does not begin with its first file"


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    data = zipped(THREE)

    for length in (10, 200, len(data) - 30, len(data) - 1):
        assert "archive" in refused(tmp_path / "d.zip", data[:length], PICTURES)


def test_a_comment_at_the_end_of_an_archive_does_no_harm(tmp_path: Path) -> None:
    file = io.BytesIO(zipped(THREE))
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"from my camera"

    assert arrays(tmp_path / "d.zip", file.getvalue(), PICTURES).rows == 3


def test_a_directory_of_many_entries_is_refused_however_many_it_declares(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, *[0] * 4, 0, 0, 0, 1, *[0] * 4, 0, 0) + b"a"
    files = zipped(THREE)
    files = files[: files.find(CENTRAL)]
    directory = entry * 50_000

    for declared in (3, 65_535):
        end = struct.pack("<4s4H2LH", END, 0, 0, declared, declared, len(directory), len(files), 0)
        found = refused(tmp_path / "d.zip", files + directory + end, PICTURES, members=10_000)
        assert found == "the archive has more than 10,000 files, the limit"


def test_what_is_checked_is_the_file_itself_and_not_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real.zip").write_bytes(zipped(THREE))
    link = tmp_path / "d.zip"
    link.symlink_to(tmp_path / "real.zip")

    with pytest.raises(Rejected, match=r"d\.zip is a link, not a file"):
        read(link, PICTURES)
