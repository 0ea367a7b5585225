"""The way of one event, whatever the host: claim, run, upload, commit; or one dead letter that says why not."""

import logging
import threading
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from events import ObjectCreated
from fdl import Service
from functions.runtime.attempts import Attempt, Watchers, outcome_of
from functions.runtime.configuration import Configuration
from functions.runtime.dead_letters import DeadLetters
from functions.runtime.endings import Endings, Verdict, is_suspect
from functions.runtime.errors import (
    FunctionError,
    InputVanishedError,
    MissingError,
    NotYetError,
    Rejected,
    SupersededError,
    TryAgain,
)
from functions.runtime.handover import Handover, handover
from functions.runtime.inputs import StoredInputs
from functions.runtime.keeping import Keeping, forget
from functions.runtime.ledger import Claim, Held, LeaseLostError, Ledger
from functions.runtime.limits import FOR_EVER
from functions.runtime.lineage import PARENT
from functions.runtime.outputs import written
from functions.runtime.publication import Publisher, watched
from functions.runtime.runner import Runner, Task
from functions.runtime.runs import FINAL, Run, StoredObject, run_id
from functions.runtime.series import Series
from functions.runtime.sets import Folder
from functions.runtime.solitude import Solitude
from functions.runtime.store import Store
from functions.runtime.stored_desk import StoredDesk
from functions.runtime.workspace import Note, begin, end, private_folder

log = logging.getLogger("noria.runtime")
VERSION = version("noria")
NOBODY = Watchers()


class Engine:
    """Runs one service's function on events; any number of threads may call ``process`` at once."""

    def __init__(
        self,
        service: Service,
        runner: Runner,
        store: Store,
        configuration: Configuration,
        *,
        host: str,
        watchers: Watchers = NOBODY,
    ) -> None:
        self.service = service
        self.watchers = watchers
        self.store = store
        self.ledger = Ledger(store, configuration.ledger, lease=configuration.ack_wait)
        self.dead_letters = DeadLetters(service, store, configuration.ledger)
        self._publisher = Publisher(service, store, self.ledger)
        self._runner = runner
        self._given = configuration
        self._host = host
        self.term = FOR_EVER
        """A host that will be stopped says when, and no handler runs longer."""
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()
        self._solitude = Solitude()

    def process(self, event: ObjectCreated, *, queued: datetime | None = None) -> Verdict:
        """Bring one event to its end, or say when to deliver it again; never raises for what an event can cause."""
        with self.watchers.watching(queued) as attempt:
            return self._process(event, queued, attempt)

    def _process(self, event: ObjectCreated, queued: datetime | None, attempt: Attempt) -> Verdict:
        attempt.enter("claim")
        try:
            self._check_addressed(event)
            event = self._identified(event)
            claimed = self.ledger.claim(self._first(event, queued), again=lambda run: self._begins_again(event, run))
        except FunctionError as error:
            verdict = self._without_claim(event, error)
            return attempt.ended(verdict, outcome_of(verdict))
        if isinstance(claimed, Held):
            return attempt.ended(_held(claimed), "held")
        with self._lock:
            self._claims.add(claimed)
        try:
            verdict = self._run(event, claimed, attempt)
            if verdict.kind in {"done", "dead"}:
                forget(self.store, self._given.ledger, claimed.run)
            return attempt.ended(verdict, outcome_of(verdict))
        except LeaseLostError as lost:
            self._endings.late(event, claimed)
            return attempt.ended(Verdict("wait", lost.message, delay=1, run=claimed.run), "lost")
        except FunctionError as error:  # while saving a verdict: the lease runs out, and the event comes again
            late = Verdict("retry", error.message, delay=self._given.ack_wait, run=claimed.run)
            return attempt.ended(late, "unsaved")
        finally:
            with self._lock:
                self._claims.remove(claimed)

    def stop_taking(self) -> None:
        """Give back what has not reached a handler yet; what runs goes on."""
        self._solitude.close()
        self._runner.stop_taking()

    def close(self) -> None:
        """End the handler's processes."""
        self._runner.close()
        self.watchers.close()

    def renew(self) -> None:
        """Keep every lease that this engine holds young; a host calls it several times within ``ack_wait``."""
        with self._lock:
            claims = list(self._claims)
        for claim in claims:
            try:
                self.ledger.renew(claim)
            except FunctionError as error:  # its own commit will meet the same, and decide
                log.warning("lease not renewed", extra={"run": claim.run.name, "reason": error.message})

    def leases(self) -> list[float]:
        """Give the age of every lease that this engine holds, in seconds since it was last written."""
        with self._lock:
            return [claim.age for claim in self._claims]

    @property
    def _endings(self) -> Endings:
        return Endings(self.service, self.ledger, self._publisher, self.dead_letters, self._given)

    def _check_addressed(self, event: ObjectCreated) -> None:
        """Refuse to be sent where this function has no business: whoever rings may not choose what is read."""
        if watched(self.service, event) is None:
            raise Rejected(
                f"{event.bucket}/{event.key} lies below no input of {self.service.name}",
                hint="add its folder to the service's inputs in the FDL, or see who sends such events",
            )

    def _identified(self, event: ObjectCreated) -> ObjectCreated:
        """Fill in the ETag that some announcements leave out."""
        if event.etag:
            return event
        try:
            stat = self.store.stat(event.bucket, event.key)
        except MissingError as error:
            raise InputVanishedError("the object was deleted before it was read") from error
        return event.model_copy(update={"etag": stat.etag, "size": stat.size})

    def _begins_again(self, event: ObjectCreated, run: Run) -> bool:
        """Tell whether an ended run begins anew: its object is there again, and its results are not.

        It was deleted or overwritten before it was read and then uploaded again; or another version's results have
        taken the place of its own since.
        """
        try:
            if run.state == "committed" and not self._is_overtaken(run):
                return False
            if run.state == "failed" and run.failures[-1].error != InputVanishedError.__name__:
                return False
            if self.store.stat(event.bucket, event.key).etag != event.etag:
                return False
            for letter in run.outputs if run.state == "failed" else ():
                self.store.delete_version(letter.bucket, letter.key, letter.etag)
        except MissingError:
            return False
        return True

    def _is_overtaken(self, run: Run) -> bool:
        """Tell whether another run of the same function has replaced the results; what a person put there stays."""
        first = next(iter(run.outputs), None)
        if first is None:
            return False
        maker = self.store.stat(first.bucket, first.key).metadata.get(PARENT, "")
        return maker.startswith(f"{run.function}/") and maker != run.name

    def _first(self, event: ObjectCreated, queued: datetime | None) -> Run:
        return Run(
            state="running",
            id=run_id(self.service.name, event),
            function=self.service.name,
            version=VERSION,
            image=self._given.image,
            host=self._host,
            resource=self._given.resource,
            input=StoredObject(bucket=event.bucket, key=event.key, etag=event.etag, size=event.size),
            queued=queued or event.time,
            started=datetime.now(UTC),
        )

    def _run(self, event: ObjectCreated, claim: Claim, attempt: Attempt) -> Verdict:
        if self._endings.is_worn_out(claim.run):
            reason = f"{claim.run.failures[-1].reason}, not for the first time"
            return self._endings.dead(event, claim, Rejected(reason, hint="see what it does to its worker"))
        try:
            note = Note(claim.run.name, claim.run.holder)
            with private_folder(self._given.work, note) as private, handover(private) as handed:
                return self._committed(event, claim, handed, attempt)
        except LeaseLostError:
            raise
        except SupersededError as error:
            return self._endings.superseded(event, claim, error)
        except NotYetError as error:
            return self._endings.not_yet(event, claim, error)
        except Rejected as error:
            return self._endings.dead(event, claim, error)
        except TryAgain as error:
            return self._endings.again(event, claim, error, error.delay)
        except Exception as error:
            log.exception("unforeseen", extra={"run": claim.run.name})
            unforeseen = TryAgain(f"{type(error).__name__}: {error}"[:500])
            return self._endings.again(event, claim, unforeseen, None)

    def _committed(self, event: ObjectCreated, claim: Claim, handed: Handover, attempt: Attempt) -> Verdict:
        attempt.enter("fetch")
        private = handed.private
        inputs = StoredInputs(self.store, self.ledger, private, self._given.input_limit, claim.run.name)
        keeping = Keeping(self.store, self.ledger, self._given.ledger, claim, private, handed.file)
        stat, lineage = inputs.open(event)
        claim.note(trace=lineage.trace, hops=lineage.hops, parent=lineage.parent)
        if lineage.hops >= self._given.hop_limit:
            raise Rejected(
                f"the object has passed through {lineage.hops} functions, the limit",
                hint="look for a loop between the pipelines' inputs and outputs",
            )
        event = event.model_copy(update={"size": stat.size, "hops": lineage.hops, "metadata": dict(stat.metadata)})
        run = claim.run
        task = Task(
            event,
            handed.folder,
            run.name,
            run.attempt,
            lineage.trace,
            time_limit=self._given.time_limit,
            waited=run.waited,
            begin=partial(_begun, attempt, private),
            term=self.term,
        )
        attempt.enter("wait")
        with self._solitude.kept(alone=is_suspect(run)):
            place = watched(self.service, event)
            folder_of = Folder(
                self.store, self.ledger, self._given.ledger, event, claim, top=place.prefix if place else ""
            )
            series = Series(self.store, self.ledger, self._given.ledger, claim)
            desk = StoredDesk(inputs, folder_of, series, keeping)
            usage = self._runner.run(task, desk)
            attempt.enter("publish")
            end(private)
            folder = handed.outputs()
            if written(folder):
                inputs.fetch(event)  # a large one that the handler did not ask for, for its digest
            outputs = self._publisher.publish(folder, event, claim, lineage.of_outputs(run.name, run.holder))
            attempt.enter("commit")
            update = {
                **attempt.split(),
                "input": inputs.of(event) or claim.run.input,
                "members": inputs.members(claim.run.members),
                "outputs": outputs,
                "cpu_seconds": round(usage.cpu_seconds, 6),
                "handler_seconds": round(usage.seconds, 6),
                "peak_memory": usage.peak_memory,
                "metrics": usage.metrics,
            }
            return self._endings.committed(event, claim, claim.run.model_copy(update=update))

    def _without_claim(self, event: ObjectCreated, error: FunctionError) -> Verdict:
        if error.retry:
            return Verdict("retry", error.message, delay=getattr(error, "delay", None) or self._given.backoff[0])
        run = self._first(event, None)
        self.dead_letters.write(event, run, self._endings.failure(error, Claim(run, "")))
        return Verdict("dead", error.message, run=run)


def _held(held: Held) -> Verdict:
    if held.run.state in FINAL:
        return Verdict("done", f"already {held.run.state}", run=held.run)
    return Verdict("wait", f"{held.run.state} elsewhere", delay=max(held.wait, 0.05), run=held.run)


def _begun(attempt: Attempt, private: Path) -> None:
    attempt.enter("run")
    begin(private)
