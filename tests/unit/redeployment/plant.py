"""A toy plant that runs services, queues and requests under way, while steps are carried out on it."""

import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.redeployment.services import Service, Services
from functions.redeployment.steps import Drain, Scale, Start, Step, Stop, Switch


class LostError(Exception):
    """A request went to a service that does not run, or a service was stopped with requests in it."""


@dataclass
class Task:
    """One request that a service works on; where its results go was settled when it was begun."""

    request: int
    outputs: tuple[Service, ...]
    left: int


@dataclass
class Plant:
    """What runs.

    Attributes:
        on_the_way: Arrivals that were addressed and have not come in yet.
        ended: (request, last service's component) -> how often it came out there.
    """

    outputs: dict[Service, tuple[Service, ...]]
    entries: tuple[Service, ...]
    random: random.Random
    queues: dict[Service, deque[int]] = field(default_factory=dict)
    tasks: dict[Service, list[Task]] = field(default_factory=dict)
    on_the_way: list[tuple[int, Service]] = field(default_factory=list)
    ended: Counter[tuple[int, str]] = field(default_factory=Counter)
    arrived: int = 0

    @classmethod
    def running(cls, services: Services, *, seed: int) -> "Plant":
        plant = cls(dict(services.outputs), services.entries, random.Random(seed))
        for service in services.outputs:
            plant._open(service)
        return plant

    def tick(self, *, arrivals: bool = True) -> None:
        """Let a moment pass: requests arrive, are begun, and go on."""
        if arrivals:
            self.on_the_way += [(self.arrived, entry) for entry in self.entries]
            self.arrived += 1
        self.random.shuffle(self.on_the_way)
        for request, service in [
            self.on_the_way.pop() for _ in range(len(self.on_the_way) // 2 + 1) if self.on_the_way
        ]:
            self._put(request, service)
        for service in list(self.outputs):
            self._work(service)

    def carry_out(self, step: Step) -> None:
        """Do a step, with moments passing before it."""
        for _ in range(self.random.randint(0, 4)):
            self.tick()
        self.do(step.do)

    def take_back(self, step: Step) -> None:
        """Undo a step."""
        for action in step.undo:
            for _ in range(self.random.randint(0, 4)):
                self.tick()
            self.do(action)

    def do(self, action: Start | Switch | Drain | Stop | Scale) -> None:
        if isinstance(action, Start):
            self._open(action.service)
            self.outputs[action.service] = action.outputs
            self._all_run(action.outputs)
        elif isinstance(action, Switch):
            self._all_run(action.after)
            if action.source is None:
                self.entries = action.after
            else:
                self.outputs[action.source] = action.after
        elif isinstance(action, Drain):
            self._drain(action)
        elif isinstance(action, Stop):
            if self.queues.pop(action.service) or self.tasks.pop(action.service):
                raise LostError(f"{action.service} was stopped with requests in it")
            del self.outputs[action.service]

    def finish(self) -> None:
        """Let nothing more arrive and everything end."""
        while self.on_the_way or any(self.queues.values()) or any(self.tasks.values()):
            self.tick(arrivals=False)

    def _drain(self, action: Drain) -> None:
        for _ in range(10_000):
            under_way = any(
                action.service in task.outputs for each in action.senders for task in self.tasks.get(each, [])
            )
            coming = action.arrivals and any(service == action.service for _, service in self.on_the_way)
            if not (under_way or coming or self.queues[action.service] or self.tasks[action.service]):
                return
            self.tick()
        raise LostError(f"{action.service} never runs empty")

    def _open(self, service: Service) -> None:
        self.queues[service], self.tasks[service] = deque(), []

    def _put(self, request: int, service: Service) -> None:
        if service not in self.outputs:
            raise LostError(f"request {request} went to {service}, which does not run")
        self.queues[service].append(request)

    def _all_run(self, services: Sequence[Service]) -> None:
        for service in services:
            if service not in self.outputs:
                raise LostError(f"{service} gets results and does not run")

    def _work(self, service: Service) -> None:
        for task in list(self.tasks[service]):
            task.left -= 1
            if task.left <= 0:
                self.tasks[service].remove(task)
                for output in task.outputs:
                    self._put(task.request, output)
                if not task.outputs:
                    self.ended[task.request, service.component] += 1
        if self.queues[service] and len(self.tasks[service]) < 3:
            request = self.queues[service].popleft()
            self.tasks[service].append(Task(request, self.outputs[service], self.random.randint(1, 3)))
