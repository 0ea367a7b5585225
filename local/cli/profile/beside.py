"""What a function finds beside its input: its producer's other outputs, which a function that is tested alone lacks.

The campaign stands in for the producer: on its own plane it uploads them and writes the commit record that names them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from functions.runtime.runs import Run, StoredObject
from local.cli.session import Session

PLACE = "profile-beside"
"""The prefix, in the bucket of a function's input, of what lies beside its inputs."""
PRODUCER = "profile"


def commit(session: Session, bucket: str, keys: Sequence[str], *, file: Path, beside: Sequence[Path]) -> str:
    """Record a run that gave all ``keys``, which are about to be uploaded, and the files beside; gives its name."""
    digest = hashlib.sha256("\0".join((bucket, *keys)).encode()).hexdigest()
    others = {f"{PLACE}/{digest[:16]}/{each.name}": each for each in beside}
    outputs = [_stored(bucket, key, file) for key in keys] + [_stored(bucket, key, e) for key, e in others.items()]
    for key, each in others.items():
        session.store.write(bucket, key, each)
    now = datetime.now(UTC)
    run = Run(
        state="committed",
        id=digest,
        function=PRODUCER,
        input=StoredObject(bucket=bucket, key=keys[0], etag=""),
        outputs=tuple(outputs),
        started=now,
        finished=now,
    )
    session.store.create(session.given.ledger, f"{run.name}.json", run.model_dump_json().encode())
    return run.name


def kept(session: Session, run: Run, records: Mapping[str, Run]) -> dict[str, bytes]:
    """Give what lay beside the input of a run: name -> content."""
    parent = records.get(run.parent)
    outputs = [each for each in parent.outputs if each.key != run.input.key] if parent else []
    return {Path(each.key).name: session.store.read(each.bucket, each.key)[0] for each in outputs}


def _stored(bucket: str, key: str, file: Path) -> StoredObject:
    content = file.read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()  # an ETag, as the store will give it
    return StoredObject(bucket=bucket, key=key, etag=md5, size=len(content), sha256=hashlib.sha256(content).hexdigest())
