"""Jobs of OSCAR as records of runs, of what its interface for logs says (grycap/oscar 7ade09ee, pkg/handlers/logs.go).

OSCAR tells the creation of a job's pod, the container's start and its end in whole seconds, and each line of the log to
the microsecond. Between the lines lies the script: its time is exact. A container has begun at the first line, or at
the end of the second told where that is before it, and has ended at the last line, or the second told where that is
after it. So the whole time is at most a second short, and what of it is waiting, making a pod or the supervisor's own
work is known to a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from events import ObjectCreated
from functions.profiling.jobs import POD_CREATION
from functions.profiling.supervisor_log import JobLog, moment_of
from functions.runtime.runs import Failure, Run, StoredObject, run_id

SECOND = timedelta(seconds=1)
FAILURE = ".failure.json"
SILENT = "it gave no file; OSCAR does not tell how its script ended"


@dataclass(frozen=True)
class Job:
    """One job that has ended.

    Attributes:
        name: OSCAR's.
        service: As the pipeline has it.
        resource: What it ran on.
        image: What ran.
        state: What the list of jobs says of it.
        log: What its log says.
    """

    name: str
    service: str
    resource: str
    image: str
    state: Mapping[str, Any]
    log: JobLog

    def record(
        self, given: StoredObject, outputs: Sequence[StoredObject], *, queued: datetime, failure: str, must_give: bool
    ) -> Run:
        """Give the run.

        Args:
            given: The object that it was for.
            outputs: What it uploaded, failures too.
            queued: When the object was there, by the store's clock.
            failure: The reason that the function itself gave for one, if it did.
            must_give: Whether a job without any file counts as failed.
        """
        started, finished = self._ends()
        reason = failure or self._reason(nothing=must_give and not outputs)
        event = ObjectCreated(bucket=given.bucket, key=given.key, etag=given.etag)
        begun, ended = self.log.script_started, self.log.script_ended
        return Run(
            state="failed" if reason else "committed",
            id=run_id(self.service, event),
            function=self.service,
            host=self.name,
            holder=self.name,
            image=self.image,
            resource=self.resource,
            input=given,
            outputs=tuple(outputs),
            failures=(Failure(reason=reason, error="JobFailed", at=finished or queued),) if reason else (),
            queued=min(queued, started) if started else queued,
            started=started,
            finished=finished,
            handler_seconds=(ended - begun).total_seconds() if begun and ended else 0,
            metrics=self._pod_creation(started),
        )

    def _ends(self) -> tuple[datetime | None, datetime | None]:
        """Give when the container began and ended, as exactly as all that is known together tells."""
        began, ended = moment_of(self.state.get("start_time")), moment_of(self.state.get("finish_time"))
        if began is None:
            return None, None
        started = min(began + SECOND, self.log.first or began + SECOND)
        return started, max([ended, self.log.last or ended, started]) if ended else None

    def _pod_creation(self, started: datetime | None) -> dict[str, float]:
        """Give the seconds from the pod's creation to its container's start, where both are told."""
        created = moment_of(self.state.get("creation_time"))
        if created is None or started is None:
            return {}
        return {POD_CREATION: max(0.0, (started - created).total_seconds())}

    def _reason(self, *, nothing: bool) -> str:
        if self.state.get("status") == "Failed":
            return self.log.error or "the job failed, and its log does not say why"
        if self.log.script_ended is None:
            return self.log.error or "its script never ended, by its log"
        return (self.log.error or SILENT) if nothing else ""
