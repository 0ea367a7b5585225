"""Plays cases through a host, and keeps what became of each."""

import hashlib
import json
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from functions.runtime.runs import run_id
from tests.contract.announcing import Announced
from tests.contract.cases import Case
from tests.contract.driver import Answer, Driver
from tests.contract.world import SERVICE, World, buckets_of, plain

LETTER = ".failure.json"


@dataclass
class Played:
    """What a case left behind on one host.

    Attributes:
        answers: To each of its documents.
        records: Of the run of each of its events, None where there is none.
        results: What lies in the output folders, by key.
        letters: What the dead letters say, by key.
    """

    answers: Sequence[Answer] = ()
    records: Sequence[dict[str, Any] | None] = ()
    results: Mapping[str, bytes] = field(default_factory=dict)
    letters: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def play(
    world: World, driver: Driver, cases: Mapping[str, Case], announced: Mapping[str, Announced]
) -> dict[str, Played]:
    """Deliver every case's documents, and read what is left when all have ended."""
    with ThreadPoolExecutor(driver.width) as threads:
        answers = dict(
            zip(cases, threads.map(lambda name: _answers(driver, cases[name], announced[name]), cases), strict=True)
        )
    found = world.results(driver.host)
    return {
        name: _played(world, driver.host, case, announced[name], answers[name], found) for name, case in cases.items()
    }


def _answers(driver: Driver, case: Case, announced: Announced) -> list[Answer] | str:
    try:
        if not case.at_once:
            return [driver.deliver(document) for document in announced.documents]
        with ThreadPoolExecutor(len(announced.documents)) as threads:
            return list(threads.map(driver.deliver, announced.documents))
    except Exception:  # noqa: BLE001 - one case's own, told where it is looked at
        return traceback.format_exc()


def _played(
    world: World, host: str, case: Case, announced: Announced, answers: list[Answer] | str, found: Mapping[str, bytes]
) -> Played:
    if isinstance(answers, str):
        return Played(problem=answers)
    marks = [f"/{case.slug}/", f"/{case.slug}.txt."]
    marks += [hashlib.sha256(document).hexdigest() for document in announced.documents]
    ours = {key: body for key, body in found.items() if any(mark in key for mark in marks)}
    names = {bucket: "RESULTS" if "results" in bucket else "LEDGER" for bucket in buckets_of(host)}
    return Played(
        answers,
        [_record(world, host, run_id(SERVICE, event)) for event in announced.events],
        {key: body for key, body in ours.items() if not key.endswith(LETTER)},
        {key: plain(json.loads(body), names) for key, body in ours.items() if key.endswith(LETTER)},
    )


def _record(world: World, host: str, run: str) -> dict[str, Any] | None:
    record = world.record(host, run)
    if record and record["state"] == "failed":  # a letter has times in it, and so it has another size and digest
        record["outputs"] = [each["key"] for each in record["outputs"]]
    return record
