from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.datasets.arrays import read
from functions.datasets.definition import read_definition
from functions.runtime.errors import Rejected
from tests.datasets_samples import tabular
from tests.unit.datasets.files import TABLE, arrays, changed, refused

HEADER = b"a,b,c\n"
ROWS = b"1.5,2,x\n-2e-3,3,y\n"


@pytest.mark.parametrize(
    "data",
    [
        HEADER + ROWS,
        (HEADER + ROWS).removesuffix(b"\n"),
        (HEADER + ROWS).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + HEADER + ROWS + b"\n\r\n\n",
        (HEADER + ROWS).replace(b",", b";"),
        (HEADER + ROWS).replace(b",", b"\t"),
        b'"a",b, c\n1.5,"2",x\n"-2e-3", 3 , y \n',
        b"c,b,a\nx,2,1.5\ny,3,-2e-3\n",
    ],
)
def test_a_table_is_the_same_however_its_csv_is_written(tmp_path: Path, data: bytes) -> None:
    read = arrays(tmp_path / "d.csv", data, TABLE)

    assert np.array_equal(read.x, np.array([[1.5, 2], [-2e-3, 3]], np.float32))
    assert read.y.tolist() == [0, 1]
    assert read.classes == ("x", "y")


def test_the_references_table_is_read_in_the_definitions_order(tmp_path: Path) -> None:
    dataset, path = tabular(tmp_path, rows=50)
    table = np.genfromtxt(dataset, delimiter=",", names=True)
    definition = read_definition(path)

    found = read(dataset, definition)

    assert np.array_equal(found.x, np.stack([table[name] for name in definition.features], axis=1).astype(np.float32))
    assert np.array_equal(found.y, table["label"])


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1,2", "row 3001 (line 3002) has 2 cells, but the header has 3"),
        ("1,2,x,4", "row 3001 (line 3002) has 4 cells, but the header has 3"),
        (",2,x", "row 3001 (line 3002): column 'a' is empty"),
        ("1,2,", "row 3001 (line 3002): column 'c' is empty"),
        ("NaN,2,x", "row 3001 (line 3002): column 'a' is NaN, a missing value"),
        ("1,NA,x", "row 3001 (line 3002): column 'b' is NA, a missing value"),
        ("-inf,2,x", "row 3001 (line 3002): column 'a' is -inf, which is not finite"),
        ("1e39,2,x", "row 3001 (line 3002): column 'a' is '1e39', beyond 32-bit decimals"),
        ("abc,2,x", "row 3001 (line 3002): column 'a' is 'abc', not a number (float)"),
        ("0x10,2,x", "row 3001 (line 3002): column 'a' is '0x10', not a number (float)"),
        ("1_0,2,x", "row 3001 (line 3002): column 'a' is '1_0', not a number (float)"),
        ("١,2,x", "row 3001 (line 3002): column 'a' is '١', not a number (float)"),
        ("\xa01,2,x", "row 3001 (line 3002): column 'a' is '\\xa01', not a number (float)"),
        ("1,2.0,x", "row 3001 (line 3002): column 'b' is '2.0', not a whole number (int)"),
        ("1,99999999999999999999,x", "row 3001 (line 3002): column 'b' is '99999999999999999999', beyond 64 bits"),
        ("1,2," + "z" * 300, "row 3001 (line 3002): column 'c' is 'zzzzzzzzz"),
        ("1,2," + "z" * 200_000, "row 3001 (line 3002): a cell has more than 131,072 characters"),
        ('1,2,"x', "row 3001 (line 3002): a quote is never closed"),
        ('1,2,"x"y', "row 3001 (line 3002): something follows a closed quote"),
        ("1,2,x\r1,2,y", "row 3001 (line 3002): lines end with a carriage return alone"),
        ("1,2,\0", "line 3002 has a zero byte"),
        ("", "line 3002 is empty, with rows after it"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_with_its_row_and_column(tmp_path: Path, row: str, sentence: str) -> None:
    data = HEADER + b"1,2,x\n" * 3000 + row.encode() + b"\n1,2,y\n"

    assert refused(tmp_path / "d.csv", data, TABLE).startswith(sentence)


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "d.csv", HEADER + b"1,2,caf\xe9\n", TABLE) == "line 2 is not UTF-8 text"
    assert "zero byte" in refused(tmp_path / "d.csv", "a,b,c\n1,2,x\n".encode("utf-16"), TABLE)


def test_rows_are_counted_as_rows_when_a_cell_has_several_lines(tmp_path: Path) -> None:
    data = HEADER + b'1,2,"x\ny"\n1,2,x\n1,oops,x\n'

    assert refused(tmp_path / "d.csv", data, TABLE).startswith("row 3 (line 5): column 'b' is 'oops'")


def test_decimal_commas_are_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="'1,5', not a number") as refusal:
        arrays(tmp_path / "d.csv", b"a;b;c\n1,5;2;x\n", TABLE)

    assert refusal.value.hint == "write decimals with a point"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "d.csv is empty, 0 bytes"),
        (HEADER, "it has a header and no rows"),
        (b"\n" + HEADER + ROWS, "its first line is empty"),
        (b"1.5,2,3\n", "its first row has numbers, not the columns' names"),
        (b"a,bb,c,d\n1,2,x,1\n", "column 'b' is missing; is it 'bb'?; column 'd' is not declared"),
        (b"a,b,c,c\n1,2,x,1\n", "column 'c' is there twice"),
        (b'a,b,"c\n1,2,x\n', "line 1: a quote is never closed"),
        (b"PK\x03\x04 and more", "it is a zip archive, not CSV"),
        (b"\x80\x04\x95 and more", "line 1 is not UTF-8 text"),
    ],
)
def test_what_is_no_table_of_these_columns_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    assert refused(tmp_path / "d.csv", data, TABLE) == sentence


def test_booleans_are_numbers_as_features_and_classes_as_labels(tmp_path: Path) -> None:
    definition = changed(TABLE, columns={"a": "bool", "b": "bool", "c": "bool"})

    read = arrays(tmp_path / "d.csv", HEADER + b"true,0,False\nFALSE,1,True\n", definition)

    assert read.x.tolist() == [[1, 0], [0, 1]]
    assert read.classes == ("false", "true")
    assert refused(tmp_path / "d.csv", HEADER + b"yes,0,1\n", definition) == (
        "row 1 (line 2): column 'a' is 'yes', not true or false"
    )


def test_the_delimiter_that_is_declared_is_the_one_that_counts(tmp_path: Path) -> None:
    definition = changed(TABLE, delimiter=";")

    assert "column 'a' is missing" in refused(tmp_path / "d.csv", HEADER + ROWS, definition)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEADER + b"1" * 100_000_000, "line 2: the row is longer than 1,000,000 bytes"),
        (b"," * 2_000_000, "line 1: the row is longer than 1,000,000 bytes"),
        (HEADER + b'1,2,"' + b"\n" * 1_000_001, "row 1 (line 2): a cell has more than 131,072 characters"),
        (b",".join(b"c%d" % number for number in range(20_000)), "it has 20,000 columns, more than the limit"),
        (HEADER + ROWS * 60, "it has more than 100 rows, the limit"),
        (HEADER + b"".join(b"1,2,x%d\n" % number for number in range(60)), "there are more than 50 different labels"),
    ],
)
def test_a_csv_bomb_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    assert refused(tmp_path / "d.csv", data, TABLE, rows=100, classes=50).startswith(sentence)


def test_a_file_beyond_the_limit_is_not_opened_further(tmp_path: Path) -> None:
    assert "has 22 bytes, more than the limit of 10" in refused(tmp_path / "d.csv", HEADER + ROWS[:16], TABLE, bytes=10)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["1", "-2.5", "1e5", " 7 ", "x", "", "nan", '"', '""', "a,b", "\n", "\r"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=5))
def test_any_text_is_a_table_or_refused_in_one_sentence(tmp_path: Path, rows: list[list[str]]) -> None:
    data = HEADER + "\n".join(",".join(row) for row in rows).encode()

    path = tmp_path / "d.csv"
    path.write_bytes(data)
    try:
        found = read(path, TABLE)
    except Rejected:
        assert refused(path, data, TABLE)
    else:
        assert np.isfinite(found.x).all()


def test_a_row_of_many_lines_is_held_to_the_limit_of_a_row(tmp_path: Path) -> None:
    data = HEADER + b"1,2," + b'"\n",' * 600_000

    assert refused(tmp_path / "d.csv", data, TABLE).endswith("the row is longer than 1,000,000 bytes")


def test_a_wide_table_is_read_some_rows_at_a_time(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(3000)]
    definition = changed(
        TABLE, columns=dict.fromkeys(names, "int") | {"y": "int"}, label="y", input_shape=[3000], output_shape=[1]
    )
    rows = [",".join(map(str, range(row, row + 3000))) + f",{row % 2}" for row in range(150)]

    found = arrays(tmp_path / "d.csv", "\n".join([",".join([*names, "y"]), *rows]).encode(), definition)

    assert np.array_equal(found.x, np.arange(150)[:, None] + np.arange(3000))
