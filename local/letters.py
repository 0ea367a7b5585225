"""The dead letters of some services, as they lie in the store."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from fdl import Service
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import FunctionError, MissingError, Rejected, StoreUnavailableError
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import PARENT
from functions.runtime.publication import DIGITS_OF_RUN, FAILURE_SUFFIX, failure_folder, spare_folder
from functions.runtime.settings import nearest
from functions.runtime.store import Store

HINT = "noria failed list names them"
READERS = 16
_ID = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredLetter:
    """One dead letter and where it lies."""

    bucket: str
    key: str
    etag: str
    letter: DeadLetter

    @property
    def address(self) -> str:
        """``BUCKET/KEY``."""
        return f"{self.bucket}/{self.key}"


def letter_places(service: Service, store: Store, ledger: str) -> Iterator[tuple[str, str]]:
    """Go through the places of a service's dead letters, as bucket and key, without reading them."""
    for bucket, prefix in dict.fromkeys((failure_folder(service, ledger), (ledger, spare_folder(service)))):
        with suppress(MissingError):  # no bucket: the letters lie in the other place
            for stat in store.list(bucket, prefix):
                if stat.key.endswith(FAILURE_SUFFIX):
                    yield bucket, stat.key


def read_letter(store: Store, bucket: str, key: str) -> StoredLetter:
    """Read one dead letter.

    Raises:
        Rejected: The object is none: it says something else, a function made it, or it is not called after its run.
        MissingError: There is no such object.
    """
    body, stat = store.read(bucket, key)
    if maker := stat.metadata.get(PARENT):
        raise Rejected(f"{bucket}/{key} is not a dead letter: it is a result of {maker[:100]}", hint=HINT)
    try:
        letter = DeadLetter.model_validate_json(body)
    except ValidationError as error:
        raise Rejected(f"{bucket}/{key} is not a dead letter", hint=HINT) from error
    identity = letter.run.removeprefix(f"{letter.function}/")
    endings = (f".{identity[:DIGITS_OF_RUN]}{FAILURE_SUFFIX}", f"events/{identity}{FAILURE_SUFFIX}")
    if not key.endswith(endings) or not _ID.fullmatch(identity):
        said = f"{bucket}/{key} is not a dead letter: it is not called after the run that it tells of"
        raise Rejected(said, hint=HINT)
    return StoredLetter(bucket, key, stat.etag, letter)


def vouched(found: StoredLetter, ledger: Ledger) -> StoredLetter:
    """Give the letter back if the ledger does not say otherwise.

    A failed run names its letter. One of another state may have one all the same: just being written, or left beside.

    Raises:
        Rejected: Its run has failed and has another letter.
        TryAgain: The ledger cannot say.
    """
    run = ledger.find(found.letter.run)
    named = {(one.bucket, one.key) for one in run.outputs} if run else set()
    if run and run.state == "failed" and (found.bucket, found.key) not in named:
        said = f"{found.address} is not a dead letter: the ledger names another one for {run.name}"
        raise Rejected(said, hint=HINT)
    return found


def named_letter(address: tuple[str, str], services: Iterable[Service], store: Store, ledger: str) -> StoredLetter:
    """Read the dead letter that a person named.

    Raises:
        Rejected: There is none; names the nearest. Or the object is none.
    """
    bucket, key = address
    try:
        return read_letter(store, bucket, key)
    except MissingError as error:
        known = ["/".join(place) for service in services for place in letter_places(service, store, ledger)]
        near = nearest(f"{bucket}/{key}", known)
        raise Rejected(f"there is no dead letter {bucket}/{key}{near}", hint=HINT) from error


def oldest_first(letters: Iterable[StoredLetter]) -> list[StoredLetter]:
    """Put dead letters in the order in which they were written."""
    return sorted(letters, key=lambda each: (each.letter.at, each.address))


@dataclass(frozen=True)
class Letters:
    """The dead letters of ``services``.

    Args:
        bucket: The ledger's.
        leave_out: Called with what is wrong with an object that lies among them and is none.
    """

    store: Store
    ledger: Ledger
    bucket: str
    services: Sequence[Service]
    leave_out: Callable[[FunctionError], None]

    def all(self, function: str = "") -> Iterator[StoredLetter]:
        """Read the dead letters of one function, or of all; what is none is named and left out."""
        places = {
            place
            for service in self.services
            if function in {"", service.name}
            for place in letter_places(service, self.store, self.bucket)
        }
        with ThreadPoolExecutor(READERS) as pool:
            for letter in pool.map(lambda place: self.readable(*place), sorted(places)):
                if letter and function in {"", letter.letter.function}:  # several may share one folder
                    yield letter

    def readable(self, bucket: str, key: str) -> StoredLetter | None:
        """Read one; None if it is none, it is gone, or its ledger object is damaged."""
        try:
            return vouched(read_letter(self.store, bucket, key), self.ledger)
        except StoreUnavailableError:
            raise
        except FunctionError as error:
            self.leave_out(error)
            return None

    def named(self, bucket: str, key: str) -> StoredLetter:
        """Read the one that a person named.

        Raises:
            Rejected: There is none, or it is not believed.
        """
        return vouched(named_letter((bucket, key), self.services, self.store, self.bucket), self.ledger)

    def purge(self, letter: StoredLetter) -> None:
        """Throw one away, if it is still the one that was read; its run stays failed, so that nothing runs again."""
        self.store.delete_version(letter.bucket, letter.key, letter.etag)
