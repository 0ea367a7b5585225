"""Optimising what lies in a file or a folder, for a person at a terminal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.optimize.answering import answered
from functions.optimize.jobs import scheduled
from functions.optimize.manifest import Place
from functions.optimize.problem import Problem, read_problem, read_system
from functions.optimize.request import Request, request_in
from functions.optimize.result import Result, read_result
from functions.optimize.revision import HISTORY, NAMES, Now, from_now, history_of, names_of, ran, revised
from functions.optimize.settings import Optimize
from functions.optimize.writing import write
from functions.placement import solution_json
from functions.runtime.errors import Rejected
from functions.scheduling.reading import FILES as JOBS

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """What came of it: the document for programs, a sentence for people, and the result of a placement."""

    document: Mapping[str, Any]
    sentence: str
    feasible: bool | None
    result: Result | None = None
    warnings: tuple[str, ...] = ()


def by_hand(
    path: Path,
    options: Mapping[str, object],
    *,
    settings: Optimize,
    current: Path | None,
    before: Path | None,
    place: Place | None,
    progress: Progress,
) -> Done:
    """Optimise what a file or a folder describes.

    Args:
        options: Fields of the request; None for what was not given.
        current: ``result.json`` of what runs now, or a file such as ``Output.json``.
        before: Folder that an earlier run may have written into: its clusters keep their names and passwords, unless
            what runs now has its own.
        place: Where files are written to; nothing is without it.
        progress: Is told what comes next.

    Raises:
        Rejected: Something cannot be used.
    """
    if not path.exists():
        raise Rejected(f"there is no {path}", hint="give a system's JSON file, or a folder with an application in it")
    folder = path if path.is_dir() else path.parent
    given = {name: value for name, value in options.items() if value is not None}
    request = request_in(folder).model_copy(update=given)
    if path.is_dir() and any((path / name).exists() for name in JOBS):
        return _scheduled(path, request, settings, place)
    problem = _problem(path, request)
    now = _now(current, problem) if current else Now()
    if before and not now.names:
        kept = before / NAMES
        now = replace(now, names=names_of(_file(kept), str(kept)))
    at = datetime.now(UTC)
    if current is None:
        points = settings.front_points if request.front else 0
        seconds = request.seconds or settings.seconds
        outcome = answered(problem, request, seconds=seconds, points=points, progress=progress)
        revision = from_now(outcome, now, at=at)
    else:
        seconds = request.seconds or settings.event_seconds
        known = {"limits": dict(now.limits)}
        outcome, revision = revised(problem.limited(now.limits), request, now, seconds=seconds, at=at, known=known)
    result = write(outcome, place, revision=revision) if place else outcome.result()
    return Done(result.model_dump(mode="json"), outcome.sentence(), result.feasible, result, result.warnings)


def _now(current: Path, problem: Problem) -> Now:
    """Read a result, with what lies beside it; or a placement in SPACE4AI-D's form."""
    if _is_output(current):
        return Now(given=solution_json.read(current, problem.system))
    history, names = current.with_name(HISTORY), current.with_name(NAMES)
    result = read_result(current, source=str(current))
    now = Now(
        result,
        history_of(_file(history), str(history)),
        names_of(_file(names), str(names)),
        ran=ran(result, lambda name: _file(current.with_name(name))),
    )
    now.refuse_unknown(problem, str(current))
    return now


def _file(path: Path) -> Path | None:
    return path if path.is_file() else None


def _is_output(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "components" in content and "certificate" not in content


def _problem(path: Path, request: Request) -> Problem:
    name = path.absolute().name
    if path.is_dir():
        return read_problem(path, request.deployment or name, request)
    return read_system(path, request.deployment or name.removesuffix(".json"), request)


def _scheduled(folder: Path, request: Request, settings: Optimize, place: Place | None) -> Done:
    done = scheduled(folder, folder.absolute().name, request, seconds=request.seconds or settings.seconds)
    if place:
        done.write(place)
    return Done(done.document, done.sentence, feasible=True)
