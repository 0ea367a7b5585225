"""Methods by their names: the exact one, and those that users of SPACE4AI-D know, all judged by the same evaluator."""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.continuum.optimiser_settings import canonical
from functions.optimize.request import Parameter, Request
from functions.placement.answer import Answer, digest, gap_between
from functions.placement.evaluation import evaluate
from functions.placement.exact import solve
from functions.placement.heuristics import METHODS, incumbent, run
from functions.placement.system import Placement, System
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest

EXACT = "exact"
_QUICK = 2.0
"""Seconds, and a tenth of all, of looking for a first placement before the exact method begins."""
_ROUNDS = 60
"""Of looking for it; so many end in time on most machines, and then nothing depends on how fast one is."""
_RENAMED = {
    "starting_point_number": "starting_points",
    "starting_points_number": "starting_points",
    "upper_bound_lambda": "upper_bound",
    "temp_begin": "temperature",
}


def method_of(word: str) -> str:
    """Give the method's own name for any spelling of it.

    Raises:
        Rejected: There is none, with the nearest one that there is.
    """
    found = canonical(word)
    if word.lower() == EXACT:
        return EXACT
    if isinstance(found, str) and found in METHODS:
        return found
    known = [EXACT, *METHODS]
    raise Rejected(f"there is no method {word[:60]!r}{nearest(word, known)}", hint=f"there are {', '.join(known)}")


def answer_of(system: System, request: Request, *, seconds: float, start: Placement | None = None) -> Answer:
    """Look for the cheapest placement by the method that is asked for."""
    method = method_of(request.method or EXACT)
    began = time.monotonic()
    if method == EXACT:
        quick = start or incumbent(system, seconds=min(_QUICK, seconds / 10), seed=request.seed, rounds=_ROUNDS)
        answer = solve(system, seconds=seconds - (time.monotonic() - began), start=quick, seed=request.seed)
        known = {"found_by": answer.method, **answer.certificate} if answer.placement else answer.certificate
        return replace(answer, method=EXACT, seconds=time.monotonic() - began, certificate=known)
    placement = run(
        system,
        method,
        seed=request.seed,
        iterations=request.iterations,
        seconds=seconds,
        parameters=_named(request.parameters),
        start=start,
    )
    return _judged(system, placement, method, time.monotonic() - began, seed=request.seed)


def _named(given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Give parameters under their names here, ``tabu_size``, for SPACE4AI-D's, ``tabuSize``."""
    snake = {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower(): value for name, value in given.items()}
    return {_RENAMED.get(name, name): value for name, value in snake.items()}


def _judged(system: System, placement: Placement | None, method: str, seconds: float, *, seed: int) -> Answer:
    """Make an answer of what a method found, which proves nothing; all that is known is that no cost is negative."""
    known: dict[str, Any] = {"method": method, "seed": seed, "proven": False, "seconds": round(seconds, 3)}
    known["system"] = digest(system)
    if placement is None:
        return Answer(None, None, None, None, 0.0, None, seconds, proven=False, method=method, certificate=known)
    judged = evaluate(system, placement)
    evaluator = {"feasible": judged.feasible, "violations": [str(each) for each in judged.violations]}
    known |= {"placement": digest(placement), "cost": judged.cost, "bound": 0.0, "evaluator": evaluator}
    return Answer(
        feasible=judged.feasible or None,
        placement=placement,
        evaluation=judged,
        cost=judged.cost,
        bound=0.0,
        gap=gap_between(judged.cost, 0.0),
        seconds=seconds,
        proven=False,
        method=method,
        certificate=known,
    )
