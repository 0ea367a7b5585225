"""Prove a schedule without interruptions the cheapest, or how far from it it can be at most."""

from dataclasses import dataclass
from time import monotonic

from functions.scheduling.bounds import Bound
from functions.scheduling.checking import check
from functions.scheduling.formulation import Formulation, windows
from functions.scheduling.instance import HOUR, Instance, Piece, Schedule, ordered
from functions.scheduling.programme import Solution

GAP = 1e-6
LARGEST = 14
"""Jobs up to which it is tried; above it the programme does not raise the bound in minutes."""
MOST = 30
"""Jobs; the programme grows with their cube."""


@dataclass(frozen=True)
class Proof:
    """The better of the schedule that was given and what the programme found, and a bound."""

    schedule: Schedule
    cost: float
    bound: float
    status: str


def proven(
    instance: Instance, schedule: Schedule, *, bound: Bound, seconds: float, seed: int = 0, gap: float = GAP
) -> Proof:
    """Solve the exact formulation.

    Args:
        instance: Of few jobs.
        schedule: A schedule without interruptions; the better, the smaller the programme.
        bound: A bound that is known.
        seconds: Wall time at most.
        seed: HiGHS's.
        gap: Relative gap at which the schedule counts as the cheapest.
    """
    cost = check(instance, schedule).cost
    if bound.cost >= cost * (1 - gap):
        return Proof(schedule, cost, bound.cost, "priced")
    begun = monotonic()
    formulation = Formulation(instance, windows(instance, bound, cost), bound.cost)
    left = max(0.1, seconds - (monotonic() - begun))
    solution = formulation.programme.solve(seconds=left, seed=seed, gap=gap / 2, start=known(formulation, schedule))
    # A window cuts off only what costs more than the schedule at hand: the bound holds up to its cost.
    proof = max(bound.cost, min(solution.bound, cost))
    if solution.values and solution.cost < cost * (1 - gap / 10):
        other = decoded(formulation, solution)
        verdict = check(instance, other)
        if verdict.is_possible and verdict.cost < cost:
            return Proof(other, verdict.cost, min(proof, verdict.cost), solution.status)
    return Proof(schedule, cost, proof, solution.status)


def known(formulation: Formulation, schedule: Schedule) -> dict[int, float]:
    """Give the whole variables' values of a schedule."""
    names = {job.name: place for place, job in enumerate(formulation.instance.jobs)}
    places = {node.name: place for place, node in enumerate(formulation.instance.nodes)}
    group = {place: h for h, (_, own) in enumerate(formulation.instance.groups) for place in own}
    pieces = {names[piece.job]: piece for piece in schedule}
    leaders, sessions = _sessions(pieces)
    values = {}
    for (job, leader, setup), x in formulation.joins.items():
        chosen = formulation.instance.jobs[job].setups[setup] == pieces[job].setup
        values[x] = float(leaders[job] == leader and chosen)
    rank = {job: place for place, job in enumerate(sorted(pieces, key=lambda j: (pieces[j].start, leaders[j] != j, j)))}
    for (a, b), x in formulation.before.items():
        values[x] = float(rank[a] < rank[b])
    for (a, b), x in formulation.over.items():
        values[x] = float(pieces[a].end <= pieces[b].start and rank[a] < rank[b])
    for (a, b), x in formulation.closed.items():
        end = sessions.get(a, pieces[a].start)
        values[x] = float(a in sessions and end <= pieces[b].start and rank[a] < rank[b])
    for (leader, h), x in formulation.group.items():
        values[x] = float(leader in sessions and group[places[pieces[leader].node]] == h)
    return values


def _sessions(pieces: dict[int, Piece]) -> tuple[dict[int, int], dict[int, float]]:
    """Give each job's leader, and each leader's end."""
    leaders: dict[int, int] = {}
    ends: dict[int, float] = {}
    current: dict[str, int] = {}
    for job, piece in sorted(pieces.items(), key=lambda item: (item[1].start, item[0])):
        leader = current.get(piece.node)
        if leader is None or ends[leader] <= piece.start:
            leader = current[piece.node] = job
        leaders[job] = leader
        ends[leader] = max(ends.get(leader, 0.0), piece.end)
    return leaders, ends


def decoded(formulation: Formulation, solution: Solution) -> Schedule:
    """Give the schedule of a solution; rounding is taken out by letting what follows another begin at its end."""
    instance, values = formulation.instance, solution.values
    origin = min(job.submission for job in instance.jobs)
    chosen = {job: (leader, k) for (job, leader, k), x in formulation.joins.items() if values[x] > 0.5}
    begun = {job: origin + values[formulation.starts[job]] * HOUR for job in chosen}
    sessions: dict[int, list[int]] = {}
    for job in sorted(chosen, key=lambda each: (begun[each], each)):
        sessions.setdefault(chosen[job][0], []).append(job)
    group = {leader: h for (leader, h), x in formulation.group.items() if values[x] > 0.5}
    free = dict.fromkeys(range(len(instance.nodes)), 0.0)
    pieces: list[Piece] = []
    for leader in sorted(sessions, key=lambda each: (begun[each], each)):
        node = min(instance.groups[group[leader]][1], key=lambda place: (free[place], place))
        ends: dict[int, float] = {}
        for job in sessions[leader]:
            own = instance.jobs[job]
            setup = own.setups[chosen[job][1]]
            over = [end for other, end in ends.items() if values[formulation.over[other, job]] > 0.5]
            start = max(own.submission, _near(begun[job], free[node]), *over, 0.0)
            ends[job] = start + setup.seconds
            pieces.append(Piece(start, ends[job], own.name, instance.nodes[node].name, setup))
        free[node] = max(ends.values())
    return ordered(pieces)


def _near(moment: float, free: float) -> float:
    return free if abs(moment - free) < 1e-3 else moment
