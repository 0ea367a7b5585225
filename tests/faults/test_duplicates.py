"""Events that come more than once, late, or in another order than their objects."""

import asyncio
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from functions.runtime.store import Stat
from local.bell import ring
from local.broker import EVENTS
from local.watchdog import PULSE
from tests.faults.conftest import times
from tests.faults.history import Upload
from tests.faults.rig import Rig

WINDOW = 2.0
"""Seconds in which the broker drops a second message of one name."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    # Nobody but a test rings here.
    with Rig(tmp_path_factory.mktemp("duplicates"), environ={"NORIA_RECONCILE": "600"}) as rig:
        rig.ask(shorten_window)
        yield rig


async def shorten_window(js: JetStreamContext) -> None:
    config = (await js.stream_info(EVENTS)).config
    config.duplicate_window = WINDOW
    await js.update_stream(config)


async def await_window(js: JetStreamContext) -> None:
    """Wait until the broker has forgotten every name that it was told so far."""
    await js.publish(PULSE, b"", headers={"Nats-Msg-Id": "the last"})
    while (await js.publish(PULSE, b"", headers={"Nats-Msg-Id": "the last"})).duplicate:
        await asyncio.sleep(0.1)


async def announce(js: JetStreamContext, uploads: Sequence[Upload], names: Sequence[str]) -> None:
    for upload, name in zip(uploads, names, strict=True):
        await ring(js, upload.event, name)


async def recorded(js: JetStreamContext) -> list[tuple[str, bytes]]:
    """Read every message that the stream holds, with its subject."""
    found = []
    for sequence in range(1, (await js.stream_info(EVENTS)).state.last_seq + 1):
        try:
            message = await js.get_msg(EVENTS, seq=sequence)
        except NotFoundError:
            continue
        found.append((message.subject or "", message.data or b""))
    return found


async def replay(js: JetStreamContext, messages: Sequence[tuple[str, bytes]]) -> None:
    for subject, data in messages:
        await js.publish(subject, data)


def ending(rig: Rig) -> list[tuple[str, str, object]]:
    """Give what lies in the ledger and below the outputs, and since when."""
    stats: list[Stat] = [*rig.ledger.runs("faulty"), *rig.store.list("outbox")]
    return [(stat.key, stat.etag, stat.modified) for stat in stats]


def test_an_event_that_comes_up_to_five_times_has_one_effect(rig: Rig) -> None:
    random = Random(6)
    uploads = rig.upload([f"again/{number}.txt" for number in range(times(1000, 60))])
    repeated = [upload for upload in uploads for _ in range(random.randint(0, 4))]
    random.shuffle(repeated)
    early, late = repeated[::2], repeated[1::2]

    rig.ask(lambda js: announce(js, early, [f"{number}" for number in range(len(early))]))
    rig.settle()
    rig.ask(await_window)
    rig.ask(lambda js: announce(js, late, [f"{number}" for number in range(len(late))]))  # names used before

    rig.settle()
    counts = rig.judge()
    assert counts["committed"] == len(uploads)
    delivered = rig.ask(lambda js: js.consumer_info(EVENTS, "faulty")).delivered
    assert delivered is not None
    assert delivered.consumer_seq >= len(uploads) + len(repeated)


def test_of_overwritten_objects_the_last_version_counts_in_whatever_order_the_events_come(rig: Rig) -> None:
    random = Random(7)
    before = rig.judge()
    names = [f"versions/{number}.txt" for number in range(times(500, 30))]
    with rig.down("publisher"):
        versions = [upload for _ in range(3) for upload in rig.upload(names)]
        random.shuffle(versions)

        rig.ask(lambda js: announce(js, versions, [f"version {upload.name}" for upload in versions]))
        rig.settle()

    counts = rig.judge() - before
    assert (counts["committed"], counts["superseded"]) == (len(names), 2 * len(names))
    assert rig.letters() == []


def test_objects_overwritten_while_they_are_processed_end_with_the_last_version(rig: Rig) -> None:
    random = Random(8)
    before = rig.judge()
    names = [f"overwritten/{number}.txt" for number in range(times(500, 30))]
    versions = [upload for _ in range(3) for upload in rig.upload(names, threads=1)]
    random.shuffle(versions)

    rig.ask(lambda js: announce(js, versions, [f"overwritten {upload.name}" for upload in versions]))

    rig.settle()
    counts = rig.judge() - before
    assert counts["committed"] >= len(names)
    assert rig.letters() == []


def test_a_replay_of_the_whole_stream_changes_nothing(rig: Rig) -> None:
    rig.upload([f"replayed/{number}.txt" for number in range(10)])
    rig.settle()
    messages = rig.ask(recorded)
    before, said = ending(rig), worries(rig)

    rig.ask(lambda js: replay(js, messages))

    rig.settle(120)
    assert len(messages) > 10
    assert ending(rig) == before
    assert worries(rig) == said
    rig.judge()


def worries(rig: Rig) -> list[str]:
    """Give what the workers have logged that is worse than information."""
    logs = sorted(rig.home.run.glob("worker-*.log"))
    return [line for log in logs for line in log.read_text().splitlines() if '"level": "info"' not in line]
