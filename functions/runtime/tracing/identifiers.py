"""Identifiers of traces and spans (W3C Trace Context): made from what objects say of themselves, the same on each host.

A run's span is named by the run alone, so that whoever works on one of its outputs knows its parent from the object's
``noria-parent``, wherever that ran, and whether or not its spans have arrived yet.
"""

import hashlib
import re

from events import ObjectCreated
from functions.runtime.lineage import Lineage
from functions.runtime.runs import Run

_TRACE = re.compile("[0-9a-f]{32}")


def trace_id(run: Run) -> int:
    """Give the trace that a run belongs to, of 128 bits; what an uploader wrote that is no trace is made one."""
    said = run.trace
    if not said:  # it ended before its object was read
        where = run.input
        first = ObjectCreated(bucket=where.bucket, key=where.key, etag=where.etag, size=where.size)
        said = Lineage.of(first, {}).trace
    if _TRACE.fullmatch(said) and int(said, 16):
        return int(said, 16)
    return _digest(said, 16)


def upload_span(trace: int) -> int:
    """Name the span of the first upload of a trace."""
    return _digest(f"upload\0{trace:032x}", 8)


def run_span(name: str, *, reopened: int = 0) -> int:
    """Name the span of a run, ``<function>/<id>``; each time that a person sends it round again has one of its own."""
    return _digest(f"run\0{name}\0{reopened}" if reopened else f"run\0{name}", 8)


def attempt_span(run: Run) -> int:
    """Name the span of an attempt; whoever holds a lease has a name that nobody had before."""
    return _digest(f"attempt\0{run.name}\0{run.holder}", 8)


def stage_span(attempt: int, stage: str) -> int:
    """Name the span of one stage of an attempt."""
    return _digest(f"stage\0{attempt:016x}\0{stage}", 8)


def _digest(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:size], "big") or 1
