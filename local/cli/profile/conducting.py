"""Conducting a campaign: run after run, each kept when it has ended, those that were kept before passed over."""

import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from functions.profiling.campaign import WORKFLOW, Campaign, FinishedRun, PlannedRun, Report
from functions.runtime.errors import Rejected
from local.chain import Chain
from local.cli.profile.application import ProfiledApplication
from local.cli.profile.beside import kept
from local.cli.profile.folder import CampaignFolder
from local.cli.profile.ground import Ground, Stage
from local.cli.profile.sending import Sender


class Conductor:
    """Carries a campaign out.

    Args:
        stage: Makes the runs' places.
        warn: Told what is odd about a run, a sentence each.
        patience: Seconds to wait for what a request causes.
        tick: Called once for each request that is over.
    """

    def __init__(
        self,
        application: ProfiledApplication,
        campaign: Campaign,
        folder: CampaignFolder,
        stage: Stage,
        *,
        warn: Callable[[str], None],
        patience: float,
        tick: Callable[[], None],
    ) -> None:
        self._application, self._campaign, self._folder = application, campaign, folder
        self._patience, self._tick = patience, tick
        self._stage, self._warn = stage, warn
        self._entrances = {name: design.entrance.name for name, design in application.designs.items()}

    def conduct(self, tell: Callable[[str], None]) -> Report:
        """Do every run that has not ended, and give all of them."""
        finished: list[FinishedRun] = []
        began = False
        try:
            self._stage.close()  # what an interrupted campaign left running
            for run in self._campaign.runs:
                tell(run.name)
                done = self._folder.finished(run.name)
                if done is None:
                    time.sleep(self._application.parameters.run.cooldown_time if began else 0)
                    done, began = self._run(run), True
                else:
                    for _ in run.load.times:
                        self._tick()
                finished.append(done)
        finally:
            self._stage.close()
        return Report(campaign=self._campaign, finished=tuple(finished))

    def _run(self, run: PlannedRun) -> FinishedRun:
        service = self._entrances[run.design] if run.unit == WORKFLOW else run.slots[0].service
        file = self._file(run, service)
        ground, is_cold = self._stage.ready(run)
        (watched,) = (each.inputs[0].path for each in ground.services if each.name == service)
        # What an attempt before has sent is other objects: whatever still comes of it is not this run's.
        place = f"{watched}/{run.name}/{uuid.uuid4().hex[:8]}"
        beside = self._folder.beside(service) if run.unit != WORKFLOW else []
        sender = Sender(
            ground,
            run,
            file,
            service=service,
            folder=place,
            beside=beside,
            patience=self._patience,
            tick=self._tick,
        )
        sender.prepare(warm=max(slot.parallelism for slot in run.slots) if is_cold else 0)
        done = sender.send()
        if run.unit == WORKFLOW:
            self._keep_samples(ground, self._entrances[run.design], sender.chains)
        for doubt in ground.doubts():
            self._warn(f"{run.name}: {doubt}")
        self._folder.keep(done)
        if not sender.is_quiet:
            self._stage.close()  # what is still under way would disturb the next run
        return done

    def _file(self, run: PlannedRun, service: str) -> Path:
        if run.unit == WORKFLOW or service == self._entrances[run.design]:
            return self._application.input
        found = self._folder.sample(service)
        if found is None:
            said = f"{service} was given nothing in any run of the whole workflow, so it cannot be tested alone"
            raise Rejected(said, hint="see why in the jobs of those runs, or set run.test_single_services to false")
        return found

    def _keep_samples(self, ground: Ground, entrance: str, chains: Sequence[Chain]) -> None:
        """Keep for each service one object that it was given, and what came with it."""
        records = {run.name: run for chain in chains for run in chain.runs if run.state == "committed"}
        for run in records.values():
            if run.function == entrance or self._folder.sample(run.function):
                continue
            content, _ = ground.stores[run.function].read(run.input.bucket, run.input.key)
            beside = kept(ground.session, run, records) if ground.session else {}
            self._folder.keep_sample(run.function, Path(run.input.key).name, content, beside=beside)
