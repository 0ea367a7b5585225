"""How the command line, the supervisor and the tests reach the store and the broker, embedded or not."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr

from functions.runtime.configuration import Configuration
from functions.runtime.errors import TryAgain
from local import credentials
from local.broker import Broker
from local.certificates import Certificate
from local.process import Process, ServiceError
from local.weed import Weed

OPERATOR = "operator"


class NotRunningError(TryAgain):
    """There is no store or broker to talk to."""


@dataclass(frozen=True)
class Home:
    """The folder ``.noria``: state of the embedded services, logs, credentials."""

    path: Path

    @property
    def store(self) -> Path:
        """Where the embedded store keeps its data."""
        return self.path / "store"

    @property
    def broker(self) -> Path:
        """Where the embedded broker keeps its data."""
        return self.path / "broker"

    @property
    def run(self) -> Path:
        """Where process ids and logs of publisher, workers and supervisor lie."""
        return self.path / "run"

    @property
    def credentials(self) -> Path:
        """The one file with keys and passwords, readable by its owner only."""
        return self.path / "credentials.json"

    @property
    def plane(self) -> Path:
        """What the supervisor says of itself: its pipelines, and how far it is."""
        return self.path / "plane.json"

    @property
    def supervisor(self) -> Process:
        """Who keeps the plane alive, in the foreground or not."""
        return Process("supervisor", [], folder=self.run)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one program at a time start or stop the plane; others wait."""
        for folder in (self.path, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True)
class PlaneState:
    """What ``plane.json`` says: the FDL files served, ``starting``, ``ready``, ``stopped`` or ``failed``, and why.

    ``isolation``: the walls around handlers.
    """

    phase: str
    fdl: tuple[str, ...] = ()
    reason: str = ""
    hint: str = ""
    isolation: str = ""

    @classmethod
    def read(cls, home: Home) -> "PlaneState":
        """Read the file; ``stopped`` when there is none."""
        try:
            given = json.loads(home.plane.read_text())
        except FileNotFoundError:
            return cls("stopped")
        return cls(given["phase"], tuple(given["fdl"]), given["reason"], given["hint"], given.get("isolation", ""))

    @classmethod
    def now(cls, home: Home) -> "PlaneState":
        """Read the file, and do not believe a supervisor that was killed before it could say so."""
        state = cls.read(home)
        if state.phase in {"starting", "ready"} and not home.supervisor.alive:
            return cls("failed", state.fdl, "the supervisor was killed", "noria up, or noria down")
        return state

    def write(self, home: Home) -> None:
        """Write the file in one step."""
        new = home.plane.with_suffix(".new")
        given = {**asdict(self), "fdl": list(self.fdl)}
        new.write_text(json.dumps(given))
        new.replace(home.plane)


def operator(environ: Mapping[str, str]) -> Configuration:
    """Give the configuration of a person at the command line: what the environment says, else the embedded services.

    Raises:
        SettingsError: A ``NORIA_*`` variable is wrong.
        NotRunningError: Neither the environment names services nor were they ever started here.
    """
    given = Configuration.read(environ)
    home = Home(given.home)
    keys = credentials.load(home.credentials).get(OPERATOR)
    certificate = Certificate.of(given)
    changes: dict[str, object] = {}
    try:
        if not given.store_url and keys:
            url = Weed(home.store, (), certificate=certificate).endpoint
            changes |= {"store_url": url, "store_ca": given.tls_ca, "store_access_key": keys.access_key}
            changes |= {"store_secret_key": SecretStr(keys.secret_key)}
        if not given.nats_url and keys:
            url = Broker(home.broker, (), certificate=certificate).url
            changes |= {"nats_url": url, "nats_ca": given.tls_ca, "nats_user": OPERATOR}
            changes |= {"nats_password": SecretStr(keys.password)}
    except ServiceError as error:
        raise NotRunningError(str(error), hint=error.hint) from error
    if not given.store_url and not keys:
        raise NotRunningError(f"nothing was started in {home.path} yet", hint="run noria up, or set NORIA_STORE_URL")
    return given.model_copy(update=changes)


def handed_on(connection: Configuration, given: Configuration) -> dict[str, str]:
    """Give the environment in which a process of ours finds the same servers, as whom the person ``given`` names.

    Keys of the embedded servers are not among it: each process has its own.
    """
    found = {
        "NORIA_STORE_URL": connection.store_url,
        "NORIA_STORE_CA": connection.store_ca,
        "NORIA_NATS_URL": connection.nats_url,
        "NORIA_NATS_CA": connection.nats_ca,
        "NORIA_NATS_USER": given.nats_user,
        "NORIA_NATS_PASSWORD": given.nats_password.get_secret_value(),
        "NORIA_NATS_TOKEN": given.nats_token.get_secret_value(),
    }
    return {name: str(value) for name, value in found.items() if value}
