"""Labelled rows out of tables, and which of them are kept from every training."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from functions.datasets.arrays import read
from functions.datasets.definition import Definition
from functions.gather_drifted.rows import as_csv, labelled, labels_in, parted
from functions.runtime.errors import Rejected

PLAIN = {"columns": {"a": "float", "n": "int", "kind": "str"}, "label": "kind", "input_shape": [2], "output_shape": [2]}
WORDS = Definition.model_validate(PLAIN)
NUMBERS = Definition.model_validate({**PLAIN, "columns": {"a": "float", "n": "int", "kind": "int"}})


def written(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text)
    return path


def test_rows_without_a_label_wait_and_other_columns_are_left_out(tmp_path: Path) -> None:
    text = "time,n,kind,a\n1,3,red,0.1\n2,4,,0.25\n3,5,blue,1e-7\n4,6,?,2\n"

    found = labelled(written(tmp_path, text), WORDS, source="t.csv")

    assert found.rows == (("0.1", "3", "red"), ("1e-07", "5", "blue"))
    assert found.total == 4


def test_a_table_without_the_label_s_column_waits_as_a_whole(tmp_path: Path) -> None:
    found = labelled(written(tmp_path, "a,n\n1,2\n3,4\n"), WORDS, source="t.csv")

    assert (found.rows, found.total) == ((), 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,m,kind\n1,2,0\n", "there is no column 'n'"),
        ("a,n,kind\n1,x,0\n", "t.csv: line 2: column 'n' is 'x', not a number"),
        ("a,n,kind\n1,2,0\n,3,1\n", "line 3: column 'a' is empty"),
        ("a,n,kind\n1,2,\n1,2,zero\n1,2,1\n", "t.csv: line 3: label 'kind' is 'zero', not a number"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        labelled(written(tmp_path, text), NUMBERS, source="t.csv")


def test_parquet_gives_the_same_rows_as_csv(tmp_path: Path) -> None:
    table = pa.table({"a": [0.1, 0.2, 0.3], "n": [1, 2, 3], "kind": [0, None, 1]})
    pq.write_table(table, tmp_path / "t.parquet")

    found = labelled(tmp_path / "t.parquet", NUMBERS, source="t.parquet")

    assert found.rows == (("0.1", "1", "0"), ("0.3", "3", "1"))


def test_a_row_is_kept_or_trained_on_in_every_set_alike_whatever_its_label_says() -> None:
    rows = [(f"{n / 7:.4f}", str(n), "red" if n % 3 else "blue") for n in range(1000)]
    other = [(a, n, "blue") for a, n, _ in rows[500:]]

    training, kept = parted(rows, WORDS, 0.3)
    again = parted([*other, *rows[:3]], WORDS, 0.3)

    assert len(training) + len(kept) == 1000
    assert 250 < len(kept) < 350
    assert {row[:2] for row in again[1]} <= {row[:2] for row in kept}
    assert {row[:2] for row in again[0]} <= {row[:2] for row in training}
    assert labels_in(kept, WORDS) == {"red", "blue"}


def test_what_is_written_is_read_as_a_data_set_bit_for_bit(tmp_path: Path) -> None:
    draw = [(repr(n / 13), str(n), str(n % 2)) for n in range(50)]
    (tmp_path / "dataset.csv").write_bytes(as_csv(draw, NUMBERS))

    found = read(tmp_path / "dataset.csv", NUMBERS)

    assert found.rows == 50
    assert found.y.tolist() == [n % 2 for n in range(50)]
    assert io.BytesIO(as_csv(draw, NUMBERS)).readline() == b"a,n,kind\n"
