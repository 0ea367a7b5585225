"""What a solver answers: the placement, and how far from the best it can be at most."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from functions.placement.system import Placement, System
from functions.placement.verdict import Evaluation, Violation


@dataclass(frozen=True)
class Relaxation:
    """Why there is no placement, and the least that would have to change for one.

    Attributes:
        reason: One sentence.
        changes: The rules that ``placement`` breaks, and by how much: as few as possible, then as little as possible.
        placement: One that would do if they were changed; None where nothing that can be changed would help.
        proven: No fewer changes would do.
    """

    reason: str
    changes: tuple[Violation, ...] = ()
    placement: Placement | None = None
    proven: bool = False


@dataclass(frozen=True)
class Answer:
    """The cheapest placement that was found.

    Attributes:
        feasible: True with a placement, False if it is proven that there is none, None if time ran out before either.
        evaluation: The exact evaluator's verdict on the placement.
        cost: Of the placement; None without one.
        bound: No placement costs less; infinite if there is none.
        gap: (cost - bound) / cost; None without a placement.
        proven: The gap is at most what was asked for, or it is proven that there is no placement.
        method: Who found the placement, in words.
        relaxation: With ``feasible`` False.
        certificate: All of it for a file: figures, solver, tolerances, digests of the system and the placement.
    """

    feasible: bool | None
    placement: Placement | None
    evaluation: Evaluation | None
    cost: float | None
    bound: float
    gap: float | None
    seconds: float
    proven: bool
    method: str
    relaxation: Relaxation | None = None
    certificate: Mapping[str, Any] = field(default_factory=dict)


def gap_between(cost: float, bound: float) -> float:
    """Give the share of the cost that could be saved at most; 0 where nothing could."""
    return max(0.0, cost - bound) / cost if cost > 0 else 0.0


def digest(of: System | Placement) -> str:
    """Give the SHA-256 of a system or a placement: of all its fields, whatever order its names come in."""
    text = json.dumps(_plain(of), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name if isinstance(name, str) else "/".join(name): _plain(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
