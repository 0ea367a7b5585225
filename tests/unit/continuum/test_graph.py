"""Orders and cycles of graphs of components."""

from itertools import pairwise
from random import Random

from functions.continuum.graph import cycle, loads, ordered


def test_each_component_comes_after_all_that_lead_to_it_else_in_the_graph_s_order() -> None:
    assert ordered({"d": {}, "b": {"d": 1.0}, "a": {"d": 1.0}, "c": {}}) == ["b", "a", "d", "c"]


def test_components_on_a_cycle_and_behind_it_have_no_order_and_the_cycle_is_told() -> None:
    graph = {"behind": {}, "a": {"b": 1.0}, "b": {"c": 1.0, "behind": 1.0}, "c": {"a": 1.0}, "before": {"a": 1.0}}

    order = ordered(graph)

    assert order == ["before"]
    assert cycle(graph, order) == ["b", "c", "a", "b"]


def test_of_random_graphs_either_all_have_an_order_or_there_is_a_cycle() -> None:
    random = Random(7)
    for _ in range(300):
        names = [f"c{index}" for index in range(8)]
        graph = {name: dict.fromkeys(random.sample(names, random.choice([0, 1, 1, 2])), 1.0) for name in names}

        order = ordered(graph)
        around = cycle(graph, order)

        assert all(after not in order[: order.index(name)] for name in order for after in graph[name])
        assert bool(around) == (len(order) < len(names))
        assert all(after in graph[name] for name, after in pairwise(around))
        assert around[:1] == around[-1:]


def test_a_chain_of_ten_thousand_components_has_an_order() -> None:
    names = [f"c{index}" for index in range(10_000)]
    graph: dict[str, dict[str, float]] = {name: {} for name in names}
    graph |= {name: {after: 1.0} for after, name in pairwise(names)}

    order = ordered(graph)

    assert order == names[::-1]
    assert set(loads(graph, order, load=2.0).values()) == {2.0}
