import pytest

from functions.continuum.reading import MalformedError
from functions.continuum.run_parameters import read_run_parameters, write_run_parameters
from tests.continuum_samples import RUN_PARAMETERS


def test_the_guides_example_is_read() -> None:
    parameters = read_run_parameters(RUN_PARAMETERS)

    assert parameters.components["component2"].parallelism == (10, 8, 6, 4, 2)
    assert parameters.run.repetitions == 3
    assert not parameters.is_combinatorial
    assert parameters.synchronous is not None
    assert parameters.synchronous.intervals[1].requests_a_second == pytest.approx(5 / 60)


def test_what_is_written_is_read_as_the_same() -> None:
    parameters = read_run_parameters(RUN_PARAMETERS)

    assert read_run_parameters(write_run_parameters(parameters)) == parameters


def test_the_guides_file_without_combinatorial_test_is_read() -> None:
    parameters = read_run_parameters(RUN_PARAMETERS.replace("  combinatorial_test: False\n", ""))

    assert not parameters.is_combinatorial


def test_lists_of_different_lengths_are_combined_or_refused() -> None:
    shorter = RUN_PARAMETERS.replace(
        "component2:\n    parallelism: [10, 8, 6, 4, 2]", "component2:\n    parallelism: [4]"
    )

    combined = read_run_parameters(shorter.replace("combinatorial_test: False", "combinatorial_test: True"))

    assert combined.components["component2"].parallelism == (4,)
    with pytest.raises(
        MalformedError, match=r"line 29: components\.component2\.parallelism has 1 entries and component1"
    ):
        read_run_parameters(shorter)


def test_a_parallelism_may_stay_and_may_not_rise() -> None:
    stays = read_run_parameters(RUN_PARAMETERS.replace("[10, 8, 6, 4, 2]", "[4, 4, 4, 2, 2]", 1))

    assert stays.components["component1"].parallelism == (4, 4, 4, 2, 2)
    with pytest.raises(MalformedError, match=r"component1\.parallelism\.1 is 9, after 8; write the greatest first"):
        read_run_parameters(RUN_PARAMETERS.replace("[10, 8, 6, 4, 2]", "[8, 9, 6, 4, 2]", 1))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("test_synchronously: False", "test_synchronously: no", "must be true or false, not 'no'"),
        ("batch_size: 5", "batch_size: 0", "at least 1"),
        ("batch_size: 5", "batch_size: 2.5", "a whole number"),
        (
            'distribution: "deterministic"\n  inter',
            "distribution: poisson\n  inter",
            "'poisson', not 'deterministic' or",
        ),
        ("distribution: constant", "distribution: determinstic", "not 'constant' or 'exponential'"),
        ("throughput: 2", "throughput: 0", r"intervals\.0\.throughput must be greater than 0"),
        ("[10, 8, 6, 4, 2]", "[]", "has no entries"),
        ("[10, 8, 6, 4, 2]", "[10, 8, 6, 4, 0]", "at least 1"),
        ("repetitions: 3", "repetition: 3", "did you mean repetitions?"),
        ('filename: "Test-Video.mp4"', 'filename: "../Test-Video.mp4"', "filename must be of the form"),
        ("asynchronous:", "asyncronous:", "did you mean asynchronous?"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in RUN_PARAMETERS

    with pytest.raises(MalformedError, match=f"^run_parameters.yaml: .*{sentence}"):
        read_run_parameters(RUN_PARAMETERS.replace(old, new), source="run_parameters.yaml")


def test_a_campaign_needs_the_part_that_it_runs() -> None:
    start, _, rest = RUN_PARAMETERS.partition("asynchronous:\n")
    without = start + rest[rest.index("synchronous:\n") :]

    with pytest.raises(MalformedError, match=r"asynchronous is missing: run\.test_synchronously is false"):
        read_run_parameters(without)
    assert read_run_parameters(without.replace("test_synchronously: False", "test_synchronously: True")).synchronous
