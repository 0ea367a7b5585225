"""Tables of measurements as tests need them: made with a seed, and the published ones where they lie beside."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from functions.modelling.graph import Numbers
from functions.modelling.preparing import prepare
from functions.modelling.requests import Request
from functions.modelling.sample import Sample
from functions.modelling.table import Column, Table

CASES = Path(__file__).parents[4] / "shared" / "cases" / "amllibrary"
INPUTS = CASES / "inputs"
SERIAL = 0.1
"""Share of the work that cores do not help with."""


def law(cores: npt.ArrayLike, size: npt.ArrayLike) -> Numbers:
    """Give the seconds that ``measured`` adds noise to."""
    seconds: Numbers = 2.0 * np.asarray(size, float) ** 0.8 * (SERIAL + (1 - SERIAL) / np.asarray(cores, float))
    return seconds


def measured(
    *, noise: float = 0.03, seed: int = 0, repeats: int = 3, cores: tuple[int, ...] = (1, 2, 3, 4, 6, 8)
) -> Table:
    """Give a table of a component that follows Amdahl's law, with errors upwards more than downwards."""
    grid = np.array([(n, s) for n in cores for s in (1, 2, 4, 8, 16) for _ in range(repeats)], float)
    random = np.random.default_rng(seed)
    errors = np.exp(noise * random.standard_gamma(2.0, len(grid)) - noise)
    columns = {
        "cores": Column(grid[:, 0]),
        "data_size": Column(grid[:, 1]),
        "runtime": Column(law(grid[:, 0], grid[:, 1]) * errors),
    }
    return Table("blur.csv", columns, np.arange(2, len(grid) + 2))


def sample_of(table: Table, request: Request | None = None) -> Sample:
    """Give the table's only sample."""
    return prepare(table, request or Request()).samples[0][1]


def csv_of(table: Table) -> bytes:
    """Give the table as a file."""
    columns = [
        table.texts(name) if c.numbers is None else [repr(float(v)) for v in c.numbers]
        for name, c in table.columns.items()
    ]
    rows = [",".join(table.columns), *(",".join(row) for row in zip(*columns, strict=True))]
    return ("\n".join(rows) + "\n").encode()
