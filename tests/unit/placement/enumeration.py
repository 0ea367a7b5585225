"""Small random systems, and their cheapest placements by trying all of them on the evaluator."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from functions.placement.evaluation import Evaluator
from functions.placement.system import (
    Behaviour,
    Candidate,
    ColdStarts,
    Component,
    Domain,
    Kind,
    Measured,
    Partition,
    Path,
    Placement,
    Queue,
    Resource,
    System,
)
from functions.placement.verdict import Evaluation


def random_system(seed: int, *, components: int = 3) -> System:
    """Make a system whose limits are about as tight as its placements: some have none."""
    random_ = random.Random(seed)
    resources = _resources(random_)
    names = [f"c{number}" for number in range(components)]
    followers = {name: _followers(random_, names[number + 1 :]) for number, name in enumerate(names)}
    made = {name: _component(random_, name, followers[name], resources) for name in names}
    path = [names[0]]
    while followers[path[-1]]:
        path.append(random_.choice(list(followers[path[-1]])))
    return System(
        name=f"random {seed}",
        components=made,
        resources={each.name: each for each in resources},
        domains=_domains(random_),
        load=random_.choice([0.5, 1.0, 2.0]),
        local={name: random_.uniform(0.4, 4) for name in names if random_.random() < 0.6},
        paths=(Path("p", tuple(path), random_.uniform(0.8, 4) * len(path)),) if random_.random() < 0.7 else (),
        hours=random_.choice([1.0, 3.0]),
        utilisation_limit=random_.choice([0.995, 0.9]),
    )


def tightened(system: System, seed: int) -> System:
    """Make limits bind: a little below what the placement that is cheapest without limits takes."""
    random_ = random.Random(seed)
    free = replace(system, local={}, paths=tuple(replace(each, limit=1e9) for each in system.paths))
    best = min(_judged(free), key=lambda each: each.cost, default=None)
    if best is None:
        return system
    share = {name: random_.choice([0.6, 0.8, 0.95, 1.0, 3.0]) for name in system.components}
    return replace(
        system,
        local={name: best.component_times[name] * share[name] for name in system.local},
        paths=tuple(
            replace(each, limit=best.path_times[each.name] * random_.uniform(0.6, 1.1)) for each in system.paths
        ),
    )


def placements(system: System) -> Iterator[Placement]:
    """Give every placement of a system, feasible or not, that uses candidates and at most the nodes there are."""
    components = list(system.components.values())
    for chosen in product(*(component.deployments for component in components)):
        deployments = {component.name: name for component, name in zip(components, chosen, strict=True)}
        parts = [
            (component.name, part)
            for component in components
            for part in component.deployments[deployments[component.name]]
        ]
        candidates = [list(system.components[name].partitions[part].candidates) for name, part in parts]
        for places in product(*candidates):
            used = [each for each in dict.fromkeys(places) if system.resources[each].kind != "faas"]
            layers = [system.resources[each].layer for each in used]
            if len(set(layers)) < len(layers):
                continue
            resources = dict(zip(parts, places, strict=True))
            for numbers in product(*(range(1, system.resources[each].nodes + 1) for each in used)):
                yield Placement(deployments, resources, dict(zip(used, numbers, strict=True)))


def cheapest(system: System) -> float | None:
    """Give the least cost of a feasible placement, None if there is none."""
    return min((each.cost for each in _judged(system)), default=None)


def fewest_changes(system: System, *, nodes: int) -> int | None:
    """Give the least number of limits that some placement breaks, and no other rule; ``nodes`` more may be had."""
    evaluator = Evaluator(system)
    more = {name: replace(each, nodes=each.nodes + nodes) for name, each in system.resources.items()}
    verdicts = (evaluator.evaluate(each).violations for each in placements(replace(system, resources=more)))
    limits = (found for found in verdicts if all(each.rule in {"nodes", "memory", "local", "path"} for each in found))
    return min(map(len, limits), default=None)


def _judged(system: System) -> Iterator[Evaluation]:
    evaluator = Evaluator(system)
    verdicts = map(evaluator.evaluate, placements(system))
    return (each for each in verdicts if each.feasible)


def _resources(random_: random.Random) -> list[Resource]:
    kinds: dict[str, Kind] = {"l1": "edge", "l2": "edge", "l3": "cloud", "l4": "faas"}
    return [
        Resource(
            name=f"{layer}r{number}",
            layer=layer,
            kind=kind,
            cost=random_.uniform(0.5, 8) if kind == "edge" else random_.uniform(0.1, 3),
            memory=random_.choice([512.0, 1024.0, 2048.0]),
            nodes=random_.randint(1, 2) if kind != "faas" else 1,
            idle_time=random_.choice([5.0, 600.0]),
        )
        for layer, kind in kinds.items()
        for number in range(1 if layer == "l1" else 2)
    ]


def _followers(random_: random.Random, later: list[str]) -> dict[str, float]:
    """Some later ones: none where there are none, or a second start or end comes out."""
    if not later or random_.random() < 0.15:
        return {}
    chosen = random_.sample(later, random_.randint(1, min(2, len(later))))
    return {name: random_.choice([1.0, 0.5, 0.3]) for name in chosen}


def _component(random_: random.Random, name: str, following: dict[str, float], resources: list[Resource]) -> Component:
    chains = {"s1": ("h1",)} | ({"s2": ("h2", "h3")} if random_.random() < 0.5 else {})
    partitions = {}
    for chain in chains.values():
        for number, part in enumerate(chain):
            last = number == len(chain) - 1
            after = following if last else {chain[number + 1]: 1.0}
            partitions[part] = Partition(
                name=part,
                candidates=_candidates(random_, resources, share=1 / len(chain)),
                early_exit=0.0 if last else random_.choice([0.0, 0.4, 0.9, 1.0]),
                sizes={each: random_.choice([0.0, 5.0, 200.0]) for each in after},
            )
    return Component(name, chains, partitions, following)


def _candidates(random_: random.Random, resources: list[Resource], *, share: float) -> dict[str, Candidate]:
    """Three or four places; measured times fall with the number of nodes."""
    chosen = random_.sample(resources, random_.randint(3, 4))
    return {
        each.name: Candidate(each.name, random_.choice([128.0, 512.0, 700.0]), _behaviour(random_, each, share=share))
        for each in chosen
    }


def _behaviour(random_: random.Random, resource: Resource, *, share: float) -> Behaviour:
    demand = share * random_.uniform(0.1, 1.2)
    if resource.kind == "faas" and random_.random() < 0.6:
        return ColdStarts(warm=demand, cold=2 * demand)
    if random_.random() < 0.15:
        return Measured(
            tuple(2 * demand / nodes for nodes in range(1, random_.randint(1, 2) + 1)), occupancy=demand / 2
        )
    return Queue(demand)


def _domains(random_: random.Random) -> tuple[Domain, ...]:
    """All layers joined slowly, mostly; two of them fast."""
    everywhere = {"l1", "l2", "l3", "l4"}
    if random_.random() < 0.2:
        everywhere -= {random_.choice(["l1", "l4"])}
    fast = frozenset({"l2", random_.choice(["l1", "l3"])})
    return (Domain("fast", fast, 0.001, 20000.0), Domain("wide", frozenset(everywhere), 0.02, 5000.0))
