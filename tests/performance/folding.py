"""Larger systems from a published one: the same application several times over, on the same layers."""

from dataclasses import replace

from functions.placement.system import Component, Partition, Path, System


def fold(system: System, times: int) -> System:
    """Give ``times`` copies of an application beside one another; nodes and their memory grow as many times.

    Copies share the resources and nothing else, so an optimum is at most ``times`` that of the single system.
    """
    copies = [_copy(system, number) for number in range(times)]
    return replace(
        system,
        name=f"{system.name} x {times}",
        components={name: component for copy in copies for name, component in copy.components.items()},
        resources={
            name: replace(each, nodes=each.nodes * times, memory=each.memory * times)
            for name, each in system.resources.items()
        },
        local={name: limit for copy in copies for name, limit in copy.local.items()},
        paths=tuple(path for copy in copies for path in copy.paths),
    )


def _copy(system: System, number: int) -> System:
    names = {name: f"{name}.{number}" for name in system.components}
    return replace(
        system,
        components={names[each.name]: _component(each, names) for each in system.components.values()},
        local={names[name]: limit for name, limit in system.local.items()},
        paths=tuple(
            Path(f"{path.name}.{number}", tuple(names[name] for name in path.components), path.limit)
            for path in system.paths
        ),
    )


def _component(component: Component, names: dict[str, str]) -> Component:
    return replace(
        component,
        name=names[component.name],
        partitions={name: _partition(each, names) for name, each in component.partitions.items()},
        next={names[name]: probability for name, probability in component.next.items()},
    )


def _partition(partition: Partition, names: dict[str, str]) -> Partition:
    return replace(partition, sizes={names.get(name, name): size for name, size in partition.sizes.items()})
