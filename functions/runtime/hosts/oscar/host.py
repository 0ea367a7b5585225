"""One job from its definition to the line that it prints: with a ledger or without, and whatever goes wrong."""

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

from functions.runtime.endings import Verdict
from functions.runtime.errors import FunctionError, Rejected
from functions.runtime.hosts.oscar import files, stored
from functions.runtime.hosts.oscar.failure import leave, unforeseen
from functions.runtime.hosts.oscar.job import Job
from functions.runtime.process import BrokenChildError
from functions.runtime.start import Begun
from functions.runtime.telemetry import log_as_json

log = logging.getLogger("noria.oscar")


def work(definition: Mapping[str, Any], environ: Mapping[str, str], *, function: str, begun: Begun | None) -> int:
    """Do one job; 0 for a good end, 1 for a failure that can be read in an object.

    Raises:
        SettingsError: The service's definition is wrong, and nobody knows where a failure would go.
    """
    log_as_json(host="oscar")
    job = Job.of(definition, environ, function=function, begun=begun)
    log_as_json(host="oscar", function=job.service.name)
    try:
        verdict = stored.work(job) if job.has_ledger else files.work(job)
    except FunctionError as error:  # the function or the store cannot be had at all
        verdict = _failed(job, error)
    except Exception as error:
        log.exception("unforeseen")
        verdict = _failed(job, unforeseen(error))
    told = {"verdict": verdict.kind, "reason": verdict.reason, "run": verdict.run.name if verdict.run else ""}
    sys.stdout.write(json.dumps(told) + "\n")  # the answer of a synchronous call, a line of a job's log
    return 0 if verdict.kind == "done" else 1


def _failed(job: Job, error: FunctionError) -> Verdict:
    verdict = Verdict("dead" if isinstance(error, Rejected | BrokenChildError) else "retry", error.message)
    try:
        leave(job, error, retry=verdict.kind == "retry")
    except OSError:  # a full disk, say: the job's log is all that is left
        log.exception("no letter")
    return verdict
