import statistics
from itertools import pairwise
from random import Random

import pytest

from functions.continuum.run_parameters import Asynchronous, Interval, RunParameters, read_run_parameters
from functions.profiling.arrivals import batches, closed, paced
from functions.profiling.campaign import Campaign
from functions.profiling.planning import Subject, plan
from functions.runtime.errors import Rejected
from tests.continuum_samples import RUN_PARAMETERS


def parameters(text: str = RUN_PARAMETERS) -> RunParameters:
    return read_run_parameters(text, source="run_parameters.yaml")


def subject(name: str, *resources: str) -> Subject:
    return Subject(name, name, resources or ("",), cores=1, memory=2**30)


def planned(text: str = RUN_PARAMETERS, **options: object) -> Campaign:
    components = {"component1": subject("filter", "Pi", "VM1"), "component2": subject("classifier")}
    return plan(parameters(text), components, application="app", **options)  # type: ignore[arg-type]


def test_units_have_deployments_which_have_parallelisms_which_have_repetitions() -> None:
    campaign = planned()

    counts: dict[tuple[str, str], int] = {}
    for run in campaign.runs:
        counts[run.unit, run.deployment] = counts.get((run.unit, run.deployment), 0) + 1
    assert counts == {
        ("workflow", "deployment1"): 15,
        ("workflow", "deployment2"): 15,
        ("filter", "deployment1"): 15,
        ("filter", "deployment2"): 15,
        ("classifier", "deployment1"): 15,
    }
    first = campaign.runs[0]
    assert [(slot.service, slot.resource, slot.parallelism) for slot in first.slots] == [
        ("filter", "Pi", 10),
        ("classifier", "", 10),
    ]
    assert first.load.times == (0.0,) * 5 + (20.0,) * 5
    assert [run.slots[0].parallelism for run in campaign.runs[:15:3]] == [10, 8, 6, 4, 2]
    assert len({run.name for run in campaign.runs}) == len(campaign.runs)


def test_combinations_are_runs_when_asked_for() -> None:
    text = RUN_PARAMETERS.replace("combinatorial_test: False", "combinatorial_test: True")

    runs = [run for run in planned(text).runs if (run.unit, run.deployment) == ("workflow", "deployment1")]

    assert len(runs) == 5 * 5 * 3
    assert len({tuple(slot.parallelism for slot in run.slots) for run in runs}) == 25


def test_each_interval_of_waiting_clients_is_a_run() -> None:
    text = RUN_PARAMETERS.replace("test_synchronously: False", "test_synchronously: True")

    runs = [run for run in planned(text).runs if (run.unit, run.deployment) == ("workflow", "deployment1")]

    assert len(runs) == 5 * 2 * 3
    slow, fast = runs[0].load, runs[3].load
    assert (slow.throughput, slow.clients, len(slow.times)) == (2, 1, 20)
    assert (fast.throughput, fast.clients, len(fast.times), fast.ramp_up) == (5, 5, 50, 10)
    assert fast.times[1] == 12.0


def test_the_same_seed_gives_the_same_times_and_another_one_others() -> None:
    text = RUN_PARAMETERS.replace('distribution: "deterministic"\n  inter', "distribution: exponential\n  inter")

    assert planned(text) == planned(text)
    assert planned(text).runs[0].load != planned(text, seed=1).runs[0].load
    assert planned(text).runs[0].load != planned(text).runs[1].load


def test_exponential_pauses_have_the_asked_mean_and_its_deviation() -> None:
    asked = Asynchronous(batch_size=1, number_of_batches=100_001, inter_upload_time=2.0)

    times = batches(asked, distribution="exponential", random=Random(7)).times

    pauses = [after - before for before, after in pairwise(times)]
    assert statistics.mean(pauses) == pytest.approx(2.0, rel=0.01)  # max(mean, draw) would have 2.74
    assert statistics.stdev(pauses) == pytest.approx(2.0, rel=0.02)
    assert sum(pause < 2.0 for pause in pauses) / len(pauses) == pytest.approx(0.632, abs=0.01)


def test_a_poisson_load_has_the_asked_rate_and_independent_counts() -> None:
    interval = Interval(throughput=600, duration_seconds=10_000)

    times = paced(interval, is_exponential=True, random=Random(3)).times

    counts = [0] * 10_000
    for time in times:
        counts[int(time)] += 1
    assert statistics.mean(counts) == pytest.approx(10, rel=0.01)
    assert statistics.variance(counts) == pytest.approx(10, rel=0.05)


def test_a_closed_loop_has_no_times_and_no_more_clients_than_requests() -> None:
    load = closed(3, clients=8)

    assert (load.way, load.times, load.clients) == ("closed", (0.0, 0.0, 0.0), 3)
    run = planned(mode="closed").runs[0]
    assert (run.load.way, len(run.load.times), run.load.clients) == ("closed", 10, 10)


def test_more_requests_than_anybody_waits_for_are_refused() -> None:
    text = RUN_PARAMETERS.replace("batch_size: 5", "batch_size: 100000")

    with pytest.raises(Rejected, match="more than 500,000 requests"):
        planned(text)
