"""``noria deploy --to``: pipelines as they stand onto another platform."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.cli.output import say, show
from local.platforms import platform
from local.platforms.checks import check
from local.platforms.files import left_behind, write, write_anew
from local.platforms.keys import read_keys
from local.platforms.target import Target, read

ONLY: Mapping[str, tuple[str, ...]] = {
    "nats": ("knative",),
    "plain": ("knative",),
    "broker": ("knative",),
    "nats_account": ("knative",),
    "nats_monitoring": ("knative",),
    "namespace": ("knative", "lambda"),
    "keys": ("oscar", "knative"),
    "cluster": ("oscar",),
    "clusters": ("oscar",),
    "existing": ("oscar", "lambda"),
}
"""Options that some platforms have a use for, and which; others are for all of them."""


SHOWN = 3
"""Files that a warning names; of the others it gives the number."""


@dataclass(frozen=True)
class Options:
    """What the command line says of a platform, named as its options are."""

    registry: str
    tag: str
    store: str
    region: str
    nats: str
    nats_account: str
    nats_monitoring: str
    ledger: str
    namespace: str
    keys: Path | None
    plain: bool
    broker: str
    cluster: str
    clusters: Path | None
    existing: tuple[str, ...]
    output: Path | None
    dry_run: bool
    as_json: bool


def deploy_to(name: str, paths: tuple[Path, ...], given: Options) -> None:
    """Make the pipelines run on a platform, or say what would be done for it.

    Files that are to be applied lie in ``.noria/deploy/PLATFORM/NAMESPACE`` where nobody said where to write them.

    Raises:
        Rejected, FdlError: They cannot run there, or something of what is given is wrong.
        TryAgain: The platform does not answer.
    """
    target, there = _target(paths, given), platform(name)
    files, steps = there.files(target), there.steps(target)
    if here := target.unreachable():
        say(f"warning: {', '.join(here)} can be pulled on this machine only: --registry says where else they are")
    if given.output:
        _warn(left_behind(files, given.output), given.output)
        write(files, given.output)
    document = {"to": name, "files": files, "steps": list(steps), "dry_run": given.dry_run}
    if given.dry_run:
        numbered = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
        shown = [] if given.output else [line for each, text in files.items() for line in _printed(each, text)]
        show(document, as_json=given.as_json, human=[*numbered, *shown])
        return
    home = Path(os.environ.get("NORIA_HOME", ".noria"))
    folder = given.output or write_anew(files, home, name, given.namespace)
    there.carry_out(target, folder, say)
    names = ", ".join(service.name for service in target.services)
    show(document, as_json=given.as_json, human=[f"{names} run on {name}"])


def _warn(left: tuple[str, ...], folder: Path) -> None:
    if left:
        more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
        say(f"warning: in {folder} there is also {', '.join(left[:SHOWN])}{more}, which this call has not written")


def _printed(name: str, text: str) -> list[str]:
    return ["", f"--- {name}", *text.splitlines()]


def _target(paths: tuple[Path, ...], given: Options) -> Target:
    target = Target(
        pipelines=read(paths),
        registry=given.registry,
        tag=given.tag,
        store_url=given.store,
        store_region=given.region,
        nats_url=given.nats,
        nats_account=given.nats_account,
        nats_monitoring=given.nats_monitoring,
        ledger=given.ledger,
        namespace=given.namespace,
        keys=read_keys(given.keys) if given.keys else {},
        environ=os.environ,
        plain=given.plain,
        eventing=given.broker,
        cluster=given.cluster,
        clusters=given.clusters,
        existing=frozenset(given.existing),
    )
    check(target)
    return target
