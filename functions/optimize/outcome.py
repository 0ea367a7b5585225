"""What came of a problem: the answer, and all that was found around it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from functions.optimize.loads import measured_up_to
from functions.optimize.predicted import doubts, model_list, predictions
from functions.optimize.problem import Problem
from functions.optimize.request import Request
from functions.optimize.result import Alternative, Occasion, Point, Predicted, Result, result_of
from functions.placement import system_json
from functions.placement.answer import Answer
from functions.placement.capacity import GREATEST, SystemCapacity
from functions.placement.front import Point as FrontPoint
from functions.placement.system import System


@dataclass(frozen=True)
class Degradation:
    """A degraded deployment, placed: how good its answers are (a share), and the most that any placement bears.

    Attributes:
        looked: Requests a second up to which was looked for that.
    """

    system: System
    metric: float
    answer: Answer
    capacity: SystemCapacity
    looked: float = GREATEST

    @property
    def bound(self) -> float | None:
        """Requests a second that no placement bears more than, where that is proven; with functions it is not."""
        functions = any(each.kind == "faas" for each in self.system.resources.values())
        most = self.capacity
        return most.bound if most.proven and not functions and most.bound < self.looked else None


@dataclass(frozen=True)
class Outcome:
    """An answer and what was found around it.

    Attributes:
        greatest_load: Requests a second that the placement bears.
        front: Placements of which none is both cheaper and quicker than another.
        degraded: Name -> degraded deployment, placed.
        known: More fields of the result: occasion, origin, limits.
    """

    problem: Problem
    request: Request
    answer: Answer
    greatest_load: float | None = None
    front: tuple[FrontPoint, ...] = ()
    degraded: Mapping[str, Degradation] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def occasion(self) -> Occasion | None:
        """Why the deployment was placed anew."""
        found = self.known.get("occasion")
        return found if isinstance(found, Occasion) else None

    @property
    def certificate(self) -> Mapping[str, Any]:
        """What backs the answer; it names the problem by the SHA-256 of ``system.json``, byte for byte."""
        text = system_json.text(self.problem.system)
        return {**self.answer.certificate, "system": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}

    @property
    def kept(self) -> tuple[str, ...]:
        """Resources that had to stay because they run, where their layer has others."""
        kept = self.answer.certificate.get("kept") or {}
        others = {each.layer for each in self.problem.system.resources.values() if each.name != kept.get(each.layer)}
        return tuple(name for layer, name in kept.items() if layer in others)

    @property
    def relaxation(self) -> tuple[str, ...]:
        """Where nothing is feasible: why, and what is to be relaxed."""
        relaxed = self.answer.relaxation
        if relaxed is None:
            return ()
        stays = " and ".join(self.kept)
        why = (f"{stays} had to stay, as it runs: placed as if nothing ran, there may be a placement",) if stays else ()
        return (relaxed.reason, *map(str, relaxed.changes), *why)

    @property
    def predictions(self) -> tuple[Predicted, ...]:
        """What learnt models say of the parts where they are placed."""
        return predictions(self.problem.learnt, self.answer)

    @property
    def is_measured_no_further(self) -> bool:
        """Whether the placement may bear more than it is said to, of which nothing was measured."""
        system, placement = self.problem.system, self.answer.placement
        if placement is None or self.greatest_load is None:
            return False
        return self.greatest_load >= measured_up_to(self.problem.learnt, system, placement)

    def result(self) -> Result:
        """Describe it for programs."""
        found = self.predictions
        asked = {"predictions": found, "models": model_list(self.problem.learnt), "inputs": dict(self.request.inputs)}
        known = {"alternatives": self._alternatives(), **asked, **self.known}
        return result_of(
            self.problem.name,
            self.problem.system,
            replace(self.answer, certificate=self.certificate),
            application=self.problem.application.name if self.problem.application else "",
            relaxation=self.relaxation,
            greatest_load=self.greatest_load,
            front=tuple(
                Point(cost=each.cost, response_time=each.response_time, bound=each.answer.bound) for each in self.front
            ),
            warnings=(*self.problem.warnings, *doubts(found), *self.warnings),
            **known,
        )

    def _alternatives(self) -> tuple[Alternative, ...]:
        return tuple(
            Alternative(
                name=name,
                metric=each.metric,
                feasible=each.answer.feasible,
                cost=each.answer.cost,
                greatest_load=each.capacity.load if each.capacity.load < GREATEST else None,
                bound=each.bound,
            )
            for name, each in self.degraded.items()
        )

    def sentence(self) -> str:
        """Give the answer in a sentence."""
        answer, load = self.answer, f"{self.problem.system.load:g} requests a second"
        kept = f" with {' and '.join(self.kept)} kept" if self.kept else ""
        if answer.placement is None:
            if answer.feasible is False:
                return f"No placement{kept} bears {load}: {self.relaxation[0] if self.relaxation else 'it is proven'}"
            return f"No placement for {load} was found in {answer.seconds:.1f} s, and none is proven impossible"
        hours = self.problem.system.hours
        span = "an hour" if hours == 1 else f"for {hours:g} hours"
        if answer.proven:
            proof = f"the least possible{kept}, proven"
        elif answer.gap is not None and answer.gap < 1:
            proof = f"at most {answer.gap:.2%} above the least possible{kept}"
        else:
            proof = "with no proof of how far that is from the least possible"
        bears = "" if self.greatest_load is None else f"; it bears up to {self.greatest_load:.4g} requests a second"
        bears += ", the most that was measured" if self.is_measured_no_further else ""
        degraded = self.known.get("alternative")
        instead = f"; it runs degraded, as {degraded}" if degraded else ""
        return f"{load} cost {answer.cost:.6g} {span}, {proof}{bears}{instead}"
