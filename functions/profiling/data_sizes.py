"""How much each component gives, for ``components_data_size.yaml``."""

from collections.abc import Iterable

from functions.continuum.data_sizes import DataSizes
from functions.profiling.jobs import JobRow


def data_sizes(rows: Iterable[JobRow]) -> DataSizes:
    """Give the mean of what each component's jobs wrote, in KB of 1000 bytes; nothing of one that never committed.

    OSCAR-P counts a MiB as 1000 KB.
    """
    found: dict[str, list[int]] = {}
    for row in rows:
        if not row.failed:
            found.setdefault(row.component, []).append(row.bytes_out)
    return DataSizes({name: round(sum(sizes) / len(sizes) / 1000, 3) for name, sizes in found.items()})
