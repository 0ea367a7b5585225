"""The plane: store, broker, publisher and workers of some pipelines on this machine, as processes."""

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.settings import SettingsError
from local.broker import PUBLISHER_PERMISSIONS, Broker, User
from local.certificates import Certificate
from local.connection import OPERATOR, Home, handed_on, operator
from local.consumers import Consumers
from local.credentials import Keys, load_or_generate
from local.crew import Crew
from local.dashboard.address import DASHBOARD, Address
from local.groups import Worker
from local.lost import LostWorkers
from local.metrics.discovery import environment_of as metrics_environment
from local.outside import ensure_buckets, make_streams, pulling
from local.permissions import broker_permissions, grants, reserved_names, store_actions
from local.process import Process, ServiceError
from local.reconcile import Reconciler
from local.signing import signing_environment
from local.watchdog import Watchdog, takes_messages
from local.weed import Identity, Weed

PUBLISHER = "publisher"
WORKER_CONFIGURATION_ERROR = 3
STORE_PATIENCE = 10.0
"""Seconds; SeaweedFS ends in 3, and now and then waits 15 for nobody. Killed, it keeps every object all the same."""
Say = Callable[[str], None]


@dataclass
class Plane:
    """What serves ``pipelines`` here; an endpoint in ``given`` means that the store or the broker runs elsewhere.

    ``isolation``: the walls around handlers (``local/walls.py``); empty for what ``environ`` says.
    """

    home: Home
    pipelines: Sequence[Path]
    given: Configuration
    environ: Mapping[str, str]
    workers: int = 1
    worker_module: str = "functions.runtime.hosts.jetstream"
    has_dashboard: bool = False
    isolation: str = ""
    processes: dict[str, Process] = field(default_factory=dict)
    retiring: dict[str, Process] = field(default_factory=dict)
    restarts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.loaded = [fdl.load(path) for path in self.pipelines]
        self.services = {
            s.name: path for path, loaded in zip(self.pipelines, self.loaded, strict=True) for s in loaded.services
        }
        self.every_service = [service for loaded in self.loaded for service in loaded.services]
        found = (*fdl.check(self.loaded), *reserved_names(self.loaded))
        problems = [problem for problem in found if problem.level == "error"]
        if problems:
            raise SettingsError("; ".join(each.sentence for each in problems), hint=problems[0].hint)
        self._keys = load_or_generate(self.home.credentials, [OPERATOR, PUBLISHER, *self.services])
        self.home.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.crew = Crew(self.home.path)
        buckets = (*fdl.buckets(self.loaded), self.given.ledger)
        shown, who = Certificate.of(self.given), self._identities()
        self.weed = None if self.given.store_url else Weed(self.home.store, who, buckets=buckets, certificate=shown)
        self.broker = None if self.given.nats_url else Broker(self.home.broker, self._users(), certificate=shown)

    def start(self, say: Say, stop: threading.Event | None = None) -> None:
        """Start everything, and come back when every worker waits for events, or soon after ``stop`` is set.

        Raises:
            ServiceError: Something does not start, or does not answer.
        """
        stop = stop or threading.Event()
        for step in (
            self._start_servers,
            self._prepare,
            self._start_publisher,
            self._start_workers,
            self._start_dashboard,
            self._await_workers,
        ):
            if not stop.is_set():
                step(say, stop)

    def _start_servers(self, say: Say, stop: threading.Event) -> None:
        servers = [(name, part) for name, part in (("store", self.weed), ("broker", self.broker)) if part]
        for name, part in servers:
            say(f"starting the {name}")
            part.start()
        for _, part in servers:
            part.wait_until_ready(stop=stop)

    def _prepare(self, say: Say, stop: threading.Event) -> None:
        """Make what the store and the broker lack."""
        connection = self._connection()
        if not self.weed:
            say("looking at the store")
            ensure_buckets(connection, (*fdl.buckets(self.loaded), connection.ledger))
        if not stop.is_set():
            make_streams(connection, self.every_service)
            Consumers(connection, self.every_service).start(stop)

    def _start_publisher(self, say: Say, _: threading.Event) -> None:
        if self.weed:
            say("starting the publisher")
            self._start(PUBLISHER, self._publisher_command(), self._publisher_environment())

    def _start_workers(self, say: Say, stop: threading.Event) -> None:
        for service in self.every_service:
            self.lost_workers().release(service, "everything was stopped")
        for worker in self.crew.wanted(self).values():
            if not stop.is_set():
                say(f"starting {worker.service}")
                self.start_worker(worker)

    def _start_dashboard(self, say: Say, _: threading.Event) -> None:
        """Start what shows all of it, if it is wanted and installed; nobody waits for it."""
        if self.has_dashboard and find_spec("sse_starlette"):
            say("starting the dashboard")
            Address.chosen(self.home.path)
            command = [sys.executable, "-m", "local.dashboard"]
            self._start(DASHBOARD, command, {"NORIA_HOME": str(self.home.path)})
        elif self.has_dashboard:
            say("there is no dashboard: python -m pip install --group dashboard")

    def stop(self, say: Say) -> None:
        """Stop everything, workers first, so that what is in flight is finished or given back."""
        processes = {**self.retiring, **self.processes}
        for process in processes.values():
            process.signal(signal.SIGTERM)
        for name, process in processes.items():
            say(f"stopping {name}")
            process.stop(35)
        for name, part in (("broker", self.broker), ("store", self.weed)):
            if part:
                say(f"stopping the {name}")
                part.stop(STORE_PATIENCE)

    def lost_workers(self) -> LostWorkers:
        """Give what takes care of the runs of workers that died."""
        return LostWorkers(self._connection(), self.environ)

    def watchdogs(self) -> list[Watchdog]:
        """Give what ends a server of ours that lives and does not work."""
        dogs = []
        if self.weed:
            dogs.append(Watchdog("store", self.home.store, self.weed.works, self.weed.kill))
        if self.broker:
            connection = self._connection()
            dogs.append(Watchdog("broker", self.home.broker, lambda: takes_messages(connection), self.broker.kill))
        return dogs

    def reconciler(self) -> Reconciler:
        """Give what finds objects that were never announced; a store by URL may announce none at all."""
        seconds = self.given.reconcile or (60 if self.weed else 5)
        return Reconciler(self._connection(), self.every_service, seconds)

    def _connection(self) -> Configuration:
        return operator({**self.environ, "NORIA_HOME": str(self.home.path)})

    def service_of(self, part: str) -> fdl.Service | None:
        """Give the service that a part works for; None if it is no worker."""
        return next((s for s in self.every_service if part.rpartition("-")[0] == f"worker-{s.name}"), None)

    def parts(self) -> dict[str, "Process | Weed | Broker"]:
        """Name everything that must be alive."""
        servers = {name: part for name, part in (("store", self.weed), ("broker", self.broker)) if part}
        return {**servers, **self.processes}

    def _identities(self) -> list[Identity]:
        named = [Identity(OPERATOR, self._keys[OPERATOR].access_key, self._keys[OPERATOR].secret_key, ("Admin",))]
        for service in self.every_service:
            keys = self._keys[service.name]
            actions = store_actions(grants(service, self.every_service, self.given.ledger))
            named.append(Identity(service.name, keys.access_key, keys.secret_key, actions))
        return named

    def _users(self) -> list[User]:
        stream = self.given.stream
        names = [service.name for service in self.every_service]
        workers = [User(name, self._keys[name].password, broker_permissions(name, stream)) for name in names]
        publisher = User(PUBLISHER, self._keys[PUBLISHER].password, PUBLISHER_PERMISSIONS)
        return [User(OPERATOR, self._keys[OPERATOR].password), publisher, *workers]

    def _publisher_command(self) -> list[str | Path]:
        assert self.weed is not None
        watched = sorted({path.bucket for service in self.every_service for path in service.inputs})
        buckets = [part for bucket in watched for part in ("--bucket", bucket)]
        return [
            sys.executable,
            "-m",
            "local.publisher",
            "--filer",
            self.weed.filer,
            "--nats",
            self._connection().nats_url,
            *buckets,
        ]

    @property
    def _knows_users(self) -> bool:
        """Whether the broker has the users of our credentials: our own, or one told of them (``local.servers``)."""
        password = self._keys[OPERATOR].password
        given = (self.given.nats_user, self.given.nats_password.get_secret_value())
        return self.broker is not None or given == (OPERATOR, password)

    def _publisher_environment(self) -> dict[str, str]:
        own = {"NORIA_NATS_USER": PUBLISHER, "NORIA_NATS_PASSWORD": self._keys[PUBLISHER].password}
        return handed_on(self._connection(), self.given) | (own if self._knows_users else {})

    def start_worker(self, worker: Worker) -> None:
        """Start one worker."""
        name = worker.service
        command: list[str | Path] = [sys.executable, "-m", self.worker_module, self.services[name].absolute(), name]
        environment = self._worker_environment(self._keys[name], name, self._connection())
        if worker.resource:
            environment["NORIA_RESOURCE"] = worker.resource
        if self.isolation:
            environment["NORIA_ISOLATION"] = self.isolation
        environment |= metrics_environment(worker.part, self.home, self.given)
        service = next(service for service in self.every_service if service.name == name)
        environment |= signing_environment(service, self.home.path, self.environ)
        self._start(worker.part, command, environment)

    def _worker_environment(self, keys: Keys, name: str, connection: Configuration) -> dict[str, str]:
        environment = handed_on(connection, self.given)
        environment["MALLOC_ARENA_MAX"] = "2"  # of 18 threads' arenas most hold nothing: 7 MB less
        if self.weed:
            environment |= {"NORIA_STORE_ACCESS_KEY": keys.access_key, "NORIA_STORE_SECRET_KEY": keys.secret_key}
        if self._knows_users:
            environment |= {"NORIA_NATS_USER": name, "NORIA_NATS_PASSWORD": keys.password}
        return environment

    def _start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        process = Process(
            name, command, folder=self.home.run, environment={**self.environ, **environment}, dies_with_parent=True
        )
        process.stop()  # left from a supervisor that was killed
        process.start()
        self.processes[name] = process

    def _await_workers(self, _: Say, stop: threading.Event, timeout_s: float = 60) -> None:
        connection = self._connection()
        deadline = time.monotonic() + timeout_s
        waiting = {worker.service for worker in self.crew.wanted(self).values()}
        while waiting and not stop.is_set():
            waiting -= pulling(connection, waiting)
            for name, process in self.processes.items():
                if process.exit_code == WORKER_CONFIGURATION_ERROR:
                    raise ServiceError(f"{name} cannot start: {process.last_words(1)}", hint=f"see {process.log}")
            if waiting and time.monotonic() > deadline:
                raise ServiceError(
                    f"not ready after {timeout_s:g} s: {', '.join(waiting)}", hint=f"see {self.home.run}"
                )
            if waiting:
                time.sleep(0.1)
