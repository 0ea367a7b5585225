"""The judge of a fault test, in the manner of Jepsen: what was asked of the store, against what became of it.

Every upload is noted before it is sent and again when the store has answered (``ok``, ``fail``, or ``unknown`` when no
answer came); each has content of its own, ``<word>\\n<process>-<counter>``. What became of it is read from the store.
Losses are told by where they lie in the order of acknowledgement (jepsen-io/jepsen nats, queue.clj): before anything
that was found, after everything, or in the middle.
"""

import hashlib
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from events import ObjectCreated
from fdl import Service
from functions.runtime.runs import FINAL, Run, StoredObject, run_id

Place = tuple[str, str]
"""Bucket and key."""
Expected = Callable[[str, bytes], Mapping[str, bytes]]
"""Gives the outputs, by name, of an object's name and content."""


@dataclass(eq=False)
class Upload:
    """One object version that somebody tried to upload; ``dead`` if it must end as a dead letter. Times in seconds."""

    process: int
    counter: int
    bucket: str
    key: str
    content: bytes
    dead: bool = False
    invoked: float = 0
    ended: float = 0
    outcome: Literal["invoked", "ok", "fail", "unknown"] = "invoked"

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.bucket, self.key

    @property
    def etag(self) -> str:
        """What S3 names content by that was sent in one piece."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()

    @property
    def name(self) -> str:
        """Which upload of which thread it is."""
        return f"{self.process}-{self.counter}"

    @property
    def event(self) -> ObjectCreated:
        """Its announcement."""
        return ObjectCreated(bucket=self.bucket, key=self.key, etag=self.etag, size=len(self.content))

    def run_of(self, function: str) -> str:
        """Name its run."""
        return f"{function}/{run_id(function, self.event)}"

    def may_follow(self, other: "Upload") -> bool:
        """Whether it may have taken effect after ``other``, as far as anybody outside the store can know."""
        return self is not other and (self.outcome != "ok" or self.ended > other.invoked)


class History:
    """What was asked; every line also goes to ``file``, for a person to read after a failure."""

    def __init__(self, file: Path | None = None) -> None:
        self.uploads: list[Upload] = []
        self.letters: set[str] = set()
        self._file = file
        self._lock = threading.Lock()
        self._counters: Counter[int] = Counter()

    def invoke(self, process: int, bucket: str, key: str, word: str = "copy", *, dead: bool = False) -> Upload:
        """Note an upload that is about to be sent, with new content that begins with ``word``."""
        with self._lock:
            self._counters[process] += 1
            counter = self._counters[process]
        return self.add(Upload(process, counter, bucket, key, f"{word}\n{process}-{counter}\n".encode(), dead))

    def add(self, upload: Upload) -> Upload:
        """Note an upload with content of the caller's own, which no other may have."""
        with self._lock:
            upload.invoked = time.monotonic()
            self.uploads.append(upload)
            self._write(upload)
        return upload

    def end(self, upload: Upload, outcome: Literal["ok", "fail", "unknown"]) -> None:
        """Note the store's answer."""
        with self._lock:
            upload.ended, upload.outcome = time.monotonic(), outcome
            self._write(upload)

    def expect_letter(self, run: str) -> None:
        """Note that something else than an upload must end as a dead letter, by the name of its run."""
        self.letters.add(run)

    def _write(self, upload: Upload) -> None:
        if self._file:
            with self._file.open("a") as file:
                line = {"upload": upload.name, "outcome": upload.outcome, "key": f"{upload.bucket}/{upload.key}"}
                file.write(json.dumps({"at": time.time(), **line, "etag": upload.etag}) + "\n")


@dataclass(frozen=True)
class Found:
    """What one function's part of the store holds in the end.

    Attributes:
        runs: The ledger's records by the run's name.
        inputs: ETags of what lies below the inputs.
        outputs: What lies below the outputs, dead letters left out; with the SHA-256 of what was read.
        letters: The run that each dead letter names.
        commits: How often a worker has noted that it committed a run.
    """

    runs: Mapping[str, Run]
    inputs: Mapping[Place, str] = field(default_factory=dict)
    outputs: Mapping[Place, StoredObject] = field(default_factory=dict)
    letters: tuple[str, ...] = ()
    commits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Violation:
    """One thing that must not be: its kind, what it is about, and what was found instead."""

    kind: str
    about: str
    what: str


@dataclass
class Report:
    """The judgement of a history: how many ended how, and all that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))]
        kinds = Counter(each.kind for each in self.violations)
        lines += [f"{count} x {kind}" for kind, count in kinds.items()]
        lines += [f"  {each.kind}: {each.about}: {each.what}" for each in self.violations[:50]]
        return "\n".join(lines)


def judge(history: History, found: Found, service: Service, expected: Expected) -> Report:
    """Hold what one function made of the uploads below its inputs against the promise."""
    ours = [each for each in history.uploads if any(path.holds(*each.place) for path in service.inputs)]
    case = _Case(history, found, service, expected, [each for each in ours if each.outcome != "fail"])
    report = Report(Counter(f"uploads {each.outcome}" for each in ours))
    for upload in case.uploads:
        run = found.runs.get(upload.run_of(service.name))
        report.counts[run.state if run else "without a run"] += 1
        report.violations += case.of_upload(upload, run)
    report.violations += [*case.lost(), *case.orphans(), *case.letters(), *case.phantoms(), *case.twice()]
    return report


class _Case:
    """One function's uploads, and what was found of them."""

    def __init__(
        self, history: History, found: Found, service: Service, expected: Expected, uploads: list[Upload]
    ) -> None:
        self.history, self.found, self.service, self.expected = history, found, service, expected
        self.uploads = sorted(uploads, key=lambda each: each.ended or float("inf"))
        self._versions: dict[Place, list[Upload]] = defaultdict(list)
        for upload in uploads:
            self._versions[upload.place].append(upload)

    def of_upload(self, upload: Upload, run: Run | None) -> Iterator[Violation]:
        about = f"{upload.name} {upload.bucket}/{upload.key}"
        newest = not any(other.may_follow(upload) for other in self._versions[upload.place])
        stored = self.found.inputs.get(upload.place)
        if newest and upload.outcome == "ok" and stored != upload.etag:
            yield Violation("not in the store", about, f"acknowledged, and the store has {stored}")
        if run is None:
            return
        if run.state not in FINAL:
            yield Violation("unfinished", about, f"{run.state}, attempt {run.attempt}, {_reasons(run)}")
        if run.state == "superseded" and newest:
            yield Violation("superseded", about, "and there is no newer version")
        if run.state == "failed" and not upload.dead:
            yield Violation("false dead letter", about, _reasons(run))
        if run.state == "committed" and upload.dead:
            yield Violation("poison committed", about, ", ".join(output.key for output in run.outputs))
        elif run.state == "committed":
            yield from self._results(upload, run, about, current=stored == upload.etag)

    def _results(self, upload: Upload, run: Run, about: str, *, current: bool) -> Iterator[Violation]:
        results = self.expected(upload.key.rpartition("/")[2], upload.content)
        wanted = {name: hashlib.sha256(result).hexdigest() for name, result in results.items()}
        recorded = {output.key.rpartition("/")[2]: output.sha256 for output in run.outputs}
        if recorded != wanted:
            yield Violation("wrong record", about, f"{recorded} instead of {wanted}")
        for output in run.outputs if current else ():
            there = self.found.outputs.get((output.bucket, output.key))
            if there is None:
                yield Violation("output gone", about, f"{output.bucket}/{output.key}")
            elif (there.etag, there.sha256) != (output.etag, output.sha256):
                yield Violation("wrong output", about, f"{output.bucket}/{output.key} is not what the record says")

    def lost(self) -> Iterator[Violation]:
        known = [u.run_of(self.service.name) in self.found.runs for u in self.uploads if u.outcome == "ok"]
        acknowledged = [u for u in self.uploads if u.outcome == "ok"]
        first = known.index(True) if True in known else 0
        last = len(known) - 1 - known[::-1].index(True) if True in known else len(known)
        for index, upload in enumerate(acknowledged):
            overwritten = any(other.may_follow(upload) for other in self._versions[upload.place])
            if known[index] or overwritten:
                continue
            where = "prefix" if index < first else "postfix" if index > last else "middle"
            what = f"acknowledged {index + 1} of {len(known)} ({where}), and no record"
            yield Violation("lost", f"{upload.name} {upload.bucket}/{upload.key}", what)

    def orphans(self) -> Iterator[Violation]:
        records = [record for run in self.found.runs.values() for record in (run, run.before) if record]
        named = {(o.bucket, o.key, o.etag) for record in records if record.state == "committed" for o in record.outputs}
        for (bucket, key), there in self.found.outputs.items():
            if (bucket, key, there.etag) not in named:
                yield Violation("orphan", f"{bucket}/{key}", "no commit record names this object")

    def letters(self) -> Iterator[Violation]:
        name = self.service.name
        must = {u.run_of(name) for u in self.uploads if u.dead and u.outcome == "ok"}
        must |= {run for run in self.history.letters if run.startswith(f"{name}/")}
        may = {u.run_of(name) for u in self.uploads if u.dead}
        there = Counter(self.found.letters)
        for run in sorted(must | set(there)):
            if run not in must | may:
                yield Violation("dead letter of nothing that should have one", run, f"{there[run]} letters")
            elif there[run] > 1 or (there[run] == 0 and run in must):
                yield Violation("not one dead letter", run, f"{there[run]} letters")

    def phantoms(self) -> Iterator[Violation]:
        asked = {u.run_of(self.service.name) for u in self.uploads} | self.history.letters
        for name, run in self.found.runs.items():
            if name not in asked:
                yield Violation("phantom", name, f"{run.state}, of {run.input.key}, which nobody uploaded")

    def twice(self) -> Iterator[Violation]:
        for name, times in self.found.commits.items():
            run = self.found.runs.get(name)
            if times > 1 + (len(run.reopened) if run else 0):
                yield Violation("committed twice", name, f"{times} commits")


def _reasons(run: Run) -> str:
    return "; ".join(f"{each.attempt}: {each.reason}" for each in run.failures) or "no failure"
