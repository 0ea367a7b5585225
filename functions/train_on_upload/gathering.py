"""Gathering: wait until a set is complete and stays so, then take its members, whichever event comes last."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from events import ObjectCreated
from functions.datasets.definition import Definition, read_definition
from functions.runtime import Context, Rejected
from functions.runtime.asking import RefusedError
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError
from functions.train_on_upload.members import (
    DEFINITIONS,
    Members,
    can_be_member,
    check_manifest,
    chosen,
    definition_among,
    missing,
)
from functions.train_on_upload.pinning import Pinned, pin
from functions.train_on_upload.settings import TrainOnUpload
from functions.training.record import ROLES, Role

Ctx = Context[TrainOnUpload]
JOB_NAME = re.compile(r"[0-9a-f]{12}")
DEFINITION_LIMIT = 2**20
"""Bytes; the definition's own limit is smaller, and says so better."""


@dataclass(frozen=True)
class Gathered:
    """A complete set, pinned: nothing outside of this run can change it any more."""

    definition: Definition
    pinned: Mapping[Role, Pinned]


def gather(event: ObjectCreated, ctx: Ctx, folder: Path) -> Gathered | None:
    """Pin the members of the event's set in ``folder``; None when this event is not the one that works on it.

    Raises:
        NotYetError: It is not complete, or may still change.
        Rejected: It never became complete, or its definition is wrong; only the event that leads says so.
    """
    if not can_be_member(event.name):
        ctx.log.info("no part of a training", extra={"object": event.name})
        return None
    beside = ctx.beside()
    try:
        _check_folder(event)
        found = _chosen(beside, ctx, folder)
    except RefusedError:  # by the host, whose word on this run it is
        raise
    except Rejected:
        _let_settle(beside, ctx, "the set is to be refused, and may still be put right")
        if ctx.lead([one for one in beside if can_be_member(one.name)]):
            raise
        return None
    definition, first, members = found
    if not members.has(event.name):
        ctx.log.info("no member of the set", extra={"object": event.name})
        return None
    if len(definition.sha256) < 2:  # else it names the content of both others, and there is nothing to wait for
        _let_settle(beside, ctx, "the set is complete, and may still be replaced")
    if not ctx.lead(members.all):
        return None
    pinned: dict[Role, Pinned] = {"definition": first}
    pinned["model"] = _pinned(ctx, members.by_role["model"], folder, "model", limit=ctx.settings.max_model_bytes)
    most = ctx.settings.max_dataset_bytes
    pinned["dataset"] = _pinned(ctx, members.by_role["dataset"], folder, "dataset", limit=most)
    _check_content(definition, pinned, ctx)
    return Gathered(definition, {role: pinned[role] for role in ROLES})


def _chosen(beside: tuple[Beside, ...], ctx: Ctx, folder: Path) -> tuple[Definition, Pinned, Members]:
    """Give the definition and the members that it means, before anything large is read."""
    file = definition_among(beside)
    if file is None:
        raise _incomplete(ctx, [DEFINITIONS[0]])
    pinned = _pinned(ctx, file, folder, "definition", limit=DEFINITION_LIMIT)
    definition = read_definition(pinned.path)
    if definition.epochs > ctx.settings.max_epochs:
        said = f"{definition.epochs:,} epochs are more than the {ctx.settings.max_epochs:,} that are allowed"
        raise Rejected(said, hint="ask for fewer, or raise TRAIN_ON_UPLOAD_MAX_EPOCHS")
    if absent := missing(beside, definition):
        raise _incomplete(ctx, absent)
    members = chosen(beside, file, definition)
    check_manifest(members, definition)
    return definition, pinned, members


def _pinned(ctx: Ctx, one: Beside, folder: Path, role: Role, *, limit: int) -> Pinned:
    if one.size > limit:  # before it is downloaded
        raise Rejected(f"{one.name} is larger than {limit:,} bytes, the limit for a {role}")
    return pin(ctx.take(one), folder, role, name=one.name, limit=limit)


def _let_settle(beside: Iterable[Beside], ctx: Ctx, why: str) -> None:
    """Wait until the youngest object that could be a member is as old as a set must be to count as settled."""
    youngest = min(one.age for one in beside if can_be_member(one.name))
    if youngest < ctx.settings.settle:
        raise NotYetError(why, delay=ctx.settings.settle - youngest)


def _check_folder(event: ObjectCreated) -> None:
    """Refuse a folder in which results of another job would lie: those are in folders named for jobs.

    Raises:
        Rejected: One of the folders has such a name.
    """
    for part in event.key.split("/")[:-1]:
        if JOB_NAME.fullmatch(part):
            hint = "upload the set into a folder with another name"
            raise Rejected(f"the folder {part} is named like a job, and so are the folders of results", hint=hint)


def _check_content(definition: Definition, pinned: Mapping[Role, Pinned], ctx: Ctx) -> None:
    """Wait for members that are not what the manifest says: they are still being replaced."""
    other = [
        each.input.name
        for each in pinned.values()
        if definition.sha256.get(each.input.name, each.input.sha256) != each.input.sha256
    ]
    if other:
        said = f"{' and '.join(other)} with the content that the definition's sha256 names"
        raise _incomplete(ctx, [said])


def _incomplete(ctx: Ctx, absent: list[str]) -> Exception:
    patience = ctx.settings.patience
    wanted = " and ".join(absent)
    if ctx.waited >= patience:
        after = "" if ctx.waited == float("inf") else f" after {patience:g} s"
        hint = "upload what is missing into the same folder, or name what is there in the definition"
        return Rejected(f"the set is not complete{after}: there is no {wanted}", hint=hint)
    return NotYetError(f"the set lacks {wanted}", delay=1, patience=patience)
