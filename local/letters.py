"""The dead letters of some services, as they lie in the store."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from fdl import Service
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.errors import MissingError, Rejected
from functions.runtime.publication import FAILURE_SUFFIX, failure_folder, spare_folder
from functions.runtime.settings import nearest
from functions.runtime.store import Store

HINT = "noria failed list names them"


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
        Rejected: The object is none.
        MissingError: There is no such object.
    """
    try:
        body, stat = store.read(bucket, key)
        return StoredLetter(bucket, key, stat.etag, DeadLetter.model_validate_json(body))
    except ValidationError as error:
        raise Rejected(f"{bucket}/{key} is not a dead letter", hint=HINT) from error


def named_letter(address: tuple[str, str], services: Iterable[Service], store: Store, ledger: str) -> StoredLetter:
    """Read the dead letter that a person named.

    Raises:
        Rejected: There is none; names the nearest.
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
