"""Gathering: wait until a set is complete and stays so, then copy it, whichever member's event comes last."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from events import ObjectCreated
from functions.optimize.members import Kind, Members, can_be_member, deployment_of, is_stray, levels, set_of
from functions.optimize.settings import Optimize
from functions.runtime import Context, Rejected
from functions.runtime.asking import RefusedError
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError
from functions.runtime.outputs import place

Ctx = Context[Optimize]
HEX = 12
"""Digits of a digest that a folder of results is named for."""


@dataclass(frozen=True)
class Gathered:
    """A complete set in a folder of this run.

    Attributes:
        name: The deployment's, unless the request has another.
        root: Bucket and folder that it lies in.
        digest: SHA-256 over names and content of all members, in hex.
    """

    kind: Kind
    name: str
    folder: Path
    root: str
    digest: str


def gather(event: ObjectCreated, ctx: Ctx, folder: Path) -> Gathered | None:
    """Copy the members of the event's set into ``folder``; None when this event is not the one that works on it.

    Raises:
        NotYetError: It is not complete, or may still change.
        Rejected: It never became complete, or is too large.
    """
    up = levels(event.key)
    name = "/".join(event.key.split("/")[-1 - up :])
    beside = ctx.beside(up=up)
    possible = [one for one in beside if can_be_member(one.name)]
    try:
        members = None if is_stray(event.key) else set_of(name, beside)
        if members is None:
            ctx.log.info("no part of a problem", extra={"object": event.name})
            return None
        possible = list(members.there)
        _check(members, ctx)
    except RefusedError:  # by the host, whose word on this run it is
        raise
    except Rejected:
        _let_settle(possible, ctx)
        if ctx.lead(possible):
            raise
        return None
    _let_settle(members.there, ctx)
    if not ctx.lead(members.there):
        return None
    digest = hashlib.sha256()
    for one in members.there:
        source = ctx.take(one)
        target = folder / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        place(source, target)
        digest.update(f"{one.name}\0{ctx.digest(source)}\0".encode())
    root = "/".join([event.bucket, *event.key.split("/")[: -1 - up]])
    named = deployment_of(members.kind, event.key, members, up)
    return Gathered(members.kind, named, folder, root, digest.hexdigest())


def _check(members: Members, ctx: Ctx) -> None:
    settings = ctx.settings
    size = sum(one.size for one in members.there)
    if len(members.there) > settings.max_files or size > settings.max_bytes:
        said = f"{len(members.there):,} files of {size:,} bytes are more than one problem may have"
        raise Rejected(said, hint="upload each application into a folder of its own")
    if not members.missing:
        return
    wanted = " and ".join(members.missing)
    if ctx.waited >= settings.patience:
        after = "" if ctx.waited == float("inf") else f" after {settings.patience:g} s"
        raise Rejected(f"the set is not complete{after}: there is no {wanted}", hint="upload it into the same folder")
    raise NotYetError(f"the set lacks {wanted}", delay=1, patience=settings.patience)


def _let_settle(members: Iterable[Beside], ctx: Ctx) -> None:
    """Wait until the youngest object is as old as a set must be to count as settled."""
    youngest = min((one.age for one in members), default=0.0)
    if youngest < ctx.settings.settle:
        raise NotYetError("the set may still change", delay=ctx.settings.settle - youngest)
