"""Whether a candidate takes the place of the model that is there, and what is kept of that either way."""

from dataclasses import dataclass
from datetime import datetime

from functions.runtime.errors import InputVanishedError, Rejected
from functions.runtime.runs import StoredObject
from functions.runtime.settings import nearest
from functions.succession.documents import (
    MOST_VERSIONS,
    Change,
    Changes,
    Current,
    Rollback,
    Scores,
    Version,
    What,
)
from functions.succession.scores import level_of
from functions.swap_model.candidate import Ctx, Origin, Result, result_of
from functions.swap_model.trial import tried
from functions.trust.evidence import BOM


@dataclass(frozen=True)
class Decision:
    """What comes of a candidate; ``scores`` where it was tried."""

    what: What
    reason: str
    scores: Scores | None = None


def judged(candidate: Result, origin: Origin | None, before: Changes, ctx: Ctx) -> Decision:
    """Decide on a candidate that was verified.

    Raises:
        InputVanishedError: Something that it takes to decide is gone.
    """
    current = before.current
    if current is None:
        return Decision("first", "the first model of this name")
    if before.version(candidate.model.sha256) is not None:
        return Decision("refused", "this very model is in place, or was")
    if origin is None:
        return Decision("refused", "no rows were kept from its training, so nothing says that it is better")
    if origin.made.number <= before.newest:
        said = f"it is made of set {origin.made.number}, and set {before.newest} has led to a model in place"
        return Decision("refused", said)
    try:
        scores = _scores(candidate, current, origin, ctx)
    except InputVanishedError:
        raise
    except Rejected as error:
        return Decision("refused", f"it cannot be compared: {error.message}")
    return _weighed(scores, before, ctx)


def _scores(candidate: Result, current: Current, origin: Origin, ctx: Ctx) -> Scores:
    run = ctx.record(current.verified)
    if run is None:
        raise Rejected(f"the ledger does not know {current.verified} any more")
    return tried(candidate, result_of(run, ctx), origin, ctx)


def _weighed(scores: Scores, before: Changes, ctx: Ctx) -> Decision:
    """Decide by scores, and by how often the model in place was compared before."""
    told = f"{scores.candidate:.4g} against {scores.current:.4g} ({scores.measure}) on {scores.rows:,} rows"
    gain = abs(scores.candidate - scores.current)
    if not scores.is_better or gain < ctx.settings.least_gain:
        return Decision("refused", f"it is not better: {told}", scores)
    looks = before.compared + 1
    level = level_of(ctx.settings.level, looks)
    if scores.p > level:
        why = f"it may be better by chance (p {scores.p:.2g}, in comparison {looks} at most {level:.2g}): {told}"
        return Decision("refused", why, scores)
    return Decision("swap", f"it is better: {told}, p {scores.p:.2g}", scores)


def decided(
    before: Changes, candidate: Result, origin: Origin | None, decision: Decision, *, at: datetime, model: StoredObject
) -> Changes:
    """Give what is kept once a decision on a candidate is made; ``model`` is its file with digest and size."""
    number = origin.made.number if origin else 0
    version = Version(
        number=before.made + 1,
        model=model,
        job=candidate.record.job,
        bom=candidate.file(BOM).sha256,
        verified=candidate.run.name,
        set=number,
        over=before.current.model.sha256 if before.current else "",
    )
    return _changed(before, version, decision, at=at)


def rolled_back(before: Changes, wanted: Rollback, ctx: Ctx, *, at: datetime) -> Changes:
    """Put an earlier model back.

    Raises:
        Rejected: There is none, or its file is not what it was.
    """
    version = _earlier(before, wanted)
    run = ctx.record(version.verified)
    if run is None:
        raise Rejected(f"the ledger does not know {version.verified}, which verified that model")
    if ctx.digest(ctx.read(version.model)) != version.model.sha256:
        raise Rejected(f"{version.model.key} is not the model that was in place")
    decision = Decision("rollback", wanted.reason or "a person asked for it")
    return _changed(before, version, decision, at=at)


def _earlier(before: Changes, wanted: Rollback) -> Version:
    current = before.current
    if current is None:
        raise Rejected(
            f"no model of {before.name} is in place", hint="the first one gets there without being asked for"
        )
    if wanted.to is None:
        return _back(before, current, wanted.steps)
    fitting = {each.model.sha256: each for each in before.versions if each.model.sha256.startswith(wanted.to)}
    known = [each.model.sha256[:12] for each in before.versions]
    if len(fitting) != 1:
        said = f"{'no' if not fitting else 'more than one'} model of {before.name} begins with {wanted.to}"
        raise Rejected(said + nearest(wanted.to, known), hint=f"there were {', '.join(known)}")
    (version,) = fitting.values()
    if version.model.sha256 == current.model.sha256:
        raise Rejected(f"{wanted.to} is the model of {before.name} that is in place already")
    return version


def _back(before: Changes, current: Current, steps: int) -> Version:
    """Give the version that the one in place has replaced, so many times."""
    version = before.version(current.model.sha256)
    for done in range(steps):
        version = before.version(version.over) if version and version.over else None
        if version is None:
            said = f"there were only {done} models of {before.name} before the one that is in place"
            raise Rejected(said, hint='say to which: {"to": "<beginning of its SHA-256>"}')
    assert version is not None
    return version


def _changed(before: Changes, version: Version, decision: Decision, *, at: datetime) -> Changes:
    was, what = before.current, decision.what
    change = Change(
        what=what,
        number=before.made + (what != "refused"),
        previous=before.made if was else None,
        job=version.job,
        digest=version.model.sha256,
        set=version.set,
        at=at,
        reason=decision.reason,
        scores=decision.scores,
    )
    if what == "refused":
        return before.with_change(change)
    current = Current(
        name=before.name,
        change=before.made + 1,
        what=what,
        at=at,
        model=version.model,
        job=version.job,
        bom=version.bom,
        verified=version.verified,
        set=version.set,
        previous=was.model.sha256 if was else "",
        scores=decision.scores,
        reason=decision.reason,
    )
    versions = before.versions if what == "rollback" else (*before.versions, version)[-MOST_VERSIONS:]
    newest = max(before.newest, version.set)
    return before.with_change(change, made=before.made + 1, current=current, versions=versions, newest=newest)
