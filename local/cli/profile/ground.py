"""Where a run of a campaign takes place: where files are put, and where what came of them is found."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import fdl
from functions.profiling.campaign import PlannedRun
from functions.runtime.runs import Run
from functions.runtime.store import Store
from local.cli.session import Session


class Ground(Protocol):
    """The place of one run.

    Attributes:
        services: All that take part, with the folders that they have here.
        stores: Where each of them reads, by its name.
        session: The plane; none on clusters, where there is no ledger and nothing beside a script's input.
    """

    @property
    def services(self) -> Sequence[fdl.Service]: ...  # noqa: D102

    @property
    def stores(self) -> Mapping[str, Store]: ...  # noqa: D102

    @property
    def session(self) -> Session | None: ...  # noqa: D102

    def find(self, name: str) -> Run | None:
        """Give the record of a run of a function, ``<function>/<id>``, as far as it is known."""
        ...

    def doubts(self) -> Sequence[str]:
        """Say what is odd about the run that has ended, a sentence each."""
        ...


class Stage(Protocol):
    """Whoever makes runs' places."""

    def ready(self, run: PlannedRun) -> tuple[Ground, bool]:
        """Have a place for the run; gives whether what runs there has not done anything yet."""
        ...

    def close(self) -> None:
        """Take away whatever is there, whoever made it."""
        ...


class PlaneGround:
    """The campaign's own plane, with one store for all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.services = session.services
        self.stores = {service.name: session.store for service in session.services}

    def find(self, name: str) -> Run | None:
        """Give the ledger's record."""
        return self.session.ledger.find(name)

    def doubts(self) -> Sequence[str]:
        """Have none: the ledger knows each run."""
        return ()
