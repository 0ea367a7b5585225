"""What learnt models say of a placement's parts, and how far that can be trusted."""

from collections.abc import Iterator

from functions.optimize.learnt import Learnt
from functions.optimize.result import ModelFile, Predicted
from functions.placement.answer import Answer


def predictions(learnt: Learnt | None, answer: Answer) -> tuple[Predicted, ...]:
    """Give what the models say of each part of an answer's placement that they were asked for."""
    placement, judged = answer.placement, answer.evaluation
    if learnt is None or placement is None or judged is None:
        return ()
    found = []
    for (component, name), resource in placement.resources.items():
        subject, load = (component, name, resource), judged.loads.get((component, name))
        if subject not in learnt.files or load is None:
            continue
        nodes = placement.nodes.get(resource, 1)
        said = learnt.predict(subject, nodes=nodes, load=load)
        found.append(
            Predicted(
                component=component,
                partition=name,
                resource=resource,
                nodes=nodes,
                load=load,
                seconds=said.seconds,
                lower=said.lower,
                upper=said.upper,
                level=learnt.model(subject).card.interval.level,
                beyond=said.beyond,
                file=learnt.names[learnt.files[subject]],
            )
        )
    return tuple(found)


def model_list(learnt: Learnt | None) -> tuple[ModelFile, ...]:
    """Give the files of all models that could be asked, with their digests."""
    if learnt is None:
        return ()
    return tuple(
        ModelFile(
            component=component,
            partition=partition,
            resource=resource,
            file=learnt.names[path],
            sha256=learnt.digests[path],
        )
        for (component, partition, resource), path in learnt.files.items()
    )


def doubts(found: tuple[Predicted, ...]) -> Iterator[str]:
    """Say which predictions lie beyond what was measured."""
    for each in found:
        if each.beyond:
            what = " and ".join(each.beyond)
            span = f"{each.seconds:.4g} s (between {each.lower:.4g} and {each.upper:.4g})"
            yield f"{each.partition} on {each.resource} was never measured with such {what}: {span} is extrapolated"
