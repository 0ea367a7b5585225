"""What the log of an OSCAR job says: which object it was for, when its script ran, what it gave.

A line is Kubernetes' moment (asked for with ``?timestamps=true``), then what faas-supervisor 1.5.8 writes with Python's
logging (faassupervisor/logger.py): time, name, level, message. The lines that count are those between which OSCAR-P
measures, too, and those of storage/providers/s3.py. What the script itself prints follows when all is done.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from functions.profiling.campaign import YEARS

_LINE = re.compile(r"(?P<moment>\S{19,40}) \S+ \S+ - supervisor - (?P<level>[A-Z]+) - (?P<message>.*)")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_READ = re.compile(r"Downloading item from bucket '(?P<bucket>[^']+)' with key '(?P<key>.+)'")
_WRITTEN = re.compile(r"Uploading file '(?P<key>.+)' to bucket '(?P<bucket>[^']+)'")
_BEGINS = ("Script file found in '", "Script file created in '")
_ENDS = "Searching for files to upload in folder '"
_DONE = ("Creating response", "Creating error response")

Place = tuple[str, str]
"""Bucket and key."""


@dataclass
class JobLog:
    """What one job's log says; what it does not say is None.

    Attributes:
        read: Where the object lay that the job was for.
        script_started: When the supervisor had read the object and began the script.
        script_ended: When the script had ended and the supervisor looked for its files.
        written: Files that were uploaded, in their order.
        first: The moment of the first line; ``last`` of the last.
        error: The last error that the supervisor tells of.
    """

    read: Place | None = None
    script_started: datetime | None = None
    script_ended: datetime | None = None
    written: list[Place] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    error: str = ""


def read_log(text: str) -> JobLog:
    """Read a job's log; lines that are none of the supervisor's are passed over."""
    log, done = JobLog(), False
    for line in text.split("\n"):  # Kubernetes' own ends of lines: what a script prints has others, too
        found = _LINE.match(line)
        moment = _moment(found["moment"] if found else line.partition(" ")[0])
        if moment is None:
            continue
        log.first, log.last = min(log.first or moment, moment), max(log.last or moment, moment)
        if found and not done:  # what a script prints could look like any of them
            done = _noted(log, moment, level=found["level"], message=found["message"])
    return log


def _noted(log: JobLog, moment: datetime, *, level: str, message: str) -> bool:
    """Take what a line says; gives whether the supervisor is done with it."""
    if level in ("ERROR", "CRITICAL"):
        log.error = log.error if message.startswith(_DONE) else message[:300]
    elif level != "INFO":  # at DEBUG each line of the script's is one of the supervisor's
        return False
    elif log.script_started is None:
        if message.startswith(_BEGINS):
            log.script_started = moment
        elif place := _READ.fullmatch(message):
            log.read = place["bucket"], place["key"]
    elif log.script_ended is None:
        log.script_ended = moment if message.startswith(_ENDS) else None
    elif place := _WRITTEN.fullmatch(message):
        log.written.append((place["bucket"], place["key"]))
    return message.startswith(_DONE)


def _moment(text: str) -> datetime | None:
    """Read a moment of RFC 3339, as Kubernetes writes it, its nanoseconds cut to microseconds; None of no job's."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    second, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{second}.{(fraction or '0')[:6]:0<6}{zone.replace('Z', '+00:00')}")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def moment_of(given: object) -> datetime | None:
    """Read a moment of a job's state; None where there is none."""
    return _moment(given) if isinstance(given, str) else None
