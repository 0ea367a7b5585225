"""An application's deployment as files: TOSCA for what has to be made, FDL for what has to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fdl
from functions.continuum.dag import Dag
from functions.continuum.physical_nodes import PhysicalNodes
from functions.continuum.resources import CandidateResources
from functions.continuum.writing import yaml_text
from functions.provisioning import fdl_writing
from functions.provisioning.names import Names
from functions.provisioning.options import Options
from functions.provisioning.services import Service
from functions.provisioning.sites import Site
from functions.provisioning.siting import sites
from functions.provisioning.tasks import Choice, slug, tasks
from functions.provisioning.templates import Constraints, Templates
from functions.provisioning.wiring import Wiring
from functions.runtime.errors import Rejected


@dataclass(frozen=True)
class Provision:
    """What is written for one deployment.

    Attributes:
        sites: Clusters and configurations of AWS Lambda.
        services: Component -> its function.
        templates: TOSCA by file name without its ending, the name of the component, or of the first of a cluster.
        pipelines: FDL by the name of the cluster.
        drawn: Names and passwords that were new, by place and purpose; give them as ``known`` the next time.
    """

    sites: tuple[Site, ...]
    services: Mapping[str, Service]
    templates: Mapping[str, dict[str, Any]] = field(repr=False)
    pipelines: Mapping[str, dict[str, Any]] = field(repr=False)
    drawn: Mapping[str, str] = field(repr=False)

    @property
    def files(self) -> dict[str, str]:
        """Path -> text, in AI-SPRINT's folders; they have passwords in them."""
        found = {f"im/{name}.yaml": yaml_text(content) for name, content in self.templates.items()}
        found |= {f"oscar/{name}.yaml": yaml_text(content) for name, content in self.pipelines.items()}
        for service in self.services.values():
            found[f"oscar/{fdl_writing.script_of(service)}"] = fdl_writing.script(service)
        return found

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write the files, each for its owner alone to read; those of the same names are replaced."""
        paths = []
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.chmod(0o600)
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return tuple(paths)


def provision(
    choices: Sequence[Choice],
    resources: CandidateResources,
    dag: Dag,
    *,
    nodes: PhysicalNodes | None = None,
    constraints: Constraints | None = None,
    options: Options | None = None,
    names: Names | None = None,
) -> Provision:
    """Give what is written for a deployment.

    Args:
        choices: One for each component of ``dag``; see ``choices``.
        resources: As many nodes of each as its ``total_nodes`` says are made.
        dag: The deployment's own graph, with the partitions as components.
        nodes: How to reach what is there already.
        constraints: What the monitoring watches.
        options: What is the same for all clusters.
        names: Where names and passwords of new clusters come from.

    Raises:
        Rejected: Something that platforms need is missing.
    """
    options, names, application = options or Options(), names or Names(), slug(dag.name)
    every = tasks(choices, resources, application=application)
    there = sites(every, nodes, application=application, options=options, names=names)
    detector = _detector(there) if options.drift_detector else None
    following = {name: tuple(others) for name, others in dag.following.items()}
    wiring = Wiring(every, there, following, application=application, drift=detector)
    services = {name: wiring.service(name) for name in every}
    writer = Templates(
        every,
        services,
        application=application,
        nodes=nodes,
        constraints=constraints or {},
        options=options,
        detector=detector,
    )
    templates = {name: content for site in there for name, content in writer.of(site).items()}
    pipelines = _pipelines(there, services)
    _checked(pipelines)
    return Provision(there, services, templates, pipelines, dict(names.drawn))


def _pipelines(every: Sequence[Site], services: Mapping[str, Service]) -> dict[str, dict[str, Any]]:
    # Two types of node may be in one cluster that is there already.
    clusters: dict[str, list[Site]] = {}
    for site in every:
        clusters.setdefault(site.name, []).append(site)
    return {
        name: fdl_writing.pipeline(group[0], [services[each] for site in group for each in site.components])
        for name, group in clusters.items()
    }


def _checked(pipelines: Mapping[str, dict[str, Any]]) -> None:
    """Read what is to be written, as whoever deploys it will."""
    try:
        read = [fdl.loads(yaml_text(content), source=f"the FDL of {name}") for name, content in pipelines.items()]
    except fdl.FdlError as error:
        raise Rejected(error.message, hint=error.hint or "correct what the containers want") from None
    for problem in fdl.check(read):
        if problem.level == "error":
            raise Rejected(f"{problem.where}: {problem.sentence}", hint=problem.hint)


def _detector(every: Sequence[Site]) -> Site:
    """The highest cluster that is made: only there can the detector be put."""
    made = [site for site in every if site.kind == "created"]
    if not made:
        raise Rejected(
            "there is no cluster to put the drift detector on: all that run something are there already",
            hint="leave the detector out, or let one layer be Virtual",
        )
    return max(made, key=lambda site: site.layer)
