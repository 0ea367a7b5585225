"""A handler is stopped with its host, and only blamed for it if it had the time."""

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from events import ObjectCreated
from functions.runtime.children import Children
from functions.runtime.errors import NotYetError
from functions.runtime.limits import FOR_EVER, Limits, Term
from functions.runtime.local_desk import LocalDesk
from functions.runtime.process import ChildLostError
from functions.runtime.runner import Task
from functions.runtime.start import child_environment


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    pool = Children("tests.handlers:copy", 1, child_environment(os.environ, {}))
    yield pool
    pool.close()


class JustBegun(Term):
    """A host that has all of its time before it, however long the test stands still before it asks."""

    @property
    def left(self) -> float:
        return self.whole


def hang(children: Children, tmp_path: Path, term: Term) -> None:
    give(children, tmp_path, term, b"hang")


def give(children: Children, tmp_path: Path, term: Term, content: bytes) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(content)
    event = ObjectCreated(bucket="inbox", key="in/a.txt", etag="1")
    children.run(Task(event, tmp_path, "copy/00", time_limit=60, term=term), LocalDesk(source))


def test_a_handler_that_has_what_others_left_of_its_hosts_time_is_not_blamed(
    children: Children, tmp_path: Path
) -> None:
    with pytest.raises(NotYetError, match=r"stopped after .* with its host") as error:
        hang(children, tmp_path, Term(whole=40, ends=time.monotonic() + 0.3))

    assert (error.value.patience or 0) > 3600


def test_a_handler_that_has_its_host_to_itself_took_too_long(children: Children, tmp_path: Path) -> None:
    give(children, tmp_path, FOR_EVER, b"a process is there")

    with pytest.raises(ChildLostError, match="took longer than"):
        hang(children, tmp_path, JustBegun(0.5))


def test_a_process_that_starts_takes_of_its_hosts_time(children: Children, tmp_path: Path) -> None:
    for child in children._started:
        child.kill()
        child.process.wait()

    with pytest.raises(NotYetError, match=r"stopped after 0\.1 s"):
        hang(children, tmp_path, Term(whole=40, ends=time.monotonic() + 0.01))


@pytest.mark.parametrize(
    ("whole", "left", "is_cut"),
    [(math.inf, math.inf, False), (900, 900, False), (900, 2, True), (40, 40, False), (40, 20, True)],
    ids=["no end", "far from its end", "close to its end", "all of a short one", "half of a short one"],
)
def test_only_who_had_much_less_than_at_best_is_cut_off(whole: float, left: float, is_cut: bool) -> None:
    limits = Limits.within(Term(whole, time.monotonic() + left), 60, memory=0)

    assert limits.is_cut is is_cut
    assert limits.time <= min(left, 60)
