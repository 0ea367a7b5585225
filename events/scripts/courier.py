"""The courier: brings events to JetStream, each until the broker has acknowledged that it keeps it."""

import argparse
import asyncio
import hashlib
import logging
import sys
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NoStreamResponseError

from events import ObjectCreated, wire

DONE, OUR_FAULT, USAGE, REJECTED, UNAVAILABLE = 0, 1, 2, 3, 4
IMPATIENCE = 5.0
"""Seconds."""


class CourierError(RuntimeError):
    """The broker cannot be reached, or does not keep what it is given."""


def add_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add what says where the broker is, who asks and how fast."""
    parser.add_argument("--nats", metavar="URL", required=required, help="publish to this NATS with JetStream")
    parser.add_argument("--user", help="who publishes")
    parser.add_argument("--password-file", metavar="FILE", type=_file, help="a file with the user's password")
    parser.add_argument("--creds", metavar="FILE", type=_file, help="a NATS credentials file, instead of a user")
    parser.add_argument("--rate", metavar="N", type=_rate, default=500.0, help="at most N a second (500)")
    parser.add_argument("--again", action="store_true", help="publish what the broker may have taken lately, too")
    parser.add_argument(
        "--stream-check", action="store_true", help="publish nothing, only see that a stream takes each event"
    )


def publish(events: Iterable[ObjectCreated], given: argparse.Namespace) -> dict[str, int]:
    """Publish each event to ``events.<bucket>`` in MinIO's form; gives how many were published and how many known.

    Raises:
        CourierError: The broker is away, or no stream takes an event; says how many it had taken before.
    """
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # else each end of a TLS connection is remarked on
    return asyncio.run(_publish(events, given))


async def _publish(events: Iterable[ObjectCreated], given: argparse.Namespace) -> dict[str, int]:
    count = {"published": 0, "known": 0}
    client = await _connect(given)
    try:
        for event in events:
            began = time.monotonic()
            await _bring(client, event, given, count)
            await asyncio.sleep(max(0.0, 1 / given.rate - (time.monotonic() - began)))
    except NoStreamResponseError as error:
        raise CourierError(f"no stream takes events.{event.bucket}: what is published is lost") from error
    except (NatsError, OSError) as error:
        said = str(error) or type(error).__name__
        raise CourierError(f"the broker went away after {count['published']} events: {said}") from error
    finally:
        await client.close()
    return count


async def _connect(given: argparse.Namespace) -> Client:
    password = given.password_file.read_text().strip() if given.password_file else None
    connecting = nats.connect(
        given.nats,
        user=given.user,
        password=password,
        user_credentials=given.creds,
        allow_reconnect=False,
        max_reconnect_attempts=0,
        error_cb=_ignore,
    )
    try:
        return await asyncio.wait_for(connecting, IMPATIENCE)  # nats-py goes on for ever whatever it is told
    except (NatsError, OSError, TimeoutError) as error:
        said = str(error) or type(error).__name__
        raise CourierError(f"the broker {given.nats} does not let us in: {said}") from error


async def _ignore(_: Exception) -> None:
    """What matters is raised where it is waited for."""


async def _bring(client: Client, event: ObjectCreated, given: argparse.Namespace, count: dict[str, int]) -> None:
    subject = f"events.{event.bucket}"
    if given.stream_check:
        try:
            await client.jetstream().find_stream_name_by_subject(subject)
        except NatsError as error:
            raise NoStreamResponseError from error
        return
    fresh = uuid.uuid4().hex if given.again else ""
    name = hashlib.sha256(f"{event.identity}{fresh}".encode()).hexdigest()
    ack = await client.jetstream().publish(subject, wire.minio_document(event), headers={"Nats-Msg-Id": name})
    count["known" if ack.duplicate else "published"] += 1


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return rate


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"{text}\n")
