"""``components_data_size.yaml``: how much each component or partition sends to the next, in KB.

One value a component: however many follow, each is sent as much. Written by the profiling, read by the placement.
"""

from pathlib import Path

from functions.continuum.model import Name, NotNegative, Root
from functions.continuum.reading import read
from functions.continuum.writing import yaml_text


class DataSizes(Root[dict[Name, NotNegative]]):
    """The whole file: component or partition -> KB that it sends to each that follows."""


def read_data_sizes(given: Path | str, *, source: str | None = None, warnings: list[str] | None = None) -> DataSizes:
    """Read a ``components_data_size.yaml``; see ``reading.read``.

    Raises:
        Rejected: It cannot be used.
    """
    return read(given, DataSizes, source=source, warnings=warnings)


def write_data_sizes(sizes: DataSizes) -> str:
    """Give the text of a ``components_data_size.yaml``."""
    return yaml_text(sizes)
