"""Publication: the files of a private folder become objects under keys that depend on the input alone."""

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from fdl import OutputPath, Service, StoragePath
from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.ledger import Claim, Ledger, StoredObject
from functions.runtime.lineage import PARENT
from functions.runtime.store import ConflictError, MissingError, Stat, Store

FAILURE_SUFFIX = ".failure.json"


def watched(service: Service, event: ObjectCreated) -> StoragePath | None:
    """Give the input path of the service that the event's object lies below; None when it lies below none."""
    return next((path for path in service.inputs if path.holds(event.bucket, event.key)), None)


def below(service: Service, event: ObjectCreated) -> str:
    """Give the event's key below the watched prefix: ``trip/a.jpg`` of ``in/trip/a.jpg``."""
    path = watched(service, event)
    return path.below(event.key) if path else event.name


def failure_place(service: Service, event: ObjectCreated, run_id: str, ledger: str) -> tuple[str, str]:
    """Give bucket and key of the run's dead letter: one key a run, below the FDL's ``.failure.json`` output."""
    bucket, prefix = failure_folder(service, ledger)
    return bucket, _join(prefix, f"{below(service, event)}.{run_id[:12]}{FAILURE_SUFFIX}")


def failure_folder(service: Service, ledger: str) -> tuple[str, str]:
    """Give bucket and prefix of the service's dead letters; without one in its FDL they lie in the ledger's bucket."""
    found = next((path for path in service.outputs if FAILURE_SUFFIX in path.suffixes), None)
    return (found.bucket, found.prefix) if found else (ledger, f"dead-letters/{service.name}")


@dataclass(frozen=True)
class Publisher:
    """Publishes the outputs of one service's runs."""

    service: Service
    store: Store
    ledger: Ledger

    def publish(
        self, folder: Path, event: ObjectCreated, claim: Claim, metadata: Mapping[str, str]
    ) -> tuple[StoredObject, ...]:
        """Upload every file of ``folder`` to each output path of the service that takes its name.

        Raises:
            Rejected: No output path takes a file, or another input's output has its key already.
            LeaseLostError: Another worker runs this event now.
        """
        around = PurePosixPath(below(self.service, event)).parent
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        named = [(path, str(around / path.relative_to(folder).as_posix())) for path in files]
        planned = [
            (path, place.bucket, _join(place.prefix, name))
            for path, name in named
            for place in _places(self.service, name)
        ]
        return tuple(self._upload(path, bucket, key, claim, metadata) for path, bucket, key in planned)

    def _upload(self, path: Path, bucket: str, key: str, claim: Claim, metadata: Mapping[str, str]) -> StoredObject:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        attributes = {**metadata, "Content-Type": kind}
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            etag = self.store.create(bucket, key, path, metadata=attributes)
        except ConflictError:
            etag = self._overwrite(path, bucket, key, claim, attributes)
        except MissingError as error:
            raise TryAgain(f"the output bucket {bucket} does not exist", hint="create it, or run noria up") from error
        return StoredObject(bucket=bucket, key=key, etag=etag, size=path.stat().st_size, sha256=digest)

    def _overwrite(self, path: Path, bucket: str, key: str, claim: Claim, attributes: Mapping[str, str]) -> str:
        """Replace what a lost attempt, or the run of an older version of the same input, left under the key."""
        self.ledger.renew(claim)  # a worker that was asleep must not write over its successor's outputs
        try:
            there = self.store.stat(bucket, key)
            self._check_owner(there, f"{bucket}/{key}", claim)
            return self.store.replace(bucket, key, path, etag=there.etag, metadata=attributes)
        except (ConflictError, MissingError) as error:
            raise TryAgain(f"{bucket}/{key} changed while it was written", delay=1) from error

    def _check_owner(self, there: Stat, name: str, claim: Claim) -> None:
        owner, ours = there.metadata.get(PARENT, ""), claim.run
        if owner == ours.name:
            return
        other = self.ledger.find(owner) if owner else None
        if other is None:
            made = "was not made by this function"
        elif (other.function, other.input.bucket, other.input.key) == (
            ours.function,
            ours.input.bucket,
            ours.input.key,
        ):
            return
        else:
            made = f"comes from {other.input.bucket}/{other.input.key}"
        raise Rejected(
            f"{ours.input.bucket}/{ours.input.key} would overwrite {name}, which {made}",
            hint="rename one of the two, or delete the object in the way",
        )


def _places(service: Service, name: str) -> Iterator[OutputPath]:
    places = [path for path in service.outputs if path.takes(name)]
    if not places:
        raise Rejected(
            f"no output of {service.name} takes the file {name}", hint="add an output with its suffix to the FDL"
        )
    yield from places


def _join(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name
