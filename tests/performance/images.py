"""``images``: how large each function's image is, and from ``podman run`` to a first result, behind all walls.

Until nothing is done, until the function is imported, its models not yet loaded, and until the results of a small
real input are there and the container has gone: ``tests/containers/inputs`` says what each is given.
"""

import time
from collections.abc import Callable
from statistics import median

from local.images import catalogue
from local.images.catalogue import Image, runtime_name
from local.images.podman import exists, size_of
from tests.containers.contained import contained
from tests.containers.inputs import INPUTS, World, world
from tests.containers.jobs import Given, job, lacking
from tests.performance.bench import BenchError
from tests.performance.figures import show_table

RUNS = 7
LOAD = "from functions.runtime.function import load; load({!r})"


def images(count: int = RUNS) -> dict[str, object]:
    """Measure every image that is built (``python -m local.images``)."""
    built = [image for image in catalogue.images() if exists(image.name)]
    if not built:
        raise BenchError("no image is built: python -m local.images")
    common = size_of(runtime_name())
    rows = [(image.service, *_measured(image, common, count)) for image in built]
    titles = ["image", "MB", "of its own", "podman run, nothing", "function loaded"]
    show_table(f"images; seconds are medians of {count}", titles, rows)
    with world() as at_hand:
        first = [(image.service, *_first_result(image.service, at_hand, count)) for image in built]
    show_table("from podman run to a first input's results, s", ["image", "median", "best"], first)
    return {"images": rows, "first results": first}


def _measured(image: Image, common: int, count: int) -> tuple[float, float, float, float]:
    size = size_of(image.name)
    empty = _median(lambda: _run(image.name, ["sh", "-c", ":"]), count)
    loaded = _median(lambda: _run(image.name, ["python", "-c", LOAD.format(image.function)]), count)
    return size / 1e6, (size - common) / 1e6, empty, loaded


def _run(name: str, command: list[str]) -> None:
    done = contained(name, command)
    if done.returncode:
        raise BenchError(f"{name} {command[0]} ended with {done.returncode}: {done.stderr[-300:]}")


def _median(act: Callable[[], object], count: int) -> float:
    return median(_seconds(act) for _ in range(count))


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _first_result(service: str, at_hand: World, count: int) -> tuple[float, float]:
    """Give the median and the least seconds; what a container is given is made before its time begins."""
    taken = [_to_result(INPUTS[service](at_hand)) for _ in range(count)]
    return median(taken), min(taken)


def _to_result(given: Given) -> float:
    began = time.perf_counter()
    found = job(given)
    taken = time.perf_counter() - began
    if less := lacking(given, found):
        raise BenchError(f"{given.service} did not do its job: {', '.join(less)}")
    return taken
