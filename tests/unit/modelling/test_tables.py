import io
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from functions.datasets.limits import Limits
from functions.modelling.preparing import prepare
from functions.modelling.requests import Request
from functions.modelling.table import Table
from functions.modelling.table_reading import LIMITS, read_table
from functions.runtime.errors import Rejected
from tests.unit.modelling.tables import INPUTS, csv_of, measured, sample_of

GOOD = "cores,size,codec,exec_time_ms\n1,2,a,100\n2,2,b,60\n4,2,a,40\n8,2,b,30\n1,4,a,190\n"


def table_of(text: str | bytes, tmp_path: Path, name: str = "blur.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path)


def test_a_column_s_name_says_what_it_is_and_in_which_unit(tmp_path: Path) -> None:
    prepared = prepare(table_of(GOOD, tmp_path), Request())

    (subject, sample), *others = prepared.samples
    assert not others
    assert (subject.component, subject.partition, subject.resource) == ("blur", "blur", "any")
    assert (prepared.target, sample.names) == ("exec_time_ms", ("cores", "size", "codec"))
    assert sample.y[0] == pytest.approx(0.1)
    assert (sample.scale, sample.beyond, sample.words) == ((0,), (0,), {"codec": ("a", "b")})


def test_oscar_p_s_columns_are_told_apart(tmp_path: Path) -> None:
    header = (
        "requested_throughput,observed_throughput,avg_response_time,requested_parallelism,warm_pods,cores,warm_cores"
    )
    rows = [f"{0.1 * n},{0.09 * n},{1 + n},{n},{n},{n},{n}" for n in range(1, 7)]
    table = table_of("\n".join([header, *rows]), tmp_path, "blur_response_time_dataframe.csv")

    subject, sample = prepare(table, Request(resource="VM1")).samples[0]

    assert subject.stem == "blur.VM1"
    assert sample.names == ("requested_throughput", "requested_parallelism", "cores")


def test_a_table_with_components_and_resources_is_divided(tmp_path: Path) -> None:
    rows = [f"{c},{r},{n},{n * 2}" for c in ("a", "b") for r in ("VM1", "VM2") for n in range(1, 6)]
    table = table_of("\n".join(["component,resource,load,response_time", *rows, "c,VM1,1,1"]), tmp_path)

    prepared = prepare(table, Request())

    assert [subject.stem for subject, _ in prepared.samples] == ["a.VM1", "a.VM2", "b.VM1", "b.VM2"]
    assert prepared.warnings == ("c.VM1: 1 rows are too few for a model",)


def test_runs_that_failed_are_left_out_and_counted(tmp_path: Path) -> None:
    text = "cores,failed,runtime\n1,0,3\n2,1,\n3,0,2\n4,false,1.5\n5,True,nan\n6,0,1\n"

    prepared = prepare(table_of(text, tmp_path), Request())

    assert prepared.samples[0][1].y.tolist() == [3, 2, 1.5, 1]
    assert prepared.warnings == ("2 rows of runs that failed are left out",)


def test_what_profile_collect_writes_is_understood(tmp_path: Path) -> None:
    header = (
        "requested_throughput,observed_throughput,avg_response_time,requested_parallelism,warm_pods,cores,warm_cores,"
    )
    header += "component,resource,deployment,jobs,failures,avg_response_time_ms,p50_ms,p95_ms,p99_ms"
    rows = [f",{n},{2 / n},{n},{n},{2 * n},{2 * n},blur,VM1,d1,10,{n % 2},{2000 / n},1,2,3" for n in range(1, 7)]
    lost = ",,,7,7,14,14,blur,VM1,d1,10,10,,,,"
    table = table_of("\n".join([header, *rows, lost]), tmp_path, "blur_response_time_dataframe.csv")

    prepared = prepare(table, Request())

    ((subject, sample),) = prepared.samples
    assert subject.stem == "blur.VM1"
    assert (prepared.target, sample.names) == ("avg_response_time", ("requested_parallelism", "cores"))
    assert sample.y.tolist() == pytest.approx([2 / n for n in range(1, 7)])
    assert prepared.warnings == (
        "1 rows are left out in which nothing but failures was measured",
        "column 'requested_throughput' is no input, as so many of its cells are empty",
    )


def test_a_parquet_file_gives_what_the_csv_file_gives(tmp_path: Path) -> None:
    table = measured()
    path = tmp_path / "blur.parquet"
    pq.write_table(pa.table({name: c.numbers for name, c in table.columns.items()}), path)

    of_csv, of_parquet = sample_of(table_of(csv_of(table), tmp_path)), sample_of(read_table(path))

    np.testing.assert_array_equal(of_csv.x, of_parquet.x)
    assert of_csv.digest == of_parquet.digest == sample_of(table).digest


def test_an_empty_cell_of_a_parquet_file_is_one_of_a_run_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"cores": [1, 2, 3, 4, 5], "failed": [0, 1, 0, 0, 0], "runtime": [5.0, None, 3.0, 2.0, 1.0]}
    pq.write_table(pa.table(columns), path)

    assert sample_of(read_table(path)).y.tolist() == [5, 3, 2, 1]
    with pytest.raises(Rejected, match=r"t.parquet: row 2: column 'runtime' is empty"):
        prepare(read_table(path).without(["failed"]), Request())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD.replace("4,2,a,40", "4,2,a,x"), "blur.csv: line 4: column 'exec_time_ms' is 'x', not a number"),
        (GOOD.replace("4,2,a,40", "4,2,a,NaN"), "blur.csv: line 4: column 'exec_time_ms' is 'NaN', a missing value"),
        (GOOD.replace("4,2,a,40", "4,2,a,-40"), "line 4: column 'exec_time_ms' is -40, but a time is positive"),
        (GOOD.replace("8,2,b,30", "8,2,b"), "blur.csv: line 5 has 3 cells, but the header has 4"),
        (GOOD.replace("8,2,b,30", ",2,b,30"), "blur.csv: line 5: column 'cores' is empty"),
        ("images,exec_time\n" + "1e20,1\n" * 5, "blur.csv: line 2: column 'images' is '1e20', more than 1e"),
        (GOOD.replace("8,2,b,30", "1e400,2,b,30"), "blur.csv: line 5: column 'cores' is '1e400', more than 1e"),
        (GOOD.replace("size", "cores"), "blur.csv: line 1: column 'cores' is there twice"),
        (GOOD.replace("exec_time_ms", "result"), "blur.csv: none of its columns looks like a measured time"),
        (GOOD.partition("\n")[2], "blur.csv: none of its columns looks like a measured time"),
        (GOOD.partition("\n")[0], "blur.csv: it has a header and no rows"),
        ("\n".join(GOOD.split("\n")[:3]), "blur.csv: 2 rows are too few for a model"),
        ("1,2,3\n4,5,6\n", "blur.csv: line 1 has numbers, not the columns' names"),
        ("", "blur.csv is empty"),
        ("\n" + GOOD, "blur.csv: line 1 is empty"),
        ("a,exec_time\n1,'\"2\n", "blur.csv: line 2"),
        (GOOD.encode() + b"1,2,\xff,3\n", "blur.csv: line 7 is not UTF-8 text"),
        (GOOD.encode() + b"1,2,\0,3\n", "blur.csv: line 7 has a zero byte"),
        (b"\x80\x04\x95rest", "blur.csv: it is a Python pickle, not CSV|blur.csv: line 1 is not UTF-8"),
        ("exec_time\n1\n2\n3\n4\n", "blur.csv: no column is left as an input"),
    ],
)  # fmt: skip
def test_a_malformed_table_is_refused_in_a_sentence_with_its_line(
    text: str | bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match=sentence.replace("(", r"\(")) as failure:
        prepare(table_of(text, tmp_path), Request())

    assert "\n" not in str(failure.value)
    assert failure.value.hint


def test_a_cell_that_nobody_uses_may_be_anything(tmp_path: Path) -> None:
    text = "cores,note_count,runtime\n" + "".join(f"{n},{n},{n}\n" for n in range(1, 9)) + "9,many,9\n"

    sample = sample_of(table_of(text, tmp_path), Request(skip=("note_count",)))

    assert sample.names == ("cores",)


def test_a_wrong_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    for request in (
        Request(target="exec_tim"),
        Request(use=("core",)),
        Request(skip=("siz",)),
        Request(rename={"cors": "c"}),
    ):
        with pytest.raises(Rejected, match="did you mean"):
            prepare(table_of(GOOD, tmp_path), request)


def test_limits_hold_before_memory_is_used(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(csv_of(measured()))

    for limits, said in (
        (Limits(bytes=100), "more than the limit"),
        (LIMITS.model_copy(update={"rows": 10}), "10 rows"),
    ):
        with pytest.raises(Rejected, match=said):
            read_table(tmp_path / "t.csv", limits=limits)


def test_no_damage_to_a_table_ends_in_anything_but_a_sentence(tmp_path: Path) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.table({"cores": [1, 2, 4, 8], "kind": list("abab"), "runtime": [4.0, 2.0, 1.0, 0.5]}), stream)
    sentences = []
    random_ = random.Random(3)
    for number in range(300):
        name = "t.csv" if number % 2 else "t.parquet"
        data = bytearray(GOOD.encode() if number % 2 else stream.getvalue())
        for _ in range(random_.randint(1, 4)):
            place = random_.randrange(len(data))
            action = random_.randrange(3)
            if action == 0:
                data[place] = random_.randrange(256)
            elif action == 1:
                del data[place : place + random_.randint(1, 20)]
            else:
                data[place:place] = random_.choice([b"nan", b"-1", b'"', b"\n", b"1e999", b",", b"\x00", b"9" * 5000])
            if not data:
                break
        (tmp_path / name).write_bytes(bytes(data))
        try:
            prepare(read_table(tmp_path / name), Request())
        except Rejected as error:
            sentences.append(str(error))
    assert len(sentences) > 150
    assert [each for each in sentences if not each.startswith("t.")] == []


@pytest.mark.skipif(not INPUTS.exists(), reason="../shared is not here")
def test_published_tables_are_read_without_being_told_anything() -> None:
    stereo = prepare(read_table(INPUTS / "stereomatch_itr_100.csv"), Request())
    faas = sample_of(read_table(INPUTS / "faas_test.csv"))

    sample = stereo.samples[0][1]
    assert (stereo.target, len(sample), sample.scale) == ("exec_time_ms", 3021, (3,))
    assert sample.y[0] == pytest.approx(17.136)
    assert faas.function is not None
    assert (faas.function.warm, faas.function.cold, faas.function.load, faas.function.idle) == (1, 2, 0, 3)
