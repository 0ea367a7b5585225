"""What a Parquet file says it unpacks to, page by page: Arrow believes page headers, and they cost nothing to write.

Format: apache/parquet-format, ``parquet.thrift`` (FileMetaData, PageHeader), in Thrift's compact protocol.
"""

from typing import Any, BinaryIO

from functions.datasets.limits import Limits
from functions.runtime.errors import Rejected

_LARGEST_FOOTER = 1 << 24
_LARGEST_HEADER = 1 << 16
_MOST_PAGES = 1_000_000
_PLENTY = 1_000_000
_DELTA_BYTE_ARRAY = 7

# Fields of PageHeader, and of what it has inside.
_UNPACKED, _PACKED, _DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_2 = 2, 3, 5, 7, 8

Struct = dict[int, Any]


def check_footer(file: BinaryIO) -> None:
    """Refuse what does not begin and end as a Parquet file, or has a footer that no data has.

    Raises:
        Rejected: It does not.
    """
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(4)
    file.seek(max(0, size - 8))
    length, end = int.from_bytes(file.read(4), "little"), file.read(4)
    file.seek(0)
    if b"PARE" in (start, end):
        raise Rejected("the Parquet file is encrypted", hint="write it without encryption")
    if start != b"PAR1" or size < 12:
        raise Rejected("it is not a Parquet file", hint="name it for what it is")
    if end != b"PAR1" or length > size - 12:
        raise Rejected("the Parquet file is cut off: its footer is missing", hint="upload it again")
    if length > _LARGEST_FOOTER:
        raise Rejected(f"the Parquet file has a footer of {length:,} bytes", hint="write it with fewer row groups")


def check_pages(file: BinaryIO, about: Any, limits: Limits) -> None:  # noqa: ANN401 - pyarrow has no stubs
    """Walk the headers of all pages, and refuse more than the limits allow or pages that are not what they say.

    Args:
        file: The Parquet file.
        about: Its ``pyarrow.parquet.FileMetaData``.
        limits: ``unpacked`` holds for all pages, ``ratio`` for each.

    Raises:
        Rejected: It is hostile or damaged.
    """
    if about.num_row_groups * about.num_columns > _MOST_PAGES:
        raise Rejected(f"it has {about.num_row_groups:,} row groups", hint="write it with larger row groups")
    pages = unpacked = 0
    size = file.seek(0, 2)
    for group in range(about.num_row_groups):
        for number in range(about.num_columns):
            column = about.row_group(group).column(number)
            if column.file_path:
                raise Rejected("a column of the Parquet file lies in another file", hint="write one file")
            start = min(column.data_page_offset, column.dictionary_page_offset or column.data_page_offset)
            end = start + column.total_compressed_size
            if not 4 <= start <= end <= size:
                raise Rejected("a column lies outside of the Parquet file", hint="write it anew")
            while start < end:
                page, start = _page(file, start, end, limits)
                pages, unpacked = pages + 1, unpacked + page
                if pages > _MOST_PAGES or unpacked > limits.unpacked:
                    raise Rejected(
                        f"its pages unpack to more than {limits.unpacked:,} bytes, or are more than {_MOST_PAGES:,}"
                    )
    file.seek(0)


def _page(file: BinaryIO, start: int, end: int, limits: Limits) -> tuple[int, int]:
    """Give what the page at ``start`` unpacks to, in bytes, and where the next one starts."""
    file.seek(start)
    reader = _Compact(file.read(min(_LARGEST_HEADER, end - start)))
    header = reader.struct()
    packed, unpacked = header.get(_PACKED), header.get(_UNPACKED)
    if not isinstance(packed, int) or not isinstance(unpacked, int) or packed < 0 or unpacked < 0:
        raise Rejected("a page of the Parquet file has no size", hint="write it anew")
    following = start + reader.place + packed
    if following > end:
        raise Rejected("a page of the Parquet file is larger than its column", hint="write it anew")
    if unpacked > _PLENTY and unpacked > limits.ratio * max(1, packed):
        raise Rejected(
            f"a page unpacks to {unpacked:,} bytes from {packed:,}, more than {limits.ratio} times as many",
            hint="write the file without compression, if it is data",
        )
    data, dictionary, newer = (header.get(each, {}) for each in (_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_2))
    if not all(isinstance(each, dict) for each in (data, dictionary, newer)):
        raise Rejected("a page header of the Parquet file is damaged", hint="write it anew")
    values = dictionary.get(1, 0)
    if not isinstance(values, int) or values > unpacked:
        raise Rejected("a dictionary of the Parquet file declares more values than it has", hint="write it anew")
    if _DELTA_BYTE_ARRAY in (data.get(2), newer.get(4)):
        # Texts that repeat each other's beginnings grow without bound.
        raise Rejected("a page has the encoding DELTA_BYTE_ARRAY", hint="write texts PLAIN or with a dictionary")
    return unpacked, following


class _Compact:
    """Thrift's compact protocol (apache/thrift, thrift-compact-protocol.md): structs to ``{field: value}``."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def struct(self, depth: int = 0) -> Struct:
        """Read fields up to the stop; texts are left out."""
        if depth > 8:
            raise Rejected("a page header of the Parquet file is nested too deeply", hint="write it anew")
        fields: Struct = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = self._value(head & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> object:
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            self.place += 8
        elif kind == 8:
            length = self._unsigned()  # before the place is looked up, which it moves
            self.place += length
        elif kind in (9, 10):
            head = self._byte()
            for _ in range(self._unsigned() if head >> 4 == 15 else head >> 4):
                self._value(head & 15 if head & 15 > 2 else 3, depth + 1)
        elif kind == 12:
            return self.struct(depth + 1)
        else:
            raise Rejected("a page header of the Parquet file is damaged", hint="write it anew")
        return None

    def _byte(self) -> int:
        if self.place >= len(self.data):
            raise Rejected("a page header of the Parquet file is cut off", hint="write it anew")
        self.place += 1
        return self.data[self.place - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise Rejected("a page header of the Parquet file is damaged", hint="write it anew")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
