"""What the verbs have in common: the option --json, and a store, a ledger and the pipelines to look at."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.runs import StoredObject
from functions.runtime.settings import nearest
from functions.runtime.store import Store
from local.connection import Home, PlaneState, operator
from local.surroundings import shield

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add ``--json``: one document on stdout, nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")(function)


@dataclass(frozen=True)
class Session:
    """A store with its ledger, and the services that are served here."""

    given: Configuration
    store: Store
    ledger: Ledger
    services: tuple[fdl.Service, ...]

    @classmethod
    def open(cls) -> "Session":
        """Connect to what the environment names, else to what runs in ``.noria``.

        Raises:
            NotRunningError: There is nothing to talk to.
        """
        shield(os.environ)
        given = operator(os.environ)
        store = Store(given)
        ledger = Ledger(store, given.ledger, lease=given.ack_wait)
        return cls(given, store, ledger, served(given))

    def check_function(self, name: str) -> None:
        """Refuse the name of a function that is not served; an empty one stands for all."""
        names = [service.name for service in self.services]
        if name and name not in names:
            raise click.BadParameter(f"there is no function {name!r}{nearest(name, names)}", param_hint="--function")


def pipeline_files(chosen: tuple[Path, ...] = ()) -> list[Path]:
    """Give the FDL files that were chosen, or all that lie in ``fdl/``.

    Raises:
        Rejected: There are none.
    """
    files = list(chosen) or sorted(Path("fdl").glob("*.yaml")) or sorted(Path(fdl.__path__[0]).glob("*.yaml"))
    missing = [str(file) for file in files if not file.is_file()]
    if missing or not files:
        raise Rejected(
            f"there is no FDL file {', '.join(missing) or 'in fdl/'}", hint="name one: noria up PIPELINE.yaml"
        )
    return [file.absolute() for file in files]


def served(given: Configuration) -> tuple[fdl.Service, ...]:
    """Give the services of the pipelines that the supervisor here serves, or of all in ``fdl/`` when none does."""
    state = PlaneState.read(Home(given.home))
    files = [Path(file) for file in state.fdl] or pipeline_files()
    return tuple(service for file in files for service in fdl.load(file).services)


def split_address(address: str) -> tuple[str, str]:
    """Split ``BUCKET/KEY``; the key may be empty."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise click.BadParameter("give BUCKET/KEY")
    return bucket, key


def split_object(address: str) -> tuple[str, str]:
    """Split ``BUCKET/KEY`` of one object."""
    bucket, key = split_address(address)
    if not key:
        raise click.BadParameter(f"{address!r} names no object: give BUCKET/KEY")
    return bucket, key


def stored(store: Store, address: str) -> tuple[StoredObject, dict[str, str]]:
    """Look an object up by ``BUCKET/KEY``, and give its metadata too.

    Raises:
        Rejected: It does not exist.
    """
    bucket, key = split_object(address)
    stat = store.stat(bucket, key)
    return StoredObject(bucket=bucket, key=key, etag=stat.etag, size=stat.size), dict(stat.metadata)
