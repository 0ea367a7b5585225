"""Assembly: one service of one FDL file becomes an engine that a host can feed."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

import fdl
from functions.runtime import tracing
from functions.runtime.attempts import Watcher, Watchers
from functions.runtime.belongings import FILES, rooted
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Engine
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.kernel import give_memory_back, hide_from_children
from functions.runtime.process import BrokenChildError
from functions.runtime.settings import SettingsError, nearest
from functions.runtime.start import SCRIPTS, UNWALLED, Begun, told
from functions.runtime.store import Store
from functions.runtime.telemetry import log_as_json
from functions.runtime.workspace import room, sweep

log = logging.getLogger("noria.runtime")


@dataclass(frozen=True)
class Assembled:
    """What a host needs to serve one service."""

    configuration: Configuration
    engine: Engine


def service_of(path: str, name: str) -> fdl.Service:
    """Give the service ``name`` of the FDL file at ``path``, its script as an absolute path.

    Raises:
        SettingsError: The file is no FDL, or has no such service; names the nearest.
    """
    try:
        services = {service.name: service for service in fdl.load(path).services}
    except fdl.FdlError as error:
        raise SettingsError(str(error), hint=error.hint) from error
    if name not in services:
        raise SettingsError(f"{path} has no service {name!r}{nearest(name, services)}")
    return with_script(services[name], path)


def with_script(service: fdl.Service, path: str) -> fdl.Service:
    """Give a service of the FDL file at ``path`` with absolute paths of its script and of what it may read.

    The file has them relative to itself.
    """
    folder = Path(path).absolute().parent
    update: dict[str, object] = {"script": str(folder / service.script) if service.script else ""}
    if named := service.environment.get(FILES):
        update["environment"] = {**service.environment, FILES: rooted(named, folder)}
    return service.model_copy(update=update)


def start_handler(
    service: fdl.Service,
    environ: Mapping[str, str],
    count: int = 1,
    *,
    given: Configuration | None = None,
    begun: Begun | None = None,
) -> Children:
    """Start the service's handler processes, with their models loaded; the caller closes them.

    Args:
        service: What is run.
        environ: Of the host.
        count: How many.
        given: Says what walls them in, if anything does; ``work`` is then all that they may write.
        begun: If that is what the service needs, it is the first of them.

    Raises:
        BrokenChildError: The function cannot start.
    """
    secrets = {name: value.get_secret_value() for name, value in service.secrets.items()}
    function, own = told(service.name, service.environment, secrets, environ)
    if function == SCRIPTS:
        own |= _script(service, environ)
    walls = None
    if given and given.isolation not in UNWALLED:
        from functions.runtime.enclosure import around  # others start without

        walls = around(function, own, given, memory=service.memory, cpu=service.cpu, image=service.image)
        own = walls.environ(own)
    return Children(function, count, own, memory=service.memory, walls=walls, begun=begun)


def _script(service: fdl.Service, environ: Mapping[str, str]) -> dict[str, str]:
    """Tell the function that runs scripts which one, and where."""
    if not service.script:
        raise BrokenChildError(f"{service.name} has no script in its FDL", hint=f"{SCRIPTS} runs it: add script: FILE")
    if not Path(service.script).is_file():
        raise BrokenChildError(f"{service.name} has no script {service.script}", hint="FDL names it from where it lies")
    own = {"FILE": service.script, "SERVICE": service.name, "RESOURCE": environ.get("NORIA_RESOURCE", "")}
    return {f"RUN_SCRIPT_{name}": value for name, value in own.items()}


def configuration_of(service: fdl.Service, environ: Mapping[str, str]) -> Configuration:
    """Read what a worker of the service is told by its environment and, stronger, by its FDL.

    Raises:
        SettingsError: A ``NORIA_*`` variable is wrong.
    """
    ours = {key: value for key, value in service.environment.items() if key.startswith("NORIA_")}
    return Configuration.read({**environ, **ours})


def assemble(path: str, name: str, environ: Mapping[str, str], *, host: str) -> Assembled:
    """Read the configuration, start the service's handler processes and connect them to the store.

    Raises:
        SettingsError: The environment or the FDL is wrong.
        BrokenChildError: The function cannot start.
    """
    log_as_json(host=host, function=name)
    return assembled(service_of(path, name), environ, host=host)


def assembled(service: fdl.Service, environ: Mapping[str, str], *, host: str, begun: Begun | None = None) -> Assembled:
    """Do the same for a service that has been read already, and whose handler's process may have begun.

    Raises:
        SettingsError: The environment or the FDL is wrong.
        BrokenChildError: The function cannot start.
    """
    hide_from_children()
    configuration = configuration_of(service, environ)
    sweep(configuration.work)
    if configuration.isolation not in UNWALLED:
        configuration = configuration.model_copy(update={"work": room(configuration.work)})
    if configuration.isolation == "container" and not configuration.image:
        from functions.runtime.podman import identify

        configuration = configuration.model_copy(update={"image": identify(service.image).digest})
    store = Store(configuration)
    give_memory_back()  # what reading the FDL took
    children = start_handler(service, environ, configuration.runners, given=configuration, begun=begun)
    engine = Engine(service, children, store, configuration, host=host)
    engine.watchers = watchers_of(engine, configuration, environ)
    return Assembled(configuration, engine)


def watchers_of(engine: Engine, configuration: Configuration, environ: Mapping[str, str]) -> Watchers:
    """Begin to count and to trace what an engine does, where somebody wants to know; nothing is imported otherwise.

    ``OTEL_*`` may be meant for another program: what does not fit here costs the traces, and a warning.
    """
    watchers: list[Watcher] = []
    worker = configuration.metrics_snapshot.stem if configuration.metrics_snapshot else gethostname()
    if configuration.metrics_snapshot or configuration.metrics_address:
        with _optional("metrics"):
            from functions.runtime.metrics.watching import CountingWatcher

            watchers.append(CountingWatcher.of(engine, configuration, worker))
    if tracing.is_wanted(environ):
        with _optional("traces"):
            from functions.runtime.tracing.watching import TracingWatcher

            watchers.append(TracingWatcher.of(engine.service.name, worker, environ))
    return Watchers(tuple(watchers))


@contextmanager
def _optional(group: str) -> Iterator[None]:
    """Do without what is not installed, or cannot begin, and say so: events matter more."""
    try:
        yield
    except ModuleNotFoundError as error:
        hint = f"pip install --group {group}"
        log.warning(f"no {group}", extra={"reason": f"there is no package {error.name}", "hint": hint})
    except Rejected as error:
        log.warning(f"no {group}", extra={"reason": error.message, "hint": error.hint})
    except Exception as error:
        log.warning(f"no {group}", extra={"reason": str(error)}, exc_info=True)


def exit_code_of(serve: Callable[[], object]) -> int:
    """Run a host's main; one log line and exit code 3 for what a person must correct, 0 for a clean end."""
    try:
        serve()
    except (Rejected, BrokenChildError) as error:
        log.error("cannot start", extra={"reason": error.message, "hint": error.hint})
        return 3
    except FunctionError as error:
        log.error("cannot start now", extra={"reason": error.message, "hint": error.hint})
        return 4
    return 0


def arguments(argv: list[str], usage: str) -> tuple[str, str]:
    """Give the FDL's path and the service's name from a host's command line."""
    if len(argv) != 2:
        sys.exit(f"usage: {usage} FDL SERVICE")
    return argv[0], argv[1]
