"""Who may have ended a worker runs alone."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.runtime.errors import NotYetError
from functions.runtime.solitude import Solitude
from tests.waiting import eventually


def test_two_that_need_not_be_alone_are_there_together() -> None:
    solitude, both = Solitude(), threading.Barrier(2)

    def work(_: int) -> int:
        with solitude.kept(alone=False):
            return both.wait(60)

    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(work, range(2))) == {0, 1}


def test_who_is_to_be_alone_is_whoever_comes_meanwhile() -> None:
    solitude, inside = Solitude(), set[int]()
    seen: dict[int, int] = {}

    def work(number: int) -> None:
        with solitude.kept(alone=number in {3, 4}):
            inside.add(number)
            time.sleep(0.05)
            seen[number] = len(inside)
            inside.remove(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))

    assert (seen[3], seen[4]) == (1, 1)
    assert len(seen) == 8


def test_who_waits_to_be_alone_goes_before_who_comes_later() -> None:
    solitude, order = Solitude(), []
    held = solitude.kept(alone=False)
    held.__enter__()

    def enter(name: str, *, alone: bool) -> threading.Thread:
        def hold() -> None:
            with solitude.kept(alone=alone):
                order.append(name)

        thread = threading.Thread(target=hold)
        thread.start()
        return thread

    threads = [enter("alone", alone=True)]
    eventually(lambda: solitude._waiting == 1)
    threads.append(enter("later", alone=False))
    held.__exit__(None, None, None)
    for thread in threads:
        thread.join(60)

    assert order == ["alone", "later"]


def test_a_worker_that_stops_keeps_nobody_waiting() -> None:
    solitude = Solitude()
    with solitude.kept(alone=True):
        threading.Timer(0.1, solitude.close).start()

        with pytest.raises(NotYetError), solitude.kept(alone=False):
            pass
