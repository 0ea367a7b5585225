"""Publication: the files of a private folder become objects under keys that depend on the input alone."""

import mimetypes
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from fdl import OutputPath, Service, StoragePath
from functions.runtime.errors import ConflictError, MissingError, Rejected, SupersededError, TryAgain
from functions.runtime.hashing import sha256_of_file
from functions.runtime.ledger import Claim, Ledger
from functions.runtime.lineage import HOLDER, PARENT
from functions.runtime.outputs import written
from functions.runtime.runs import Run, StoredObject
from functions.runtime.store import Stat, Store

FAILURE_SUFFIX = ".failure.json"
LETTER_NAME_LIMIT = 200
DIGITS_OF_RUN = 12
"""Of a run's id, in the name of its dead letter."""
FLAT = "NORIA_FLAT"
"""Variable of a service's environment: results lie right below the outputs' folders, wherever the input lies."""
MOST_FOLLOWED = 100
"""Places of a series that are gone back for the maker of an object."""


def watched(service: Service, event: ObjectCreated) -> StoragePath | None:
    """Give the input path of the service that the event's object lies below; None when it lies below none."""
    return next((path for path in service.inputs if path.holds(event.bucket, event.key)), None)


def below(service: Service, event: ObjectCreated) -> str:
    """Give the event's key below the watched prefix: ``trip/a.jpg`` of ``in/trip/a.jpg``."""
    path = watched(service, event)
    return path.below(event.key) if path else event.name


def around(service: Service, event: ObjectCreated) -> PurePosixPath:
    """Give the folder of the input below the watched one; of a service with ``NORIA_FLAT`` the watched one itself."""
    if service.environment.get(FLAT) == "true":
        return PurePosixPath()
    return PurePosixPath(below(service, event)).parent


def failure_place(service: Service, event: ObjectCreated, run_id: str, ledger: str) -> tuple[str, str]:
    """Give bucket and key of the run's dead letter: one key a run, below the FDL's ``.failure.json`` output."""
    bucket, prefix = failure_folder(service, ledger)
    name = _servable(below(service, event))
    if len(name.encode()) > LETTER_NAME_LIMIT:  # in bytes, of a key that may have 1,024 in parts of 255
        name = name.encode()[:LETTER_NAME_LIMIT].decode(errors="ignore").rstrip("/")
    return bucket, joined(prefix, f"{name}.{run_id[:DIGITS_OF_RUN]}{FAILURE_SUFFIX}")


def failure_folder(service: Service, ledger: str) -> tuple[str, str]:
    """Give bucket and prefix of the service's dead letters; without one in its FDL they lie in the ledger's bucket."""
    found = next((path for path in service.outputs if FAILURE_SUFFIX in path.suffixes), None)
    return (found.bucket, found.prefix) if found else (ledger, spare_folder(service))


def spare_folder(service: Service) -> str:
    """Give the folder of the ledger's bucket for dead letters that can lie nowhere else."""
    return f"dead-letters/{service.name}"


@dataclass(frozen=True)
class Planned:
    """One file and the key that it will have; ``is_like_input`` if that begins with the input's below the folder."""

    path: Path
    bucket: str
    key: str
    metadata: Mapping[str, str]
    is_like_input: bool

    @property
    def attributes(self) -> dict[str, str]:
        """What the object says of itself: its lineage and its media type."""
        kind = mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"
        return {**self.metadata, "Content-Type": kind}

    def stored(self, etag: str) -> StoredObject:
        """Describe the object that the file has become."""
        digest = sha256_of_file(self.path)
        size = self.path.stat().st_size
        return StoredObject(bucket=self.bucket, key=self.key, etag=etag, size=size, sha256=digest)


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
            Rejected: No output path takes a file, it is called like a dead letter, or another input's output has its
                key already.
            SupersededError: The input has a newer version, whose results are there already.
            LeaseLostError: Another worker runs this event now.
        """
        planned = self._plan(folder, event, claim.run.members, metadata)
        self._announce(planned, claim)
        claim.uploading = True
        created: list[StoredObject] = []
        taken: list[tuple[Planned, str]] = []
        for plan in planned:
            etag = self._create(plan, claim)
            if etag is None:
                taken.append((plan, self._own(plan, event, claim)))
            else:
                created.append(plan.stored(etag))
        # Only now that all keys are known to be ours: a set is replaced whole, or not at all.
        replaced = [plan.stored(self._replace(plan, etag, claim)) for plan, etag in taken]
        return tuple(created + replaced)

    def clear(self, event: ObjectCreated, run: Run, keep: Collection[StoredObject]) -> None:
        """Delete every object that names the run as its maker and is not in ``keep``: what its lost attempts have left.

        They lie under names that begin with the input's, or that the run has planned, or that it had published before.
        Call it with the run's lease in hand, before its last word is written.
        """
        kept = {(one.bucket, one.key) for one in keep}
        found = {(bucket, key) for bucket, _, key in (plan.partition("/") for plan in run.planned)}
        found |= {(one.bucket, one.key) for one in (run.before.outputs if run.before else ())}
        if any(failure.left for failure in run.failures):
            found |= set(self._like(event))
        # Not what a successor has made meanwhile, should this worker have been asleep.
        makers = {run.holder, run.before.holder if run.before else "", *(each.holder for each in run.failures)}
        for bucket, key in sorted(found - kept):
            with suppress(MissingError):
                there = self.store.stat(bucket, key)
                if there.metadata.get(PARENT) == run.name and there.metadata.get(HOLDER, "") in makers:
                    self.store.delete_version(bucket, key, there.etag)

    def is_whole(self, run: Run) -> bool:
        """Tell whether the run is committed and all that it committed is still there as it was.

        What another object's run has replaced, which only one after it in its series may, is as it should be.
        """
        try:
            return run.state == "committed" and all(self._is_there(run, each) for each in run.outputs)
        except MissingError:
            return False

    def _is_there(self, run: Run, one: StoredObject) -> bool:
        there = self.store.stat(one.bucket, one.key)
        if there.etag == one.etag:
            return True
        maker = self.ledger.find(there.metadata.get(PARENT, "")) if PARENT in there.metadata else None
        if maker is None or maker.function != run.function:
            return False
        return (maker.input.bucket, maker.input.key) != (run.input.bucket, run.input.key)

    def _like(self, event: ObjectCreated) -> Iterator[tuple[str, str]]:
        """Find what may be an output of the event's object by its name."""
        for place in self.service.outputs:
            folder = _folder(place, self._around(event))
            for stat in self.store.beginning(place.bucket, folder, event.name):
                if place.takes(stat.key.removeprefix(joined(folder, ""))):
                    yield place.bucket, stat.key

    def _announce(self, planned: list[Planned], claim: Claim) -> None:
        """Write into the lease what could not be found again by the input's name, should this attempt be lost."""
        unlike = {f"{plan.bucket}/{plan.key}" for plan in planned if not plan.is_like_input}
        if unlike - set(claim.run.planned):
            claim.note(planned=tuple(sorted(unlike | set(claim.run.planned))))
            self.ledger.renew(claim)

    def _around(self, event: ObjectCreated, members: Collection[StoredObject] = ()) -> PurePosixPath:
        """Give the folder that results lie in; of a set, the one that all of it lies in or below."""
        folder = around(self.service, event)
        top = event.key.removesuffix(below(self.service, event))
        for one in members:
            while folder.parts and not PurePosixPath(one.key).is_relative_to(PurePosixPath(top, folder)):
                folder = folder.parent
        return folder

    def _plan(
        self, folder: Path, event: ObjectCreated, members: Collection[StoredObject], metadata: Mapping[str, str]
    ) -> list[Planned]:
        common = self._around(event, members)
        named = [(path, path.relative_to(folder).as_posix()) for path in written(folder)]
        return [
            Planned(path, place.bucket, joined(_folder(place, common), name), metadata, name.startswith(event.name))
            for path, name in named
            for place in _places(self.service, name)  # whatever folder was uploaded to
        ]

    def _create(self, plan: Planned, claim: Claim) -> str | None:
        """Upload one file under a key that nothing has yet; None when something has."""
        if claim.is_old(self.ledger.patience / 2):
            self.ledger.renew(claim)  # a worker that was asleep must not begin to upload
        try:
            return self.store.create(plan.bucket, plan.key, plan.path, metadata=plan.attributes)
        except ConflictError:
            return None
        except MissingError as error:
            hint = "create it, or run noria up"
            raise TryAgain(f"the output bucket {plan.bucket} does not exist", hint=hint) from error

    def _own(self, plan: Planned, event: ObjectCreated, claim: Claim) -> str:
        """Give the ETag of what is there already, if this run may replace it.

        A lost attempt of this run may have left it, or the run of an older version of the same input.
        """
        self.ledger.renew(claim)  # a worker that was asleep must not write over its successor's outputs
        try:
            there = self.store.stat(plan.bucket, plan.key)
            if there.metadata.get(PARENT) != claim.run.name:
                self._check_owner(there, f"{plan.bucket}/{plan.key}", claim)
                if self.store.stat(event.bucket, event.key).etag != event.etag:
                    raise SupersededError("the object was overwritten while it was processed")
        except MissingError as error:
            raise TryAgain(f"{plan.bucket}/{plan.key} changed while it was written", delay=1) from error
        return there.etag

    def _replace(self, plan: Planned, etag: str, claim: Claim) -> str:
        self.ledger.renew(claim)
        try:
            return self.store.replace(plan.bucket, plan.key, plan.path, etag=etag, metadata=plan.attributes)
        except (ConflictError, MissingError) as error:
            raise TryAgain(f"{plan.bucket}/{plan.key} changed while it was written", delay=1) from error

    def _check_owner(self, there: Stat, name: str, claim: Claim) -> None:
        owner, ours = there.metadata.get(PARENT, ""), claim.run
        other = self.ledger.find(owner) if owner else None
        if other is None:
            made = "was not made by this function"
        elif (other.function, other.input.bucket, other.input.key) == (
            ours.function,
            ours.input.bucket,
            ours.input.key,
        ) or self._follows(ours, owner):
            return
        else:
            made = f"comes from {other.input.bucket}/{other.input.key}"
        raise Rejected(
            f"{ours.input.bucket}/{ours.input.key} would overwrite {name}, which {made}",
            hint="rename one of the two, or delete the object in the way",
        )

    def _follows(self, run: Run | None, name: str) -> bool:
        """Tell whether the run goes on from the one of that name in its series; then it may replace what that made."""
        for _ in range(MOST_FOLLOWED):
            if run is None or not run.follows:
                return False
            if run.follows == name:
                return True
            run = self.ledger.find(run.follows)
        return False


def _places(service: Service, name: str) -> Iterator[OutputPath]:
    if name.endswith(FAILURE_SUFFIX):  # whoever chooses an object's name must not write what people and redrive believe
        raise Rejected(
            f"the output {name} would be taken for a dead letter, which the runtime alone writes",
            hint=f"let no result end with {FAILURE_SUFFIX}: rename the object, or what {service.name} makes of it",
        )
    places = [path for path in service.outputs if path.takes(name)]
    if not places:
        raise Rejected(
            f"no output of {service.name} takes the file {name}", hint="add an output with its suffix to the FDL"
        )
    yield from places


def _servable(key: str) -> str:
    """Replace what no store serves in a key: empty and dot parts, control characters. The letter names the input."""
    parts = ("_" if part in {"", ".", ".."} else part for part in key.split("/"))
    return "".join(char if char.isprintable() else "_" for char in "/".join(parts))


def _folder(place: StoragePath, around: PurePosixPath) -> str:
    folder = str(PurePosixPath(place.prefix, around))
    return "" if folder == "." else folder


def joined(prefix: str, name: str) -> str:
    """Give the key of ``name`` below a prefix that may be empty."""
    return f"{prefix}/{name}" if prefix else name
