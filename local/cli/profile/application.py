"""What a campaign needs of an application: its run_parameters.yaml, its pipelines, the file that is sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import fdl
from functions.continuum.application import found
from functions.continuum.dag import read_dag
from functions.continuum.deployments import CandidateDeployments, part_of, read_deployments
from functions.continuum.designs import BASE
from functions.continuum.run_parameters import RunParameters, read_run_parameters
from functions.profiling.planning import Subject
from functions.provisioning.tasks import slug
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from local.cli.profile.designs import HERE, Design, cut_designs, pipelines_of
from local.groups import MOST


@dataclass(frozen=True)
class ProfiledApplication:
    """An application that can be profiled.

    Attributes:
        designs: ``base``, all components whole, and the deployment that stands for each set of parts.
        input: The file that every request is.
        warnings: What cannot be measured, a sentence each.
    """

    folder: Path
    name: str
    parameters: RunParameters
    designs: Mapping[str, Design]
    input: Path
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path, fdl_files: Sequence[Path], *, at: Path | None = None) -> "ProfiledApplication":
        """Read the files of an application that profiling needs.

        Args:
            fdl_files: Pipelines in place of the application's own, which are measured alone.
            at: Folder that pipelines of its parts are written to, if it has any; else one in the campaign's.

        Raises:
            Rejected: A file is missing or wrong, or they do not fit together.
        """
        if not folder.is_dir():
            raise Rejected(f"{folder} is no folder", hint="name an application's: noria profile my-app/")
        files = found(folder)
        if "run_parameters" not in files:
            raise Rejected(f"{folder} has no run_parameters.yaml", hint="it belongs in oscarp/, or beside the others")
        warnings: list[str] = []
        parameters = read_run_parameters(files["run_parameters"], warnings=warnings)
        if parameters.run.campaign_dir in {".", ".."}:
            raise Rejected("run_parameters.yaml: run.campaign_dir names no folder of its own", hint="name one: TEST")
        deployments = read_deployments(files["deployments"], warnings=warnings) if "deployments" in files else None
        base = _base(tuple(fdl.load(file) for file in fdl_files or pipelines_of(folder)), parameters, deployments)
        cuts = {}
        if deployments and any(part_of(name) for name in deployments.by_name):
            at = at or output_of(folder, parameters.run.campaign_dir) / "designs"
            cuts = {} if fdl_files else cut_designs(folder, parameters, deployments, base.components, at)
            said = "components are measured whole; their parts need designs, which noria design writes"
            warnings += [] if cuts else [said]
        name = read_dag(files["dag"]).name if "dag" in files else folder.resolve().name
        file = _input(folder, parameters.input_files.filename)
        return cls(folder, name, parameters, {BASE: base} | cuts, file, tuple(warnings))

    def here(self) -> "ProfiledApplication":
        """Give the application as it is measured on this machine.

        Raises:
            Rejected: It asks for more workers than there can be.
        """
        for name, asked in self.parameters.components.items():
            if max(asked.parallelism) > MOST:
                said = f"run_parameters.yaml: components.{name}.parallelism is {max(asked.parallelism)}"
                raise Rejected(
                    f"{said}, and this machine has {MOST} workers of a function at most", hint="ask for fewer"
                )
        return self

    def on(self, resources: Collection[str]) -> "ProfiledApplication":
        """Give the application as it is measured on clusters that are these resources.

        Raises:
            Rejected: A component may run on none of them.
        """
        warnings = list(self.warnings)
        designs = {name: design.on(resources, warnings) for name, design in self.designs.items()}
        return replace(self, designs=designs, warnings=tuple(warnings))

    @property
    def components(self) -> Mapping[str, Subject]:
        """What is tested where all is whole."""
        return self.designs[BASE].components

    @property
    def cuts(self) -> Mapping[str, Mapping[str, Subject]]:
        """What is tested in each other design."""
        return {name: design.components for name, design in self.designs.items() if name != BASE}

    @property
    def default_output(self) -> Path:
        """Where the campaign lies if nobody says otherwise."""
        return output_of(self.folder, self.parameters.run.campaign_dir)


def output_of(folder: Path, campaign: str) -> Path:
    """Give the folder of a campaign in an application's: beside its parameters."""
    tree = folder / "oscarp"
    return (tree if tree.is_dir() else folder) / campaign


def _base(
    pipelines: tuple[fdl.Pipeline, ...], parameters: RunParameters, deployments: CandidateDeployments | None
) -> Design:
    services = {service.name: service for pipeline in pipelines for service in pipeline.services}
    if away := next((service for service in services.values() if service.platform != "oscar"), None):
        raise Rejected(f"{away.name} is AWS Lambda's, and is not run here", hint="give a pipeline for OSCAR with --fdl")
    return Design(pipelines, _components(parameters, deployments, services))


def _components(
    parameters: RunParameters, deployments: CandidateDeployments | None, services: Mapping[str, fdl.Service]
) -> dict[str, Subject]:
    made: dict[str, Subject] = {}
    for name in parameters.components:
        entry = deployments.components.get(name) if deployments else None
        entry = entry or (deployments.find(name) if deployments else None)
        component = entry.name if entry else name
        service = next((services[each] for each in (component, slug(component)) if each in services), None)
        if service is None and part_of(component):
            continue  # what is said of a part holds where there is one
        if service is None:
            said = f"run_parameters.yaml: no service does the work of {component}{nearest(slug(component), services)}"
            raise Rejected(said, hint=f"the pipeline has {', '.join(services)}; name another with --fdl")
        made[name] = _tested(component, service, tuple(entry.candidates) if entry else (HERE,))
    tested = {each.service for each in made.values()}
    known = {slug(name): entry for name, entry in (deployments.by_name if deployments else {}).items()}
    for name in (each for each in services if each not in tested):
        entry = known.get(name)
        resources = tuple(entry.candidates) if entry else (HERE,)
        made[name] = _tested(entry.name if entry else name, services[name], resources)
    return made


def _tested(component: str, service: fdl.Service, resources: tuple[str, ...]) -> Subject:
    return Subject(component, service.name, resources, cores=service.cpu, memory=service.memory)


def _input(folder: Path, name: str) -> Path:
    places = [folder / "oscarp" / "input_files", folder / "input_files", folder / "oscarp", folder]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise Rejected(
        f"there is no input file {name}", hint=f"put it into {places[0] if places[2].is_dir() else places[1]}/"
    )
