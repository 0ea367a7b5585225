"""A job without a ledger: one file in, and the folder of results there whole or not at all."""

import logging
import os
import random
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path, PurePosixPath

from events import ObjectCreated
from functions.runtime.assembly import configuration_of, start_handler
from functions.runtime.children import Children
from functions.runtime.configuration import Configuration
from functions.runtime.endings import Verdict
from functions.runtime.errors import FunctionError, InputVanishedError, Rejected
from functions.runtime.hosts.oscar.failure import event_of, leave, unforeseen
from functions.runtime.hosts.oscar.job import Job
from functions.runtime.local_desk import LONG_AGO, LocalDesk, local_event
from functions.runtime.outputs import written
from functions.runtime.publication import FAILURE_SUFFIX, around, below
from functions.runtime.runner import Task
from functions.runtime.runs import run_id
from functions.runtime.settings import SettingsError
from functions.runtime.start import UNWALLED

log = logging.getLogger("noria.oscar")


def work(job: Job) -> Verdict:
    """Run the function on the file that the supervisor has downloaded; a failure becomes the only file.

    Raises:
        SettingsError: The service's settings are wrong.
        BrokenChildError: The function cannot start.
    """
    given = configuration_of(job.service, job.environ)
    if given.isolation not in UNWALLED:  # what it reads and writes lies where the supervisor has put it
        hint = "give the service a ledger (NORIA_LEDGER), or let its container be the wall"
        raise SettingsError(f"NORIA_ISOLATION is {given.isolation}, and a job without a ledger has no walls", hint=hint)
    file = job.file
    if file is None or not file.is_file():
        hint = "leave file_stage_in out of the FDL, or give the service a ledger (NORIA_LEDGER)"
        raise InputVanishedError("the supervisor has downloaded no object", hint=hint)
    event = event_of(job) or local_event(file)
    handler = start_handler(job.service, job.environ, begun=job.begun)
    try:
        return _attempts(job, handler, given, file, event)
    finally:
        handler.close()


def _attempts(job: Job, handler: Children, given: Configuration, file: Path, event: ObjectCreated) -> Verdict:
    for attempt in range(1, len(given.backoff) + 2):
        error = _tried(job, handler, given, file, event, attempt)
        if error is None:
            break
        if isinstance(error, Rejected):
            leave(job, error, retry=False, attempts=attempt)
            return Verdict("dead", error.message)
        if attempt > len(given.backoff):
            leave(job, error, retry=True, attempts=attempt)
            return Verdict("retry", error.message)
        _pause(error, given.backoff[attempt - 1])
    return Verdict("done", "left for the supervisor")


def _tried(
    job: Job, handler: Children, given: Configuration, file: Path, event: ObjectCreated, attempt: int
) -> FunctionError | None:
    """Run it once, and give what went wrong, foreseen or not: nobody else would ask again."""
    try:
        _run(job, handler, given, file, event, attempt)
    except FunctionError as error:
        return error
    except Exception as error:
        log.exception("unforeseen")
        return unforeseen(error)
    return None


def _run(job: Job, handler: Children, given: Configuration, file: Path, event: ObjectCreated, attempt: int) -> None:
    place = _folder_of(job, event)
    temporary = tempfile.TemporaryDirectory(prefix=".noria-", dir=job.outputs.parent, ignore_cleanup_errors=True)
    with temporary as private:
        folder = Path(private) / "outputs"
        folder.mkdir()
        name = f"{job.service.name}/{run_id(job.service.name, event)}"
        task = Task(event, folder, name, attempt, time_limit=given.time_limit, waited=LONG_AGO)
        handler.run(task, LocalDesk(file))
        for path in written(folder):
            _check(job, path.relative_to(folder).as_posix())
        _appear(folder, job.outputs, place)


def _folder_of(job: Job, event: ObjectCreated) -> PurePosixPath:
    """Give where results lie below the outputs' folders; whoever names an object may not choose a place outside."""
    place = around(job.service, event)
    if place.parts and {"", ".", ".."}.intersection(below(job.service, event).split("/")[:-1]):
        raise Rejected(
            "the object's key has an empty part or one of dots, which is no folder for results",
            hint="rename the object, or set NORIA_FLAT for the service",
        )
    return place


def _check(job: Job, name: str) -> None:
    if name.endswith(FAILURE_SUFFIX):
        raise Rejected(f"the output {name} would be taken for a dead letter, which the runtime alone writes")
    if not any(path.takes(name) for path in job.service.outputs):
        hint = "add an output with its suffix to the FDL"
        raise Rejected(f"no output of {job.service.name} takes the file {name}", hint=hint)


def _appear(folder: Path, outputs: Path, place: PurePosixPath) -> None:
    """Let the results appear at once, in the folder that the object has below the watched one, as on every host."""
    if place.parts:
        whole = folder.with_name("whole")
        (whole / place).parent.mkdir(parents=True)
        folder.rename(whole / place)
        folder = whole
    try:
        os.rename(folder, outputs)  # noqa: PTH104 - over a folder, if that is empty
    except OSError:  # it is a mount, or has something in it already
        _copy(folder, outputs)


def _copy(folder: Path, outputs: Path) -> None:
    """Copy all of it or nothing: the supervisor uploads whatever lies there."""
    try:
        shutil.copytree(folder, outputs, dirs_exist_ok=True)
    except OSError:
        for path in written(folder):
            with suppress(OSError):
                (outputs / path.relative_to(folder)).unlink()
        raise


def _pause(error: FunctionError, step: float) -> None:
    delay = getattr(error, "delay", None)
    seconds = delay if delay is not None else step * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    log.warning("again", extra={"reason": error.message, "delay": round(seconds, 3)})
    time.sleep(seconds)
