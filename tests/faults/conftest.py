"""A rig that the tests of a module share, and how often each fault is done."""

import os
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig

FULL = os.environ.get("TEST_FAULTS") == "full"


def times(full: int, short: int) -> int:
    """Give how often a fault is done: ``full`` in ``make test-faults``, ``short`` in ``make test``."""
    return full if FULL else short


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Start a plane with two workers of the faulty function."""
    with Rig(tmp_path_factory.mktemp("rig")) as rig:
        yield rig
