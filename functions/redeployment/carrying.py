"""The steps of a redeployment carried out, one after the other, so that nothing is lost wherever it ends.

Before each step the journal says what it changes and how that was; after it, that it is done. A step may be carried
out again: whoever finds the journal of one that was killed, or that met a cluster which did not answer, goes on with
the step that was begun. Between any two steps the application works: see ``steps``.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from functions.redeployment import sharing
from functions.redeployment.journal import Entry, Journal
from functions.redeployment.places import Places, Target
from functions.redeployment.services import Service
from functions.redeployment.steps import Action, Drain, Scale, Start, Step, Stop, Switch
from functions.runtime.errors import TryAgain

LOOK = 0.5
"""Seconds between looks at what a service has to do."""
GOES_ON = "call noria deploy again: it goes on from here; or with --undo"


@dataclass(frozen=True)
class Progress:
    """One step, and what is said of it while it is carried out."""

    number: int
    total: int
    sentence: str

    def __str__(self) -> str:
        return f"[{self.number}/{self.total}] {self.sentence}"


@dataclass
class Carrier:
    """Carries out steps, or takes them back.

    Attributes:
        patience: Seconds that draining one service may take.
        moved: Whether whoever is outside writes to where the steps want it by now.
        say: Is told of each step when it begins.
    """

    steps: Sequence[Step]
    places: Places
    journal: Journal
    patience: float = 600.0
    moved: bool = False
    say: Callable[[Progress], object] = lambda _: None
    look: float = LOOK
    _replaced: frozenset[tuple[int, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.places.check(self.steps)
        self._replaced = self.places.replaced(self.steps)

    def carry(self) -> tuple[str, ...]:
        """Carry out what is not done yet; gives what is left for a person to do.

        Raises:
            TryAgain: A site does not answer, a service is not empty in time, or a person has to do something first.
            Rejected: A site refuses something; what was done stays done.
        """
        if not self.journal.entries:
            sharing.check(self.steps, self.places)
        if self.journal.back:
            self.journal.turn(back=False)
        for step in self.steps:
            entry = self.journal.of(step)
            if entry is None or not entry.done:
                self._tell(step, str(step))
                self._done(step, entry or Entry(number=step.number))
        self.journal.turn(back=False, finished=True)
        return tuple(each.note for each in self.journal.entries if each.note)

    def undo(self) -> tuple[str, ...]:
        """Take back all that was done or begun, the last first; gives what is left for a person to do.

        Raises:
            TryAgain, Rejected: As ``carry`` does.
        """
        if not self.journal.back:
            self.journal.turn(back=True)
        notes = []
        for step in reversed(self.steps):
            entry = self.journal.of(step)
            if entry is not None:
                self._tell(step, f"Take back: {step}")
                notes.append(self._undone(step, entry))
                self.journal.forget(step)
        self.journal.turn(back=False)
        return tuple(filter(None, notes))

    def _tell(self, step: Step, sentence: str) -> None:
        self.say(Progress(step.number, len(self.steps), sentence))

    def _done(self, step: Step, entry: Entry) -> None:
        target = self._changed(step.do)
        if target is not None and not entry.found:
            before = target.site.definition(target.name)
            entry = entry.model_copy(update={"found": True, "before": None if before is None else dict(before)})
        self.journal.write(entry)
        note = self._do(step.do)
        self.journal.write(entry.model_copy(update={"done": True, "note": note}))

    def _changed(self, action: Action) -> Target | None:
        match action:
            case Start(service=service) | Drain(service=service) | Stop(service=service):
                return self.places.target(service)
            case Switch(source=Service() as source):
                return self.places.target(source)
        return None

    def _do(self, action: Action) -> str:
        """Carry out one action; gives a note."""
        match action:
            case Scale(resource=resource, after=nodes):
                return self._scaled(resource, nodes)
            case Start(service=service):
                self.places.target(service).site.put(self.places.definition(service))
            case Switch(source=None, before=(), after=after):  # nothing has arrived anywhere yet
                return self._told(after)
            case Switch(source=None, before=before, after=after):
                self._arrive(after, instead_of=before)
            case Switch(source=Service() as source):
                target = self.places.target(source)
                target.site.put(self.places.definition(source))
                self.journal.mark(source, target.site.jobs(target.name))
            case Drain():
                self._drain(action)
            case Stop(service=service):
                self._stop(service)
        return ""

    def _scaled(self, resource: str, nodes: int) -> str:
        site = self.places.sites.get(resource)
        return site.scale(resource, nodes) if site else ""

    def _arrive(self, services: Sequence[Service], *, instead_of: Sequence[Service]) -> None:
        """See to it that what arrives goes to these services; where that is others' affair, that they were told."""
        folders = self._folders(services)
        if not self.places.outside or self.moved or folders == self._folders(instead_of):
            return
        sentence = f"what arrives must be written to {' and '.join(folders) or 'nowhere'} from now on"
        raise TryAgain(sentence, hint="see to that, then call noria deploy again with --arrivals-moved")

    def _told(self, services: Sequence[Service]) -> str:
        """Say where what arrives is to be written to, if that is others' affair."""
        return (
            f"what arrives is to be written to {' and '.join(self._folders(services))}" if self.places.outside else ""
        )

    def _folders(self, services: Sequence[Service]) -> list[str]:
        known = self.places.arrivals
        return sorted({known.get((s.partition, s.resource), f"the folder of {s}") for s in services})

    def _drain(self, action: Drain) -> None:
        target = self.places.target(action.service)
        if target.key in self._replaced:
            return  # the new one takes over all that it had
        target.site.retire(target.name)
        for sender in action.senders:
            self._ended(sender)
        self._emptied(action.service, target)

    def _ended(self, sender: Service) -> None:
        """Wait until all work has ended that a sender had when it was switched."""
        target = self.places.target(sender)
        marks = self.journal.marks(sender)
        self._await(lambda: marks & target.site.jobs(target.name) if marks else frozenset(), sender)

    def _emptied(self, service: Service, target: Target) -> None:
        """Wait until a service has had nothing to do for as long as its site says."""
        quiet = time.monotonic()

        def left() -> frozenset[str]:
            nonlocal quiet
            looked = time.monotonic()  # before the look: who stands still after it knows nothing of that time
            jobs = target.site.jobs(target.name)
            if jobs:
                quiet = time.monotonic() + self.look
            return jobs or frozenset({"settling"} if looked - quiet < target.site.settle else ())

        self._await(left, service)

    def _await(self, left: Callable[[], frozenset[str]], service: Service) -> None:
        deadline = time.monotonic() + self.patience
        while jobs := left():
            if time.monotonic() > deadline:
                sentence = f"{service} still has {len(jobs)} job{'s' * (len(jobs) != 1)} after {self.patience:g} s"
                raise TryAgain(f"{sentence}; it runs on", hint=GOES_ON)
            time.sleep(self.look)

    def _stop(self, service: Service) -> None:
        target = self.places.target(service)
        if target.key in self._replaced:
            return
        self._await(lambda: target.site.jobs(target.name), service)
        target.site.remove(target.name)

    def _undone(self, step: Step, entry: Entry) -> str:
        """Take back one step, done or begun; gives a note."""
        do = step.do
        match do:
            case Scale(resource=resource, before=before):
                return self._scaled(resource, before)
            case Switch(source=None, before=earlier, after=after):
                self._arrive(earlier, instead_of=after)
            case Switch(source=Service() as source):
                self._restore(source, entry)
                target = self.places.target(source)
                self.journal.mark(source, target.site.jobs(target.name))
            case Start(service=service) if entry.before is None:
                self._withdraw(service, step.undo)
            case Start(service=service):
                self._restore(service, entry)
            case Drain(service=service) | Stop(service=service):
                if self.places.target(service).key not in self._replaced:
                    self._restore(service, entry)
        return ""

    def _restore(self, service: Service, entry: Entry) -> None:
        if entry.before is not None:
            self.places.target(service).site.put(entry.before)

    def _withdraw(self, service: Service, actions: Sequence[Action]) -> None:
        """End a service that was started, once it has worked off what it was sent meanwhile."""
        target = self.places.target(service)
        target.site.retire(target.name)
        for action in actions:
            for sender in action.senders if isinstance(action, Drain) else ():
                self._ended(sender)
        self._emptied(service, target)
        target.site.remove(target.name)
