"""Lineage: what an object's metadata says of the run that made it (``x-amz-meta-noria-*``)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from events import ObjectCreated

DIGITS = 6
"""Of a number of hops; an uploader may write any."""
HOPS, TRACE, PARENT, HOLDER = "noria-hops", "noria-trace", "noria-parent", "noria-holder"


@dataclass(frozen=True)
class Lineage:
    """Where an object came from.

    Attributes:
        trace: 32 hex digits, the same for everything that comes from one first upload.
        hops: Functions that it has passed through.
        parent: The run that made it, ``<function>/<id>``; empty for a first upload.
    """

    trace: str
    hops: int = 0
    parent: str = ""

    @classmethod
    def of(cls, event: ObjectCreated, metadata: Mapping[str, str]) -> Self:
        """Read the lineage of the event's object; a first upload gets a trace made from its identity."""
        first = hashlib.sha256(event.identity.encode()).hexdigest()[:32]
        hops = metadata.get(HOPS, "0")
        return cls(
            trace=metadata.get(TRACE, first),
            hops=int(hops[:DIGITS]) if hops.isascii() and hops.isdigit() else 0,
            parent=metadata.get(PARENT, ""),
        )

    def of_outputs(self, run: str, holder: str) -> dict[str, str]:
        """Give the metadata of what the run ``<function>/<id>``, whose lease ``holder`` has, makes from this object."""
        return {HOPS: str(self.hops + 1), TRACE: self.trace, PARENT: run, HOLDER: holder}
