import random
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from functions.scheduling.generation import generated, write
from functions.scheduling.reading import JOBS, NODES, TIMES, read

MUTATIONS = 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(generated(2, jobs=4, seed=3), tmp_path)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("fixed", [False, True])
def test_what_is_written_is_read_as_it_was(tmp_path: Path, fixed: bool) -> None:
    instance = generated(3, jobs=7, seed=1, fixed=fixed)

    write(instance, tmp_path)

    assert read(tmp_path) == instance
    assert read(tmp_path).digest == instance.digest


def test_the_names_that_gpuschedulers_generator_writes_are_read_too(folder: Path) -> None:
    expected = read(folder)

    change(folder, TIMES, "GpuType,GpuNumber,maxGpuNumber", "GPUtype,nGPUs,max_nGPUs")
    (folder / NODES).write_text("Nodes\nn1\nn2\n")

    assert read(folder) == expected


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (JOBS, "Deadline", "Deadlines", r"Lof_Selectjobs.csv: line 1: column Deadline is missing; is it Deadlines"),
        (JOBS, "JJ2,", "JJ1,", r"Lof_Selectjobs.csv: line 3: job 'JJ1' is there already, on line 2"),
        (TIMES, "NC12,K80,1,2,1.8", "NC12,K80,x,2,1.8", r"SelectJobs_times.csv: line \d+: GpuNumber must be a whole"),
        (TIMES, "NC12,K80,1,2,1.8", "NC12,K80,3,2,1.8", r"GpuNumber 3 is more than maxGpuNumber 2"),
        (TIMES, "NC12,K80,1,2,1.8", "NC12,K80,1,2,1.9", r"cost 1.8 of NC12 is 1.9 on line \d+"),
        (TIMES, "NC12,K80,1,2,1.8", "NC12,K80,1,2,-1", r"cost must be at least 0"),
        (TIMES, "NC12,K80,1,2,1.8", "NC12,K80,1,2,nan", r"cost must be a finite number"),
        (TIMES, "JJ1,", "JJ91,", r"UniqueJobsID 'JJ91' is no job of Lof_Selectjobs.csv; did you mean JJ1?"),
        (
            NODES,
            "n1,,",
            "n1,NC21,",
            r"tNodes.csv: line 2: no row of SelectJobs_times.csv is for 'NC21'; did you mean NC",
        ),
        (NODES, "n2", "n1", r"tNodes.csv: line 3: node 'n1' is there already, on line 2"),
        (NODES, "n2,,,", "n2,,", r"tNodes.csv: line 3: it has 3 cells, and line 1 names 4 columns"),
    ],
)
def test_a_wrong_cell_is_named_with_file_line_and_column(
    folder: Path, file: str, old: str, new: str, sentence: str
) -> None:
    change(folder, file, old, new)

    with pytest.raises(Rejected, match=sentence):
        read(folder)


def test_a_missing_file_is_named_with_what_may_be_it(folder: Path) -> None:
    (folder / JOBS).rename(folder / "Lof_SelectJobs.csv")

    with pytest.raises(Rejected, match=r"Lof_Selectjobs.csv is missing; is it Lof_SelectJobs.csv?"):
        read(folder)


def test_a_job_whose_machines_no_node_can_be_is_named(folder: Path) -> None:
    lines = (folder / TIMES).read_text().splitlines()
    (folder / TIMES).write_text("\n".join(each for each in lines if not each.startswith("JJ2,") or "K80" in each))
    (folder / NODES).write_text("Nodes,GpuType\nn1,M60\n")

    with pytest.raises(Rejected, match=r"'JJ2' has no setup that a node of tNodes.csv can give"):
        read(folder)


def test_many_errors_are_counted_and_five_are_shown(folder: Path) -> None:
    text = (folder / TIMES).read_text()
    (folder / TIMES).write_text(text.replace("K80,1,", "K80,zero,"))

    with pytest.raises(Rejected, match=r"; and \d+ more$") as failure:
        read(folder)

    assert str(failure.value).count("GpuNumber must be") == 5


def test_every_damaged_file_ends_in_one_sentence_or_is_an_instance(tmp_path: Path) -> None:
    instance = generated(2, jobs=3, seed=3)
    write(instance, tmp_path)
    kept = {name: (tmp_path / name).read_bytes() for name in (JOBS, TIMES, NODES)}
    dice, sentences = random.Random(7), list[str]()
    for _ in range(MUTATIONS):
        name = dice.choice(list(kept))
        (tmp_path / name).write_bytes(damaged(kept[name], dice))
        try:
            read(tmp_path)
        except Rejected as rejected:
            sentences.append(str(rejected))
        (tmp_path / name).write_bytes(kept[name])

    assert len(sentences) > MUTATIONS // 2
    assert not [each for each in sentences if "\n" in each or not each.startswith((JOBS, TIMES, NODES))]


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Take something out of a file, or put something in that does not belong there."""
    lines = data.split(b"\n")
    row = dice.randrange(len(lines) - 1)
    cells = lines[row].split(b",")
    cell = dice.randrange(len(cells))
    strange = [b"", b"nan", b"-1", b"1e999", b"inf", b"x", b'"', b"\xff\xfe", b"\x00", b"0", b"9" * 40, b"=1+1", b"1,5"]
    kind = dice.randrange(4)
    if kind == 0:
        cells[cell] = dice.choice(strange)
    elif kind == 1:
        del cells[cell]
    elif kind == 2:
        return b"\n".join(lines[:row] + lines[row + 1 :]) if dice.random() < 0.5 else data[: dice.randrange(len(data))]
    else:
        lines.insert(row, dice.choice([lines[row], b"garbage", b"," * 9, b"\r", b'"open']))
        return b"\n".join(lines)
    lines[row] = b",".join(cells)
    return b"\n".join(lines)
