"""``noria replay``."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import click
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from events import ObjectCreated
from events.recordings import Recording, read_files
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.settings import nearest
from local.bell import ring
from local.cli.moment import Moment
from local.cli.output import REJECTED, progress_bar, say, show, table
from local.cli.session import Session, json_option, split_address
from local.client import broker_of
from local.pace import Pace
from local.replay import Look, Looker, Part, Sieve, Tally
from local.stream import Window, read_stream

BATCH = 256


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--since", type=Moment(), help="Only events from then on: 15m, 2h, 7d ago, or an ISO time (UTC).")
@click.option("--until", type=Moment(), help="Only events up to then.")
@click.option("--function", default="", help="Only events that this function watches.")
@click.option("--prefix", default="", metavar="BUCKET/PREFIX", help="Only objects whose name begins so.")
@click.option(
    "--rate", default=500, show_default=True, type=click.IntRange(1, 10_000), help="At most so many a second."
)
@click.option("--dry-run", is_flag=True, help="Only list what would be rung for.")
@click.option("--force", is_flag=True, help="Let runs that have ended begin anew; their results stay until then.")
@json_option
def replay(
    files: tuple[Path, ...],
    since: datetime | None,
    until: datetime | None,
    function: str,
    prefix: str,
    rate: int,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Ring again for recorded events: those in the stream, or those in files (- for stdin).

    Files may hold documents of MinIO, RustFS, S3, SQS, EventBridge or CloudEvents: one, an array, or one a line; gzip
    too. What was committed already runs no second time, unless --force says so. In the stream, --since and --until go
    by when an event was announced, in files by when it happened.

    \b
    $ noria replay --since 2h --function blur-faces --dry-run
    $ noria replay recorded.jsonl.gz
    """
    if not files and not (since or until or function or prefix):
        raise click.UsageError("say what to replay: FILES, --since, --until, --function or --prefix")
    if since and until and since > until:
        raise click.UsageError(f"--since {since:%Y-%m-%d %H:%M} is later than --until {until:%Y-%m-%d %H:%M}")
    _check_files(files)
    session = Session.open()
    session.check_function(function)
    services = [service for service in session.services if function in {"", service.name}]
    looker = Looker(session.store, session.ledger, services, force)
    replaying = Replaying(session, looker, Part(since, until, *_prefix(session, prefix)), Pace(rate), dry_run=dry_run)
    asyncio.run(replaying.replay(files))
    tally = replaying.tally
    document = {**tally.document, **({"events": [_plain(look) for look in replaying.listed]} if dry_run else {})}
    show(document, as_json=as_json, human=_described(replaying))
    if files and tally.unreadable and not tally.found:
        raise click.exceptions.Exit(REJECTED)


def _check_files(files: tuple[Path, ...]) -> None:
    for file in files:
        if str(file) != "-" and not file.is_file():
            hint = f"its files are {file}/*" if file.is_dir() else ""
            raise Rejected(f"{file} is not a file" if file.exists() else f"there is no file {file}", hint=hint)


def _prefix(session: Session, prefix: str) -> tuple[str, str]:
    if not prefix:
        return "", ""
    bucket, key = split_address(prefix)
    known = {path.bucket for service in session.services for path in service.inputs}
    if bucket not in known:
        raise click.BadParameter(f"no function watches the bucket {bucket!r}{nearest(bucket, known)}")
    return bucket, key


@dataclass
class Replaying:
    """One call of ``noria replay``."""

    session: Session
    looker: Looker
    part: Part
    pace: Pace
    dry_run: bool
    tally: Tally = field(default_factory=Tally)
    listed: list[Look] = field(default_factory=list)
    _sieve: Sieve = field(default_factory=Sieve)
    _name: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def replay(self, files: tuple[Path, ...]) -> None:
        """Do it."""
        async with broker_of(self.session.given) as client:
            js = client.jetstream()
            with ThreadPoolExecutor(16) as pool, progress_bar("replaying", None) as progress:
                try:
                    async with aclosing(self._from_files(files) if files else self._from_stream(js)) as batches:
                        async for batch in batches:
                            await self._ring(js, list(self._chosen(batch)), pool)
                            progress.update(progress.task_ids[0], completed=self.tally.documents)
                except (FunctionError, NatsError, OSError):
                    say(f"{self.tally.rung} were rung for before this; rung again, they collapse on the ledger")
                    raise

    async def _from_stream(self, js: JetStreamContext) -> AsyncGenerator[list[Recording], None]:
        buckets = {path.bucket for service in self.looker.services for path in service.inputs}
        if self.part.bucket:
            buckets &= {self.part.bucket}
        if buckets:
            window = Window(self.part.since, self.part.until, [f"events.{bucket}" for bucket in buckets])
            async with aclosing(read_stream(js, self.session.given.stream, window)) as batches:
                async for batch in batches:
                    yield batch

    async def _from_files(self, files: tuple[Path, ...]) -> AsyncGenerator[list[Recording], None]:
        recordings = read_files(files)
        while batch := list(islice(recordings, BATCH)):
            for problem, where in ((p, each.where) for each in batch for p in each.problems):
                say(f"left out: {where}: {problem}")
            yield [self.part.in_time(recording) for recording in batch]

    def _chosen(self, batch: list[Recording]) -> Iterator[ObjectCreated]:
        for recording in batch:
            self.tally.read(recording)
            for event in filter(self.part.holds, recording.events):
                if self._sieve.is_new(event):
                    yield event
                else:
                    self.tally.repeated += 1

    async def _ring(self, js: JetStreamContext, events: list[ObjectCreated], pool: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        looks = await asyncio.gather(*(loop.run_in_executor(pool, self.looker.look, event) for event in events))
        sent: list[asyncio.Task[None]] = []
        try:
            for look in self._counted(events, looks):
                if self.looker.force:
                    self.tally.reopened += await loop.run_in_executor(pool, self.looker.begin_anew, look)
                await self.pace.turn()
                if sent and sent[-1].done() and sent[-1].exception():
                    break  # the broker that did not take it takes none of the others either
                sent.append(asyncio.create_task(ring(js, look.event, self._message(look.event))))
        finally:
            answers = await asyncio.gather(*sent, return_exceptions=True)
            self.tally.rung += answers.count(None)
        for problem in filter(None, answers):
            raise problem

    def _counted(self, events: list[ObjectCreated], looks: list[Look]) -> Iterator[Look]:
        """Count what was looked at, and give what is to be rung for."""
        for event, look in zip(events, looks, strict=True):
            if look.event.identity != event.identity and not self._sieve.is_new(look.event):
                self.tally.repeated += 1  # the announcement had no ETag, and another one had
                continue
            self.tally.look(look)
            if self.dry_run:
                self.listed += [] if look.left else [look]
            elif not look.left:
                yield look

    def _message(self, event: ObjectCreated) -> str:
        """Name the message: another one each call, so that the broker drops none as a repetition of an earlier call."""
        return hashlib.sha256(f"{self._name} {event.identity}".encode()).hexdigest()


def _plain(look: Look) -> dict[str, object]:
    return {**look.event.model_dump(mode="json", exclude={"metadata"}), "functions": look.states}


def _described(replaying: Replaying) -> list[object]:
    tally = replaying.tally
    lines: list[object] = []
    if replaying.listed:
        rows = [
            (f"{look.event.time:%Y-%m-%d %H:%M:%S}", name, state or "new", f"{look.event.bucket}/{look.event.key}")
            for look in replaying.listed
            for name, state in look.states.items()
        ]
        lines.append(table(["time (UTC)", "function", "run is", "object"], rows))
    done = "would be rung for" if replaying.dry_run else "rung for"
    count = len(replaying.listed) if replaying.dry_run else tally.rung
    lines.append(f"{tally.found} events found, {count} {done}" if tally.found else "no events found")
    if tally.states:
        ended = ", ".join(f"{count} {state}" for state, count in sorted(tally.states.items()))
        then = f"{tally.reopened} of them begin anew" if replaying.looker.force else "they run no second time (--force)"
        lines.append(f"runs that had ended: {ended}" + ("" if replaying.dry_run else f"; {then}"))
    lines += [f"left out, {reason}: {count}" for reason, count in sorted(tally.left.items())]
    lines += [f"left out, unreadable: {tally.unreadable}"] if tally.unreadable else []
    return lines
