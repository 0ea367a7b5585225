"""The designs of an application that a campaign measures: all components whole, and each set of parts that was cut."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import fdl
from functions.continuum.deployments import CandidateDeployments, part_of
from functions.continuum.designs import BASE
from functions.continuum.run_parameters import RunParameters
from functions.profiling.planning import Subject
from functions.provisioning.tasks import slug
from functions.runtime.errors import Rejected

HERE = "here"
"""What a component runs on where nobody names its resources: models of performance want a name."""


@dataclass(frozen=True)
class Design:
    """One set of components and parts that do the application's work together.

    Attributes:
        pipelines: What has their services.
        components: What is tested, by its name in run_parameters.yaml or, of a part, by its own.
    """

    pipelines: tuple[fdl.Pipeline, ...]
    components: Mapping[str, Subject]

    @cached_property
    def services(self) -> Mapping[str, fdl.Service]:
        """All services of the pipelines, by name."""
        return {service.name: service for pipeline in self.pipelines for service in pipeline.services}

    @property
    def entrance(self) -> fdl.Service:
        """The service that the application's requests come to: the one whose input no other writes.

        Raises:
            Rejected: There are several, or none.
        """
        services = self.services.values()
        open_ = [
            service
            for service in services
            if service.inputs and not any(_feeds(other, service) for other in services if other is not service)
        ]
        if len(open_) != 1:
            names = ", ".join(service.name for service in open_) or "none"
            hint = "give the pipeline of this application alone with --fdl"
            raise Rejected(f"one service must take what is uploaded, and these do: {names}", hint=hint)
        return open_[0]

    def on(self, resources: Collection[str], warnings: list[str]) -> "Design":
        """Give the design as it is measured on clusters that are these resources.

        Raises:
            Rejected: A component may run on none of them.
        """
        made = {}
        for name, each in self.components.items():
            kept = tuple(resources) if each.resources == (HERE,) else tuple(r for r in each.resources if r in resources)
            if not kept:
                said = f"{each.component} may run on {', '.join(each.resources)}, and no cluster is any of them"
                raise Rejected(said, hint=f"say which: --on {each.resources[0]}={next(iter(resources))}")
            if away := [resource for resource in each.resources if resource not in (*kept, HERE)]:
                said = f"{each.component} is not measured on {', '.join(away)}: no cluster is any of them"
                warnings += [said] if said not in warnings else []
            made[name] = replace(each, resources=kept)
        return replace(self, components=made)


def cut_designs(
    folder: Path, parameters: RunParameters, deployments: CandidateDeployments, whole: Mapping[str, Subject], at: Path
) -> dict[str, Design]:
    """Give the designs of ``aisprint/deployments`` that have parts in them, by the deployment that stands for each.

    Args:
        folder: The application's.
        parameters: What is asked for; a part has what is said of it, of ``<component>_partitionX_1``, or of the whole.
        deployments: What each part may run on.
        whole: The components as they are tested whole.
        at: Folder that their pipelines are written to.

    Raises:
        Rejected, FdlError: A design cannot be run.
    """
    from functions.continuum.application import Application
    from functions.designing.pipeline import designs_of, pipeline_of

    found = {name: parts for name, parts in designs_of(folder).items() if name != BASE}
    cut = {name: parts for name, parts in found.items() if any(part_of(part) for part in parts)}
    if not cut:
        return {}
    application = Application.read(folder)
    asked_of = {each.component: name for name, each in whole.items()}
    made = {}
    for name, parts in cut.items():
        path = at / name / "pipeline.yaml"
        pipeline = fdl.load(pipeline_of(application, folder, deployment=name).write(path))
        services = {service.name: service for service in pipeline.services}
        ordered = sorted(parts, key=lambda part: [*services].index(slug(part)))
        tested = (_part(part, services[slug(part)], parameters, deployments, asked_of) for part in ordered)
        made[name] = Design((pipeline,), {each.component: each for each in tested})
    return made


def _part(
    name: str,
    service: fdl.Service,
    parameters: RunParameters,
    deployments: CandidateDeployments,
    asked_of: Mapping[str, str],
) -> Subject:
    entry = deployments.find(name)
    component = part.component if (part := part_of(name)) else name
    asked = next((each for each in _asked(name, deployments, asked_of) if each in parameters.components), "")
    return Subject(
        component=name,
        service=service.name,
        resources=tuple(entry.candidates) if entry else (HERE,),
        cores=service.cpu,
        memory=service.memory,
        asked=asked,
        together=f"{slug(component)}-partition{part.cut}" if part else "",
    )


def _asked(name: str, deployments: CandidateDeployments, asked_of: Mapping[str, str]) -> Iterator[str]:
    """Give the names under which run_parameters.yaml may speak of a component or part, the nearest first."""
    yield name
    entry = deployments.find(name)
    if entry is not None:
        yield entry.name
        yield from (key for key, each in deployments.components.items() if each is entry)
    part = part_of(name)
    yield asked_of.get(part.component if part else name, "")


def pipelines_of(folder: Path) -> Sequence[Path]:
    """Give the FDL files of an application.

    Raises:
        Rejected: There are none.
    """
    files = sorted((folder / "oscar").glob("*.yaml"))
    if not files:
        said = f"{folder / 'oscar'} has no pipeline"
        hint = "noria design writes one; or name yours with --fdl, for example fdl/mask-detection.yaml"
        raise Rejected(said, hint=hint)
    return files


def _feeds(producer: fdl.Service, consumer: fdl.Service) -> bool:
    return any(
        watched.overlaps(output)
        for output in producer.outputs
        for watched in consumer.inputs
        if ".failure.json" not in output.suffixes
    )
