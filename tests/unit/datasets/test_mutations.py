"""Files with some bytes changed are read or refused in one sentence, and take neither the process nor its time."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.datasets.arrays import read
from functions.datasets.definition import read_definition
from functions.runtime.errors import Rejected
from tests.datasets_samples import as_npz, as_parquet, pictures, tabular

SIZES = (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x80")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change, add or take bytes in up to 16 places, most of them near the end, where directories are."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        near_end = len(found) - 1 - min(len(found) - 1, int(chance.expovariate(1 / 200)))
        place = near_end if chance.random() < 0.5 else chance.randrange(len(found))
        kind = chance.randrange(5)
        if kind == 0:
            found[place] = chance.randrange(256)
        elif kind == 1:
            found[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            found[place : place + 4] = chance.choice(SIZES)
        elif kind == 3:
            del found[place : place + chance.randrange(1, min(9, len(found)))]
        else:
            found[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(found)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: tabular(folder, rows=40),
        lambda folder: as_parquet(folder, rows=40),
        lambda folder: as_npz(folder, rows=40),
        lambda folder: pictures(folder, per_class=3, size=8),
    ],
    ids=["csv", "parquet", "npz", "pictures"],
)
def test_a_damaged_data_set_is_read_or_refused(tmp_path: Path, make: Callable[[Path], tuple[Path, Path]]) -> None:
    dataset, path = make(tmp_path)
    definition = read_definition(path)
    whole = dataset.read_bytes()
    chance = random.Random(0)
    verdicts: Counter[str] = Counter()

    for _ in range(250):
        dataset.write_bytes(mutated(whole, chance))
        try:
            read(dataset, definition)
        except Rejected as refusal:
            verdicts["refused in one sentence" if "\n" not in refusal.message else refusal.message] += 1
        else:
            verdicts["read"] += 1

    assert set(verdicts) == {"read", "refused in one sentence"}
    assert verdicts["refused in one sentence"] > 200
