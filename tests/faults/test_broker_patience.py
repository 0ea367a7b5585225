"""What the broker is told while a handler takes longer than it has patience for."""

from collections.abc import Iterator

import pytest
from nats.js.api import AckPolicy, ConsumerInfo

from tests.faults.rig import Rig, pipeline

PATIENCE = 2
"""Seconds after which the broker would send a message again, of which a worker may stand still for one."""


@pytest.fixture(scope="module")
def slow_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    slow = pipeline(FAULTY_SECONDS=str(10 * PATIENCE))
    patience = {"NORIA_ACK_WAIT": str(PATIENCE), "NORIA_TIME_LIMIT": "60"}
    with Rig(tmp_path_factory.mktemp("slow"), [slow], environ=patience) as rig:
        yield rig


def consumer(rig: Rig) -> ConsumerInfo:
    info: ConsumerInfo = rig.ask(lambda js: js.consumer_info(rig.given.stream, "faulty"))
    return info


def test_a_message_counts_as_done_only_when_a_worker_says_so(slow_rig: Rig) -> None:
    assert consumer(slow_rig).config.ack_policy == AckPolicy.EXPLICIT


def test_a_handler_that_takes_ten_times_the_patience_of_the_broker_runs_once(slow_rig: Rig) -> None:
    slow_rig.upload(["slow.txt"])
    slow_rig.settle(60)

    assert slow_rig.judge()["committed"] == 1
    assert [run.attempt for run in slow_rig.runs().values()] == [1]
    delivered = consumer(slow_rig).delivered
    assert delivered is not None
    assert delivered.consumer_seq == 1
