import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from functions.datasets.arrays import Arrays, read
from functions.datasets.definition import Definition, read_definition
from functions.datasets.limits import Limits
from tests.datasets_samples import as_parquet, tabular
from tests.unit.datasets.files import TABLE, changed, refused

COLUMNS = {"a": pa.array([1.5, 2.0, 3.0]), "b": pa.array([1, 2, 3]), "c": pa.array(["x", "y", "x"])}


def parquet(folder: Path, columns: dict[str, Any] | None = None, **options: Any) -> bytes:
    """Give the bytes of a file with ``COLUMNS``, some of them others; None leaves one out."""
    chosen = {name: column for name, column in {**COLUMNS, **(columns or {})}.items() if column is not None}
    pq.write_table(pa.table(chosen), folder / "made", **options)
    return (folder / "made").read_bytes()


def found(folder: Path, data: bytes, definition: Definition = TABLE, **limits: int) -> Arrays:
    path = folder / "d.parquet"
    path.write_bytes(data)
    return read(path, definition, Limits(**limits))


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ({}, {}),
        ({}, {"compression": "zstd", "data_page_version": "2.0"}),
        ({}, {"compression": "gzip", "use_dictionary": False, "write_statistics": False}),
        ({}, {"compression": "none", "row_group_size": 1}),
        ({"a": pa.array([1.5, 2, 3], pa.float16()), "b": pa.array([1, 2, 3], pa.uint8())}, {}),
        ({"c": COLUMNS["c"].dictionary_encode()}, {}),
        ({"c": pa.array(["x", "y", "x"], pa.large_string())}, {}),
    ],
)
def test_a_table_is_the_same_however_its_parquet_is_written(tmp_path: Path, columns: Any, options: Any) -> None:
    read = found(tmp_path, parquet(tmp_path, columns, **options))

    assert read.x.tolist() == [[1.5, 1], [2, 2], [3, 3]]
    assert read.y.tolist() == [0, 1, 0]
    assert read.classes == ("x", "y")


def test_a_table_is_the_same_from_csv_and_from_parquet(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    one, definition = tabular(tmp_path / "csv", rows=300, classes=3)
    other, _ = as_parquet(tmp_path, rows=300, classes=3)

    assert read(one, read_definition(definition)).digest == read(other, read_definition(definition)).digest


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"a": pa.array([1.0, None, 3.0])}, "row 2: column 'a' is empty"),
        ({"c": pa.array(["x", "y", None])}, "row 3: column 'c' is empty"),
        ({"c": pa.array(["x", " ", "y"])}, "row 2: column 'c' is empty"),
        ({"a": pa.array([1.0, 2.0, np.nan])}, "row 3: column 'a' is NaN, a missing value"),
        ({"a": pa.array([-np.inf, 2.0, 3.0])}, "row 1: column 'a' is -inf, which is not finite"),
        ({"a": pa.array([1.0, 1e300, 3.0])}, "row 2: column 'a' is 1e+300, beyond 32-bit decimals"),
        ({"b": pa.array([1, 2, 2**64 - 1], pa.uint64())}, "row 3: column 'b' is 18446744073709551615, beyond"),
        ({"c": pa.array(["x", "z" * 201, "y"])}, "row 2: column 'c' is 'zzz"),
        ({"a": pa.array(["1", "2", "3"])}, "column 'a' holds string, but is declared float"),
        ({"b": pa.array([1.0, 2.0, 3.0])}, "column 'b' holds double, but is declared int"),
        ({"a": pa.array([True, False, True])}, "column 'a' holds bool, but is declared float"),
        ({"c": pa.array([b"x", b"y", b"x"])}, "column 'c' holds dictionary<values=binary"),
        ({"a": pa.array([[1.0], [2.0], [3.0]])}, "column 'a' holds list<"),
        ({"a": pa.array([{"q": 1.0}] * 3)}, "column 'a' holds struct<"),
        ({"a": pa.array([Decimal("1.5")] * 3)}, "column 'a' holds decimal128(2, 1)"),
        ({"a": pa.array([datetime.date(2026, 1, 1)] * 3)}, "column 'a' holds date32[day]"),
        ({"a": pa.nulls(3)}, "column 'a' holds null"),
        ({"a": None}, "column 'a' is missing"),
        ({"d": pa.array([1, 2, 3])}, "column 'd' is not declared"),
        ({name: column[:0] for name, column in COLUMNS.items()}, "it has columns and no rows"),
    ],
)
def test_columns_that_do_not_fit_are_named(tmp_path: Path, columns: Any, sentence: str) -> None:
    assert refused(tmp_path / "d.parquet", parquet(tmp_path, columns), TABLE).startswith(sentence)


def test_an_extension_type_is_refused(tmp_path: Path) -> None:
    storage = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2.0, 3.0]), 1)
    tensors = pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.float64(), [1]), storage)

    assert refused(tmp_path / "d.parquet", parquet(tmp_path, {"a": tensors}), TABLE).startswith(
        "column 'a' holds extension<arrow.fixed_shape_tensor"
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a,b,c\n1,2,x\n", "it is not a Parquet file"),
        (b"PAR1", "it is not a Parquet file"),
        (b"PAR1" + bytes(100), "the Parquet file is cut off: its footer is missing"),
        (b"PAR1" + bytes(100) + b"\xff\xff\xff\x7fPAR1", "the Parquet file is cut off: its footer is missing"),
        (b"PAR1" + bytes(100) + b"\x60\0\0\0PAR1", "the Parquet file is damaged"),
        (
            b"PAR1" + bytes(20_000_000) + (17_000_000).to_bytes(4, "little") + b"PAR1",
            "the Parquet file has a footer of",
        ),
        (b"PAR1" + bytes(100) + b"\x60\0\0\0PARE", "the Parquet file is encrypted"),
    ],
)
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    assert refused(tmp_path / "d.parquet", data, TABLE).startswith(sentence)


def test_a_page_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    rows = 2_000_000
    columns = {"a": pa.array(np.zeros(rows)), "b": pa.array(np.zeros(rows, np.int64)), "c": pa.repeat("x", rows)}
    data = parquet(
        tmp_path, columns, compression="zstd", use_dictionary=False, data_page_size=1 << 28, max_rows_per_page=rows
    )

    assert refused(tmp_path / "d.parquet", data, TABLE).startswith("a page unpacks to 8,388,6")


def test_a_label_that_stands_once_in_the_file_does_not_fill_the_memory_for_every_row(tmp_path: Path) -> None:
    rows = 1_000_000
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * 1_000_000]))
    columns = {"a": pa.array(np.ones(rows)), "b": pa.array(np.ones(rows, np.int64)), "c": label}
    data = parquet(tmp_path, columns, compression="none")
    written = pa.default_memory_pool().max_memory()

    assert refused(tmp_path / "d.parquet", data, TABLE).startswith("row 1: column 'c' is 'xxx")
    assert pa.default_memory_pool().max_memory() - written < 100_000_000


def test_texts_that_grow_out_of_each_other_are_refused(tmp_path: Path) -> None:
    data = parquet(
        tmp_path, use_dictionary=False, column_encoding={"a": "PLAIN", "b": "PLAIN", "c": "DELTA_BYTE_ARRAY"}
    )

    assert refused(tmp_path / "d.parquet", data, TABLE) == "a page has the encoding DELTA_BYTE_ARRAY"


def test_an_encoding_that_arrow_cannot_read_is_no_damage(tmp_path: Path) -> None:
    encodings = {"a": "BYTE_STREAM_SPLIT", "b": "DELTA_BINARY_PACKED", "c": "DELTA_LENGTH_BYTE_ARRAY"}
    data = parquet(tmp_path, use_dictionary=False, column_encoding=encodings)

    assert "written in a way that is not read" in refused(tmp_path / "d.parquet", data, TABLE)
    numbers = changed(TABLE, columns={"a": "float", "b": "int", "c": "int"})
    data = parquet(
        tmp_path, {"c": pa.array([0, 1, 0])}, use_dictionary=False,
        column_encoding={**encodings, "c": "DELTA_BINARY_PACKED"},
    )  # fmt: skip
    assert found(tmp_path, data, numbers).y.tolist() == [0, 1, 0]


def test_rows_and_bytes_beyond_the_limits_are_refused_before_they_are_read(tmp_path: Path) -> None:
    data = parquet(tmp_path)

    assert refused(tmp_path / "d.parquet", data, TABLE, rows=2) == "it has more than 2 rows, the limit"
    assert "more than the limit of 8 numbers" in refused(tmp_path / "d.parquet", data, TABLE, values=8)
    assert "unpack to more than 50 bytes" in refused(tmp_path / "d.parquet", data, TABLE, unpacked=50)
    assert "it has 3 columns" in refused(tmp_path / "d.parquet", data, TABLE, columns=2)
