"""What runs where, from the files that say so: a production deployment, or the first of all candidates."""

from collections.abc import Iterator, Sequence

from functions.continuum.deployments import CandidateDeployments, part_of
from functions.continuum.designs import BASE, Containers
from functions.continuum.production import ProductionDeployment
from functions.continuum.resources import CandidateResources
from functions.provisioning.tasks import Choice
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def of_production(
    production: ProductionDeployment, components: Sequence[str], *, images: Containers | None = None
) -> tuple[Choice, ...]:
    """Give the choice of each of the components, in their order.

    Args:
        production: The deployment.
        components: Those of its graph.
        images: What was built, for containers that name no image.

    Raises:
        Rejected: The deployment does not have one of them.
    """
    known = production.by_name
    for name in components:
        if name not in known:
            sentence = f"production_deployment.yaml does not say where {name} runs{nearest(name, known)}"
            raise Rejected(sentence, hint="give the deployment's own application_dag.yaml, whose components it has")
    containers = {name: known[name].container for name in components}
    return tuple(
        Choice(name, each.selected_execution_resource, each, images_of(name, images))
        for name, each in containers.items()
    )


def of_candidates(
    deployments: CandidateDeployments,
    resources: CandidateResources,
    components: Sequence[str],
    *,
    images: Containers | None = None,
) -> tuple[Choice, ...]:
    """Give the first candidate of each component: the base deployment, before anything was optimised.

    Raises:
        Rejected: A component has no candidate on the first of its layers.
    """
    return tuple(_first(deployments, resources, name, images_of(name, images)) for name in components)


def images_of(component: str, images: Containers | None) -> tuple[str, ...]:
    """Give the images that were built for a component or part, in the order of ``containers.yaml``.

    Their names end with the design and the architecture: ``registry/filter_base_amd64:1``, and for a part
    ``registry/filter_partition1_2_amd64:1``; in one repository of Amazon's they are tags, ``repo:filter_base_amd64``.
    """
    part = part_of(component)
    built = images.components.get(part.component if part else component) if images else None
    design = f"_partition{part.cut}_{part.half}_" if part else f"_{BASE}_"
    return tuple(each for each in built.docker_images if design in each.rpartition("/")[2]) if built else ()


def drift_detector(images: Containers | None) -> str:
    """Give the image of AI-SPRINT's drift detector; empty where none was built."""
    built = images.components.get("drift-detector") if images else None
    return built.docker_images[0] if built and built.docker_images else ""


def _first(
    deployments: CandidateDeployments, resources: CandidateResources, name: str, images: tuple[str, ...]
) -> Choice:
    found = deployments.find(name)
    if found is None:
        close = nearest(name, deployments.by_name)
        raise Rejected(f"candidate_deployments.yaml does not have {name}{close}", hint="add it there")
    layer = found.candidate_execution_layers[0]
    there = [each for each in _on_layer(resources, layer) if each in found.candidates]
    for resource in found.candidates:
        if resource in there:
            return Choice(name, resource, found.candidates[resource], images)
    raise Rejected(
        f"candidate_deployments.yaml: {name} has layer {layer} as its first and no candidate resource there",
        hint=f"layer {layer} has {', '.join(_on_layer(resources, layer)) or 'no resources'}",
    )


def _on_layer(resources: CandidateResources, number: int) -> Iterator[str]:
    for layer in resources.layers.values():
        if layer.number == number:
            yield from (each.name for each in layer.resources.values())
