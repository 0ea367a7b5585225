"""Assembly: one service of one FDL file becomes an engine that a host can feed."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import fdl
from fdl.secrets import is_secret
from functions.runtime.children import BrokenChildError, Children
from functions.runtime.configuration import Configuration
from functions.runtime.engine import Engine
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.kernel import give_memory_back, hide_from_children
from functions.runtime.secrets import NAMES
from functions.runtime.settings import SettingsError, nearest
from functions.runtime.store import Store
from functions.runtime.telemetry import log_as_json
from functions.runtime.workspace import sweep

log = logging.getLogger("noria.runtime")


@dataclass(frozen=True)
class Assembled:
    """What a host needs to serve one service."""

    configuration: Configuration
    engine: Engine


def service_of(path: str, name: str) -> fdl.Service:
    """Give the service ``name`` of the FDL file at ``path``.

    Raises:
        SettingsError: The file is no FDL, or has no such service; names the nearest.
    """
    try:
        services = {service.name: service for service in fdl.load(path).services}
    except fdl.FdlError as error:
        raise SettingsError(str(error), hint=error.hint) from error
    if name not in services:
        raise SettingsError(f"{path} has no service {name!r}{nearest(name, services)}")
    return services[name]


def start_handler(service: fdl.Service, environ: Mapping[str, str], count: int = 1) -> Children:
    """Start the service's handler processes, with their models loaded; the caller closes them.

    Raises:
        BrokenChildError: The function cannot start.
    """
    own = {name: value for name, value in service.environment.items() if not name.startswith("NORIA_")}
    # OSCAR leaves the value of a secret out where the cluster has it; here the worker's environment does.
    secret = {name: value.get_secret_value() or environ.get(name, "") for name, value in service.secrets.items()}
    names = {NAMES: ",".join([*secret, *filter(is_secret, own)])}
    function = service.environment.get("NORIA_FUNCTION", service.name)
    return Children(function, count, child_environment(environ, own | secret | names), memory=service.memory)


def child_environment(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Give a child what it needs and no secret: the machine's own variables, and the service's from its FDL."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return threads | {name: environ[name] for name in kept if name in environ} | dict(own)


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
    hide_from_children()
    service = service_of(path, name)
    configuration = configuration_of(service, environ)
    sweep(configuration.work)
    store = Store(configuration)
    give_memory_back()  # what reading the FDL took
    children = start_handler(service, environ, configuration.runners)
    return Assembled(configuration, Engine(service, children, store, configuration, host=host))


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
