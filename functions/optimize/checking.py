"""Checking what a run has written: whether its result is one of the system beside it, and its bound can be proven anew.

Everything is done again from the two files alone, by the exact evaluator and a new search. Whoever changed both so that
they fit together is found out only by what is proven: a certificate says that an answer is right, not who gave it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.datasets.files import opened
from functions.optimize.answering import borne
from functions.optimize.folder import is_inside
from functions.optimize.manifest import sha256_of
from functions.optimize.rechecking import differing, learnt_of, tampered
from functions.optimize.result import FILE_NAME, SYSTEM, Finite, Result, read_result
from functions.placement import system_json
from functions.placement.answer import Answer, digest, gap_between
from functions.placement.evaluation import evaluate
from functions.placement.exact import solve
from functions.placement.page import limits
from functions.placement.system import Placement, System
from functions.placement.verdict import Evaluation
from functions.runtime.errors import Rejected

State = Literal["holds", "fails", "not proven", "not checked"]
_ROUNDING = 1e-9
_BOUND = 2e-6
"""Share of a bound by which two searches that both ended may differ: the gap at which each ends, twice."""
_LOAD = 1e-5


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    subject: str
    state: State
    said: str


class _Claim(BaseModel):
    """What of a certificate is checked."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    system: str
    placement: str | None = None
    cost: Finite = None
    bound: Finite = None
    gap: Finite = None
    proven: bool
    kept: dict[str, str] = {}


def checked(folder: Path, *, seconds: float) -> tuple[Check, ...]:
    """Check what ``noria optimize --output`` has written into a folder.

    Args:
        seconds: Of proving the bound anew.

    Raises:
        Rejected: A file is not there or malformed.
    """
    return tuple(_Audit(folder).checks(seconds))


class _Audit:
    """The two files, read, and what the evaluator says of the placement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / FILE_NAME
        self.result: Result = read_result(path, source=str(path))
        try:
            self.claim = _Claim.model_validate(self.result.certificate)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, ("certificate", *first["loc"])))
            raise Rejected(f"{path}: {where}: {first['msg']}", hint="give what noria optimize has written") from None
        with opened(folder / SYSTEM, system_json.LARGEST) as file:
            self.content = file.read()
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            raise Rejected(f"{folder / SYSTEM}: it is not UTF-8 text") from None
        self.system: System = system_json.parse(text, source=str(folder / SYSTEM))
        found = self.result.placement
        self.placement: Placement | None = found.placement if found else None
        self.learnt = learnt_of(folder, self.result, self.system)

    def checks(self, seconds: float) -> Iterator[Check]:
        """Look at everything."""
        yield _fits("system", f"sha256:{sha256_of(self.content)}", self.claim.system, f"{SYSTEM} is")
        yield _fits("load", f"{self.system.load:.12g}", f"{self.result.load:.12g}", f"{SYSTEM} has")
        yield self._files()
        yield from self._models()
        if self.placement is not None:
            yield from self._placed(self.placement)
        elif self.result.feasible:
            yield Check("placement", "fails", "it is said to be feasible, and there is none")
        yield self._bound(seconds)
        if self.result.front or self.result.alternatives or self.result.relaxation:
            yield Check("front, degraded deployments, what to relax", "not checked", "they are told without a proof")

    def _files(self) -> Check:
        wrong = []
        for name, told in self.result.manifest.items():
            path = self.folder / name
            if not is_inside(self.folder, name) or not path.is_file():
                wrong.append(f"{name} is gone")
            elif told and f"sha256:{sha256_of(path.read_bytes())}" != told:
                wrong.append(f"{name} is another")
        if not self.result.manifest:
            return Check("files", "not checked", f"{FILE_NAME} lists none")
        return _verdict("files", "; ".join(wrong), f"all {len(self.result.manifest)} are there, as they were written")

    def _models(self) -> Iterator[Check]:
        """Look whether the learnt models are those that were asked, and say what they are told to have said."""
        if self.learnt is None:
            return
        wrong = tampered(self.folder, self.result)
        if wrong:
            self.learnt = None  # what is not what it was is not opened
        else:
            try:
                wrong = differing(self.learnt, self.system, self.result, self.placement)
            except (Rejected, ValueError) as error:
                self.learnt, wrong = None, str(error)
        yield _verdict("learnt models", wrong, f"asked again, all {len(self.result.models)} say what the files say")

    def _placed(self, placement: Placement) -> Iterator[Check]:
        yield _fits("placement", digest(placement), str(self.claim.placement), "it is")
        judged = evaluate(self.system, placement)
        broken = "" if judged.feasible else f"it breaks a rule: {judged.violations[0]}"
        if bool(self.result.feasible) != judged.feasible:
            yield Check("rules", "fails", broken or "it keeps all rules, and is said not to")
        else:
            yield Check("rules", "holds", broken or "it keeps every limit and rule")
        yield self._cost(judged)
        yield self._times(placement, judged)
        answer = self._answer(placement, judged)
        most = borne(self.system, answer, self.learnt) if judged.feasible else self.result.greatest_load
        same = _same(most, self.result.greatest_load, _LOAD)
        said = "nothing limits it" if most is None else f"it bears {most:.6g} requests a second"
        yield Check("greatest load", "holds" if same else "fails", said)

    def _cost(self, judged: Evaluation) -> Check:
        told = (self.result.cost, self.claim.cost)
        same = all(_same(judged.cost, each) for each in told)
        said = f"the evaluator says {judged.cost:.9g}"
        return _verdict("cost", "" if same else f"{said}, the files {_listed(told)}", said)

    def _times(self, placement: Placement, judged: Evaluation) -> Check:
        told = {each.name: (each.seconds, each.limit) for each in self.result.thresholds}
        answer = self._answer(placement, judged)
        found = {name: (seconds, limit) for name, seconds, limit in limits(self.system, answer)}
        wrong = [
            *_different(judged.component_times, self.result.component_times),
            *_different(judged.utilisation, self.result.utilisation),
            *(name for name in {**found, **told} if not _alike(found.get(name), told.get(name))),
        ]
        said = f"{len(found)} limits, {len(judged.component_times)} components"
        return _verdict("response times", f"others for {', '.join(dict.fromkeys(wrong))}" if wrong else "", said)

    def _answer(self, placement: Placement, judged: Evaluation) -> Answer:
        return Answer(
            judged.feasible, placement, judged, judged.cost, 0.0, None, 0.0, proven=False, method=self.result.method
        )

    def _bound(self, seconds: float) -> Check:
        """Prove the bound anew, or that there is no placement."""
        result, bound = self.result, self.result.bound
        if wrong := self._contradiction():
            return Check("bound", "fails", wrong)
        if result.feasible is not False and not bound:
            return Check("bound", "holds", "none is claimed but that no cost is negative")
        kept = {layer: name for layer, name in self.claim.kept.items() if name in self.system.resources}
        answer = solve(self.system, seconds=seconds, start=self.placement, keep=kept, explain=False)
        said = f"; {', '.join(kept.values())} kept" if kept else ""
        if result.feasible is False or bound is None:
            return _infeasible(answer, seconds, said)
        least = bound * (1 - _BOUND)
        if answer.cost is not None and answer.cost < least:
            return Check("bound", "fails", f"a placement costs {answer.cost:.9g}, less than {bound:.9g}{said}")
        if answer.bound >= least:
            return Check("bound", "holds", f"proven anew: none costs less than {bound:.9g}{said}")
        return Check("bound", "not proven", f"in {seconds:g} s only that none costs less than {answer.bound:.9g}{said}")

    def _contradiction(self) -> str:
        """Tell what of bound, gap and proof does not fit together; nothing if all does."""
        result, claim = self.result, self.claim
        bounds = (result.bound, claim.bound) if "bound" in result.certificate else (result.bound,)
        if any(not _same(result.bound, each) for each in bounds):
            return f"{FILE_NAME} says {result.bound}, its certificate {claim.bound}"
        if result.proven != claim.proven:
            return "the result and its certificate do not agree whether it is proven"
        if self.placement is None or result.cost is None:
            return ""
        if result.bound is None or result.bound > result.cost * (1 + _ROUNDING):
            return f"the placement costs {result.cost:.9g}, less than {result.bound}"
        gap = gap_between(result.cost, result.bound)
        gaps = (result.gap, claim.gap) if "gap" in result.certificate else (result.gap,)
        if any(each is None or abs(each - gap) > _ROUNDING for each in gaps):
            return f"the gap is {gap:.3g}, the files say {_listed(gaps)}"
        return f"a gap of {gap:.3g} is called proven" if result.proven and gap > _BOUND else ""


def _infeasible(answer: Answer, seconds: float, said: str) -> Check:
    if answer.placement is not None:
        return Check("infeasible", "fails", f"there is a placement, for {answer.cost:.9g}{said}")
    if answer.feasible is False:
        return Check("infeasible", "holds", f"proven anew: there is no placement{said}")
    return Check("infeasible", "not proven", f"neither a placement nor a proof in {seconds:g} s{said}")


def _fits(subject: str, found: str, told: str, what: str) -> Check:
    return _verdict(subject, "" if found == told else f"{what} {found}, the result is of {told}", f"{what} {found}")


def _verdict(subject: str, wrong: str, right: str) -> Check:
    return Check(subject, "fails" if wrong else "holds", wrong or right)


def _same(one: float | None, other: float | None, share: float = _ROUNDING) -> bool:
    """Whether two numbers are the same but for rounding; infinite ones are written as none."""
    values = [None if each is None or not math.isfinite(each) else each for each in (one, other)]
    if values[0] is None or values[1] is None:
        return values[0] is values[1]
    return math.isclose(values[0], values[1], rel_tol=share, abs_tol=1e-12)


def _alike(one: tuple[float | None, float] | None, other: tuple[float | None, float] | None) -> bool:
    return one is not None and other is not None and all(map(_same, one, other))


def _different(found: Mapping[str, float], told: Mapping[str, Any]) -> list[str]:
    return [name for name in {**found, **told} if name not in told or not _same(found.get(name), told[name])]


def _listed(values: tuple[float | None, ...]) -> str:
    return " and ".join("none" if each is None else f"{each:.9g}" for each in dict.fromkeys(values))
