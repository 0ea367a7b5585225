"""Tell where an uploaded network can be cut in two, and write the halves that are asked for."""

import hashlib
from collections.abc import Mapping

from events import ObjectCreated
from functions.continuum.reading import LARGEST_YAML, read
from functions.partition_model.settings import PartitionModel
from functions.partitioning.partitioned import Partitioned, link_of, partition
from functions.partitioning.request import ENDINGS, Request
from functions.partitioning.writing import write
from functions.runtime import Context, Rejected, function
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError
from functions.runtime.settings import nearest
from functions.sandbox.walls import choose

Ctx = Context[PartitionModel]
NETWORK = ".onnx"
_HINT = f"upload name{NETWORK}, and name{ENDINGS[0]} beside it if anything special is asked"
HEX = 12
"""Digits of the SHA-256 of network and request in the name of a folder of results."""


@function(settings=PartitionModel)
def partition_model(event: ObjectCreated, ctx: Ctx) -> None:
    """Write ``<name>/<digest>/partition.json``, a table, a page and the parts of ``<name>.onnx``.

    A ``<name>.partition.yaml`` beside it says what is asked; one that comes later has the network partitioned anew.

    Raises:
        NotYetError: The request may be on its way, or its network is.
        Rejected: The file is no network that may be opened, or the request does not fit it; the line is named.
    """
    stem = _stem(event.name)
    if not stem:
        raise Rejected(f"{event.name} is neither a network nor a request", hint=_HINT)
    beside = {one.name: one for one in ctx.beside()}
    network = _network(stem, beside, ctx)
    members = [network, *(beside[name] for name in (f"{stem}{each}" for each in ENDINGS) if name in beside)]
    _settle(members, ctx)
    if not ctx.lead(members):
        return
    if len(members) > 2:
        raise Rejected(f"there are {members[1].name} and {members[2].name}", hint="remove one of them")
    request = _request(members[1], ctx) if len(members) > 1 else Request()
    if request.measure and not ctx.settings.may_measure:
        raise Rejected("measure is true, and no network is run here", hint="give seconds, or ask who runs this")
    file = ctx.take(network)
    found = partition(
        file,
        request,
        name=network.name,
        link=link_of(request, defaults=ctx.settings.defaults),
        sandbox=choose(ctx.settings.sandbox) if request.measure else None,
        workspace=ctx.folder.parent.resolve(),
        bounds=ctx.settings.bounds,
    )
    below = f"{stem}/{_digest(members, ctx)}"
    write(found, lambda name: ctx.output(f"{below}/{name}"))
    _tell(found, ctx)


def _tell(found: Partitioned, ctx: Ctx) -> None:
    ctx.metric("cuts", len(found.choices.all))
    if found.best:
        ctx.metric("seconds", found.best.seconds)
    for warning in found.choices.warnings:
        ctx.log.warning(warning)
    ctx.log.info("partitioned", extra={"cuts": len(found.choices.all), "nodes": len(found.network.nodes)})


def _digest(members: list[Beside], ctx: Ctx) -> str:
    """Name what network and request are together: other results than those of an earlier pair have another folder."""
    digests = "\0".join(ctx.digest(ctx.take(one)) for one in members)
    return hashlib.sha256(digests.encode()).hexdigest()[:HEX]


def _stem(name: str) -> str:
    """Give what network and request are both called; nothing for a name that is neither's."""
    endings = [each for each in (*ENDINGS, NETWORK) if name.lower().endswith(each)]
    return name[: -len(endings[0])] if endings else ""


def _network(stem: str, beside: Mapping[str, Beside], ctx: Ctx) -> Beside:
    name = f"{stem}{NETWORK}"
    for each in (name, *beside):
        if each in beside and each.lower() == name.lower():
            return beside[each]
    if ctx.waited >= ctx.settings.patience:
        there = [each for each in beside if each.endswith(NETWORK)]
        raise Rejected(f"there is no {name} beside the request{nearest(name, there)}", hint=_HINT)
    raise NotYetError(f"there is no {name} yet", delay=1, patience=ctx.settings.patience)


def _settle(members: list[Beside], ctx: Ctx) -> None:
    youngest = min(one.age for one in members)
    if youngest < ctx.settings.settle:
        left = ctx.settings.settle - youngest
        raise NotYetError("its request may be on its way", delay=left, patience=ctx.settings.settle + 60)


def _request(one: Beside, ctx: Ctx) -> Request:
    if one.size > LARGEST_YAML:
        raise Rejected(f"{one.name} has {one.size:,} bytes, more than the limit of {LARGEST_YAML:,}")
    return read(ctx.take(one), Request, source=one.name)
