"""From what runs now to another deployment: the placement anew, the steps between the two, and the history."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from functions.continuum.model import Name, Root
from functions.continuum.reading import read
from functions.optimize.answering import answered, borne
from functions.optimize.outcome import Outcome
from functions.optimize.problem import Problem
from functions.optimize.request import Request
from functions.optimize.result import FILE_NAME, SYSTEM, Alternative, PlacementText, Result
from functions.placement import system_json
from functions.placement.answer import Answer
from functions.placement.evaluation import evaluate
from functions.placement.system import Placement, System
from functions.redeployment.history import History
from functions.redeployment.reoptimise import reoptimise
from functions.redeployment.steps import Step, document, steps
from functions.runtime.errors import Rejected

STEPS, HISTORY, NAMES = "steps.json", "history.json", "names.json"
NOTHING = Placement({}, {}, {})
RUNNING = "running_system.json"
"""The system that what runs on is a placement of, where the new one has none."""
_CLUSTER = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SECRET = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class Revision:
    """The way from what runs now to an outcome.

    Attributes:
        steps: In their order, from nothing where nothing ran before; None where no placement was found.
        names: Names and passwords of the clusters that run.
        running: The system that what runs is a placement of, if that goes on.
        is_first: Whether nothing ran before.
    """

    steps: tuple[Step, ...] | None
    history: History
    names: Mapping[str, str] = field(default_factory=dict)
    running: System | None = None
    is_first: bool = False

    def sentences(self) -> tuple[str, ...]:
        """Give the steps for people."""
        return tuple(map(str, self.steps or ()))

    def steps_json(self) -> str:
        """Give ``steps.json``."""
        return json.dumps(document(self.steps or ()), indent=1) + "\n"

    def history_json(self) -> str:
        """Give ``history.json``."""
        return self.history.to_json()


class Drawn(Root[dict[Name, Name]]):
    """``names.json``: names and passwords of clusters."""


def names_of(path: Path | None, source: str = NAMES) -> dict[str, str]:
    """Read names and passwords of clusters; none where there is no file.

    Raises:
        Rejected: The file cannot be used.
    """
    found = dict(read(path, Drawn, source=source).root) if path else {}
    for key, value in found.items():
        is_cluster = key.endswith("/cluster")
        if not (_CLUSTER if is_cluster else _SECRET).fullmatch(value):
            wanted = (
                "small letters, digits and -, at most 63" if is_cluster else "at most 200 letters, digits and signs"
            )
            raise Rejected(f"{source}: {key[:100]} has a value that it cannot have", hint=f"it has {wanted}")
    return found


def history_of(path: Path | None, source: str = HISTORY) -> History:
    """Read the deployments so far; none where there is no file.

    Raises:
        Rejected: The file cannot be used.
    """
    if path is None:
        return History()
    try:
        return History.from_json(path.read_text(encoding="utf-8"))
    except (Rejected, UnicodeDecodeError) as error:
        raise Rejected(f"{source}: {error}", hint="leave it out, or give what was written") from None


@dataclass(frozen=True)
class Now:
    """What runs now, if anything does: its result, the deployments so far, and names of its clusters.

    Attributes:
        given: Where everything runs, if nothing else is known of it.
        ran: The system that it is a placement of, as far as that is known.
    """

    result: Result | None = None
    history: History = field(default_factory=History)
    names: Mapping[str, str] = field(default_factory=dict)
    given: Placement | None = None
    ran: System | None = None

    @property
    def placement(self) -> Placement | None:
        """Where everything runs."""
        return self.result.current if self.result else self.given

    @property
    def limits(self) -> Mapping[str, float]:
        """Limits that alerts have made smaller."""
        return self.result.limits if self.result else {}

    def system(self, problem: Problem) -> System:
        """Give the system that it is a placement of."""
        if self.ran is not None:
            return self.ran
        degraded = problem.degraded.get(self.result.alternative) if self.result else None
        return degraded.system if degraded else problem.system

    def refuse_unknown(self, problem: Problem, source: str) -> None:
        """Refuse what says that something runs where it cannot.

        Raises:
            Rejected: It does.
        """
        judged = evaluate(self.system(problem), self.placement) if self.placement else None
        for each in judged.violations if judged else ():
            if each.rule in ("unknown", "incomplete", "nodes"):
                said = f"{source} is not what runs of this application: {each}"
                raise Rejected(said, hint=f"give the {FILE_NAME} with the system.json beside it")


def revised(
    problem: Problem, request: Request, now: Now, *, seconds: float, at: datetime, known: Mapping[str, Any]
) -> tuple[Outcome, Revision]:
    """Place a deployment anew from what runs now; where nothing is feasible, its degraded deployments, the best first.

    Args:
        seconds: Of looking for the answer.
        at: When what is the reason for it was measured.
        known: More fields of the result.
    """
    current, given = now.placement, problem
    if current is None:
        outcome = answered(replace(problem, degraded={}), request, seconds=seconds)
        outcome = _with(outcome, known)
        return outcome, from_now(outcome, now, at=at)
    answer = reoptimise(problem.system, current, seconds=seconds, seed=request.seed)
    name = ""
    if answer.placement is None:
        name, problem, answer = _degraded(problem, now, current, answer, seconds=seconds, seed=request.seed)
    if answer.placement is None and answer.feasible is False:  # nothing helps: time to say what is in the way
        answer = reoptimise(problem.system, current, seconds=seconds, seed=request.seed, explain=True)
    outcome = Outcome(problem, request, answer, borne(problem.system, answer, problem.learnt))
    more: dict[str, Any] = {"alternative": name, "alternatives": _alternatives(now, given, outcome, name, known)}
    outcome = going_on(_with(outcome, {**known, **more}), now)
    return outcome, from_now(outcome, now, at=at)


def going_on(outcome: Outcome, now: Now) -> Outcome:
    """Give the outcome with what runs on, where no placement was found."""
    current = now.placement
    if outcome.answer.placement is not None or current is None:
        return outcome
    alternative = now.result.alternative if now.result else ""
    return _with(outcome, {"running": PlacementText.of(current), "alternative": alternative})


def from_now(outcome: Outcome, now: Now, *, at: datetime) -> Revision:
    """Give the way from what runs now, or from nothing, to an outcome."""
    current, placement = now.placement, outcome.answer.placement
    way: tuple[Step, ...] | None = None
    before = now.system(outcome.problem)
    if placement is not None:
        way = steps(outcome.problem.system, current or NOTHING, placement, before=before)
    running = before if current is not None and placement is None else None
    return Revision(way, _added(now.history, outcome, at), now.names, running, is_first=current is None)


def ran(result: Result, beside: Callable[[str], Path | None]) -> System | None:
    """Read the system that what runs after a result is a placement of, where ``beside`` gives its file.

    Raises:
        Rejected: The file cannot be used.
    """
    path = beside(SYSTEM if result.placement else RUNNING)
    return system_json.read(path) if path else None


def _degraded(
    problem: Problem, now: Now, current: Placement, answer: Answer, *, seconds: float, seed: int
) -> tuple[str, Problem, Answer]:
    """Try the degraded deployments that are not known to bear less than the load."""
    most = {each.name: each.bound for each in (now.result.alternatives if now.result else ())}
    for name, each in problem.degraded.items():
        bears = most.get(name)
        if bears is not None and bears < problem.system.load:
            continue
        system = replace(each.system, load=problem.system.load)
        found = reoptimise(system, current, seconds=seconds, seed=seed)
        if found.placement is not None:
            return name, replace(problem, system=system), found
    return "", problem, answer


def _alternatives(
    now: Now, problem: Problem, outcome: Outcome, placed: str, known: Mapping[str, Any]
) -> tuple[Alternative, ...]:
    """Give the degraded deployments as they are known at the new load; ``placed`` is the one that was placed."""
    tighter = dict(known.get("limits", {})) != dict(now.limits)
    load, answer = outcome.problem.system.load, outcome.answer
    told = [
        each.at(load, tighter=tighter, is_monotone=not _has_functions(problem, each.name))
        for each in (now.result.alternatives if now.result else ())
    ]
    now_placed = {"feasible": answer.feasible, "cost": answer.cost}
    return tuple(each.model_copy(update=now_placed) if each.name == placed else each for each in told)


def _has_functions(problem: Problem, name: str) -> bool:
    """Whether a degraded deployment may use functions, for which more load can be easier than less."""
    degraded = problem.degraded.get(name)
    return degraded is None or any(each.kind == "faas" for each in degraded.system.resources.values())


def _with(outcome: Outcome, known: Mapping[str, Any]) -> Outcome:
    return replace(outcome, known={**outcome.known, **known})


def _added(history: History, outcome: Outcome, at: datetime) -> History:
    if outcome.answer.placement is None:
        return history
    told = outcome.occasion
    return history.added(
        at,
        outcome.answer.placement,
        load=outcome.problem.system.load,
        cost=outcome.answer.cost,
        reason=told.kind if told else "application",
    )
