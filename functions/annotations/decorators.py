"""The ten decorators. Each gives back the object that it decorates, with what was said kept as an attribute.

Nothing is checked here, so that a component runs whatever its annotations say: ``noria design`` checks all of them,
with the line of each.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

ATTRIBUTE = "noria_annotations"
"""Of a decorated function: annotation -> argument -> value, those arguments that were given."""

Main = TypeVar("Main", bound=Callable[..., Any])


class Mark(Protocol):
    """What stands behind the ``@``: it gives back what it is given."""

    def __call__(self, main: Main, /) -> Main:
        """Keep what was said on ``main``."""


def component_name(name: str) -> Mark:
    """Say what the component is called everywhere else; every component has one name, and no two the same."""
    return _mark("component_name", name=name)


def exec_time(
    local_time_thr: float | None = None,
    global_time_thr: float | None = None,
    prev_components: Sequence[str] | None = None,
) -> Mark:
    """Say how long requests may take, in seconds.

    Args:
        local_time_thr: In this component.
        global_time_thr: From the first of ``prev_components`` to the end of this one.
        prev_components: The path up to here, in order, without this component.
    """
    return _mark(
        "exec_time", local_time_thr=local_time_thr, global_time_thr=global_time_thr, prev_components=prev_components
    )


def expected_throughput(rate: float) -> Mark:
    """Say how many files a second arrive at this component."""
    return _mark("expected_throughput", rate=rate)


def partitionable_model(onnx_file: str, num_partitions: int | None = None) -> Mark:
    """Say that the component's network may be cut in two.

    Args:
        onnx_file: Its file below the component's ``onnx`` folder.
        num_partitions: How many places to cut it at, one deployment each; 1 if none is given.
    """
    return _mark("partitionable_model", onnx_file=onnx_file, num_partitions=num_partitions)


def device_constraints(
    ram: float | None = None, vram: float | None = None, use_gpu_for: Sequence[str] | None = None
) -> Mark:
    """Say what a node must have: MB of memory, MB of a GPU's, and what needs it (``dnn``, ``pre``, ``post``)."""
    return _mark("device_constraints", ram=ram, vram=vram, use_gpu_for=use_gpu_for)


def early_exits_model(
    onnx_file: str, condition_function: str, transition_probabilities: Sequence[float] | None = None
) -> Mark:
    """Say that the component's network may answer before its last layer.

    Args:
        onnx_file: Its file below the component's ``onnx`` folder, with ``early_exits.csv`` beside it.
        condition_function: Name of the function in this file that is given an exit's result and says whether to stop.
        transition_probabilities: Of each exit, how likely it is that it is not taken.
    """
    return _mark(
        "early_exits_model",
        onnx_file=onnx_file,
        condition_function=condition_function,
        transition_probabilities=transition_probabilities,
    )


def model_performance(
    metric: str | None = None, metric_thr: float | None = None, filtered_class: str | None = None
) -> Mark:
    """Say how good the answers must be where components have alternatives.

    Args:
        metric: ``average_accuracy``, ``average_f1``, ``average_precision`` or ``average_recall``; of the classifier.
        metric_thr: Its least value, from 0 to 1.
        filtered_class: The class that a filter lets go.
    """
    return _mark("model_performance", metric=metric, metric_thr=metric_thr, filtered_class=filtered_class)


def detect_metric_drift(
    metric: str,
    field: str,
    statistical_test: str,
    test_threshold: float,
    detection_interval: float,
    monitoring_period: float,
    data_collection_period: float,
) -> Mark:
    """Say when the values of a metric count as drifted; the three times are hours.

    Args:
        metric: Its name.
        field: Which of its values.
        statistical_test: ``kolmogorov-smirnov``, ``cramer-von-mises``, ``fisher-exact-test`` or ``chi-squared``.
        test_threshold: Level of the test.
        detection_interval: Between two tests.
        monitoring_period: That one test looks back.
        data_collection_period: In which data is kept after a drift.
    """
    return _mark(
        "detect_metric_drift",
        metric=metric,
        field=field,
        statistical_test=statistical_test,
        test_threshold=test_threshold,
        detection_interval=detection_interval,
        monitoring_period=monitoring_period,
        data_collection_period=data_collection_period,
    )


def security(
    trustedExecution: bool | None = None,  # noqa: N803 - upstream's names, positional there too
    networkShield: bool | None = None,  # noqa: N803
    filesystemShield: bool | None = None,  # noqa: N803
    confProc: bool | None = None,  # noqa: N803
    integrityProc: bool | None = None,  # noqa: N803
    confRest: bool | None = None,  # noqa: N803
) -> Mark:
    """Say what is shielded or kept confidential; what is not said is not."""
    return _mark(
        "security",
        trustedExecution=trustedExecution,
        networkShield=networkShield,
        filesystemShield=filesystemShield,
        confProc=confProc,
        integrityProc=integrityProc,
        confRest=confRest,
    )


def annotation(annotation_dict: Mapping[str, Mapping[str, Any]]) -> Mark:
    """Say everything at once, ``{"component_name": {"name": "filter"}, ...}``; it stands for all the others."""

    def mark(main: Main, /) -> Main:
        return _kept(main, annotation_dict)

    return _forgotten(annotation_dict) or mark


def _mark(annotation: str, **arguments: Any) -> Mark:  # noqa: ANN401 - what a person wrote
    given = {name: value for name, value in arguments.items() if value is not None}

    def mark(main: Main, /) -> Main:
        return _kept(main, {annotation: given})

    first = next(iter(given.values()), None)
    return (len(given) == 1 and _forgotten(first)) or mark


def _forgotten(argument: object) -> Any:  # noqa: ANN401 - the decorated function, in place of a mark
    """Give the function where the parentheses were forgotten, ``@exec_time``: it runs as if nothing stood there."""
    return argument if callable(argument) else None


def _kept(main: Main, said: Mapping[str, Any]) -> Main:
    with suppress(AttributeError, TypeError):  # some callables take no attributes; they run all the same
        setattr(main, ATTRIBUTE, {**getattr(main, ATTRIBUTE, {}), **said})
    return main
