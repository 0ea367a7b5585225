"""The page of an outcome."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from functions.optimize.outcome import Outcome
from functions.optimize.result import Result
from functions.placement import page
from functions.placement.evaluation import evaluate
from functions.placement.front import with_paths
from functions.placement.page import Section, table


def page_of(outcome: Outcome, result: Result, *, steps: Sequence[str] = (), is_first: bool = False) -> str:
    """Give the page; ``steps`` are what is to be done, in order, from nothing if it is the first deployment."""
    way = [Section("From nothing" if is_first else "From what runs now", page.numbered(steps))] if steps else []
    sections = [*_sections(outcome, result, way)]
    return page.page(f"{result.name}: where it runs", outcome.sentence() + ".", sections)


def _sections(outcome: Outcome, result: Result, way: Sequence[Section]) -> Iterator[Section]:
    answer = outcome.answer
    if outcome.occasion:
        yield Section("Why now", page.facts(_occasion(outcome)))
    if result.relaxation:
        yield Section("What is in the way", page.sentences(result.relaxation))
    if answer.placement is not None:
        yield from page.placed(outcome.problem.system, answer)
    if result.predictions:
        yield Section("What the learnt models say", _predictions(result))
    yield from way
    if outcome.front:
        points = [(each.cost, each.response_time) for each in outcome.front]
        yield page.front(points, _chosen(outcome), proven=all(each.answer.proven for each in outcome.front))
    if result.alternatives:
        rows = [
            (
                each.name,
                "" if each.metric is None else f"{each.metric:.4g}",
                {True: "yes", False: "no", None: "not known"}[each.feasible],
                "" if each.cost is None else f"{each.cost:.6g}",
                "" if each.greatest_load is None else f"{each.greatest_load:.4g}",
            )
            for each in result.alternatives
        ]
        columns = ["deployment", "metric ", "feasible", "cost ", "bears, requests a second "]
        yield Section("Degraded deployments", table(columns, rows))
    if result.warnings:
        yield Section("Warnings", page.sentences(result.warnings))
    yield page.certificate(replace(answer, certificate=outcome.certificate))


def _predictions(result: Result) -> str:
    rows = [
        (
            each.partition,
            each.resource,
            each.nodes,
            f"{each.load:.4g}",
            f"{each.seconds:.4g}",
            f"{each.lower:.4g} to {each.upper:.4g}",
            " and ".join(each.beyond) or "no",
        )
        for each in result.predictions
    ]
    columns = ["part", "resource", "nodes ", "load ", "seconds ", "with bounds", "beyond what was measured"]
    return table(columns, rows)


def _chosen(outcome: Outcome) -> tuple[float, float] | None:
    """Give the chosen placement's cost and seconds as the front counts them."""
    if outcome.answer.placement is None:
        return None
    judged = evaluate(with_paths(outcome.problem.system), outcome.answer.placement)
    return judged.cost, max(judged.path_times.values(), default=0.0)


def _occasion(outcome: Outcome) -> dict[str, object]:
    told = outcome.occasion
    assert told is not None
    known = {
        "kind": told.kind,
        "from": told.object,
        "measured": told.at,
        "load": told.load,
        "constraint": told.constraint,
        "seconds measured": told.value,
    }
    return {name: value for name, value in known.items() if value not in (None, "")}
