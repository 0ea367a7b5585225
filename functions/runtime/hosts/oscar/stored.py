"""A job with a ledger: the engine reads and writes the store itself, and the supervisor finds nothing to upload."""

import logging
import time

from functions.runtime.assembly import Assembled, assembled
from functions.runtime.endings import Verdict
from functions.runtime.errors import TryAgain
from functions.runtime.hosts.heartbeat import beating
from functions.runtime.hosts.oscar.failure import leave
from functions.runtime.hosts.oscar.job import PROVIDER, Job
from functions.runtime.reception import receive
from functions.runtime.settings import SettingsError

log = logging.getLogger("noria.oscar")
OWN = f"minio.{PROVIDER}"
PATIENCE = 3600.0
"""Seconds for which a job waits for a store that is away, or for whoever else has its object in hand."""


def work(job: Job, *, patience: float = PATIENCE) -> Verdict:
    """Bring every event of the job to its end; OSCAR sends none a second time.

    Who has waited for ``patience`` seconds leaves a failure as the job's only file.

    Raises:
        SettingsError: The service's settings are wrong.
        BrokenChildError: The function cannot start.
    """
    _check(job)
    ready = assembled(job.service, job.environ, host="oscar", begun=job.begun)
    try:
        with beating(ready):
            verdict = _end(ready, job, patience)
    finally:
        ready.engine.close()
    if verdict.kind in {"retry", "wait"}:
        leave(job, TryAgain(verdict.reason, hint="upload the object again, or announce it"), retry=True)
    return verdict


def _check(job: Job) -> None:
    """Refuse to read or write another store's objects in the cluster's own, where they have the same names at best."""
    service = job.service
    foreign = sorted({each.provider for each in (*service.inputs, *service.outputs)} - {OWN})
    if foreign:
        hint = f"give all its inputs and outputs {OWN}, or leave NORIA_LEDGER out, so that the supervisor moves files"
        raise SettingsError(f"{service.name} has a ledger, and reads or writes {', '.join(foreign)}", hint=hint)


def _end(ready: Assembled, job: Job, patience: float) -> Verdict:
    buckets = {path.bucket for path in job.service.inputs}
    began = time.monotonic()
    while True:
        verdict = receive(ready.engine, job.document, shared=buckets)
        if verdict.kind in {"done", "dead"} or time.monotonic() - began + verdict.delay > patience:
            return verdict
        time.sleep(verdict.delay)
