"""The trained model, and its card: what it is, how good it is, and what to mind."""

from collections.abc import Iterator, Mapping

from cyclonedx.model import ExternalReferenceType as Kind
from cyclonedx.model.component import Component, ComponentType, Pedigree

from functions.training.record import TrainingRecord
from functions.training.stated import Stated
from functions.trust.bom.energy import energy
from functions.trust.bom.files import subject
from functions.trust.bom.parts import (
    INPUT,
    OUTPUT,
    Json,
    Part,
    digests,
    entity,
    licenses,
    link,
    moment,
    properties,
    purl,
)
from functions.trust.bom.profile import family, profile, purpose

PICTURES = (".png", ".svg")
UNEXAMINED = "The system that trained did not examine the data for bias, consent or personal data"


def trained(record: TrainingRecord, stated: Stated) -> Part:
    """Give the component that everything else in the bill is about."""
    file, version, base = subject(record), record.job[:12], record.input("model")
    links = {stated.website: Kind.WEBSITE, stated.repository: Kind.VCS, stated.advisories: Kind.ADVISORIES}
    beside = {"model_card.json": Kind.MODEL_CARD, "model_card.md": Kind.DOCUMENTATION}
    component = Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=file.name,
        version=version,
        bom_ref=OUTPUT + file.name,
        supplier=entity(stated.supplier, stated.supplier_url),
        description=_description(record),
        hashes=digests(file.sha256),
        licenses=licenses(stated.license),
        purl=purl(file.name, version),
        pedigree=Pedigree(
            ancestors=[
                Component(
                    type=ComponentType.MACHINE_LEARNING_MODEL,
                    name=base.name,
                    version=base.sha256[:12],
                )
            ]
        ),
        external_references=[
            link(Kind.DISTRIBUTION, file.name),
            link(Kind.DIGITAL_SIGNATURE, "model.sig", comment="OpenSSF Model Signing, for ECDSA keys"),
            *(link(beside[each.name], each.name) for each in record.outputs if each.name in beside),
            *(link(kind, url) for url, kind in links.items() if url),
        ],
        properties=[
            *properties(_facts(record) | {"size": file.size}),
            *properties(profile(record, stated), prefix=""),
        ],
    )
    needs = (*(INPUT + each.name for each in record.inputs), "environment")
    return Part(component, {"modelCard": card(record, stated)}, needs)


def card(record: TrainingRecord, stated: Stated) -> Json:
    """Give the model card, all of it from the record but what a person states."""
    return {
        "modelParameters": _parameters(record),
        "quantitativeAnalysis": {
            "performanceMetrics": list(_metrics(record)),
            "graphics": {"collection": [{"name": one.name} for one in record.outputs if one.name.endswith(PICTURES)]},
        },
        "considerations": _considerations(record, stated),
    }


def _description(record: TrainingRecord) -> str:
    return (
        f"A {family(record)} for {purpose(record)} with {record.model.parameters:,} parameters, trained by "
        f"{record.framework.name} for {record.epochs_run} epochs on {record.input('dataset').name}"
    )


def _parameters(record: TrainingRecord) -> Json:
    shapes = {"inputs": record.model.inputs, "outputs": record.model.outputs}
    return {
        "approach": {"type": "supervised"},
        "task": purpose(record),
        "architectureFamily": family(record),
        "modelArchitecture": _architecture(record),
        "datasets": [{"ref": INPUT + record.input("dataset").name}],
        **{key: [{"format": _format(record, shape)} for shape in value] for key, value in shapes.items() if value},
    }


def _format(record: TrainingRecord, shape: tuple[int | None, ...]) -> str:
    return f"{record.recipe.dtype}[{', '.join(['N', *('?' if size is None else str(size) for size in shape)])}]"


def _architecture(record: TrainingRecord) -> str:
    """Name the first layers by kind; a long network is counted, not listed."""
    kinds = [layer.kind for layer in record.model.layers]
    shown = " > ".join(kinds[:12]) or record.model.form
    return f"{shown} > ... ({len(kinds)} layers)" if len(kinds) > 12 else shown


def _metrics(record: TrainingRecord) -> Iterator[Json]:
    """Give each metric of the weights that were kept, by the part of the data it was measured on, and the best ones."""
    slices = {"val_": "validation", "test_": "test", "": "training"}
    for suffix, named in (("", record.metrics.final), (", best", record.metrics.best)):
        for name, value in named.items():
            prefix = next(each for each in slices if name.startswith(each))
            yield {"type": name.removeprefix(prefix), "value": f"{value:.9g}", "slice": slices[prefix] + suffix}


def _considerations(record: TrainingRecord, stated: Stated) -> Json:
    risks = [{"name": name, "mitigationStrategy": met} for name, met in stated.risks.items()]
    held = {name: rows for name, rows in record.data.parts.items() if name != "train" and rows}
    judged = " and ".join(f"{rows:,} {name} rows" for name, rows in held.items()) or "no held-out rows"
    limits = (
        f"Trained on {record.data.parts.get('train', 0):,} rows of one data set, judged on {judged} of it, on no other",
        "Inputs need the preprocessing of training (modelDataPreprocessing)",
    )
    listed: Mapping[str, tuple[str, ...]] = {
        "users": stated.users,
        "useCases": stated.use_cases,
        "performanceTradeoffs": stated.tradeoffs,
    }
    return {
        **{name: list(texts) for name, texts in listed.items() if texts},
        "technicalLimitations": [*stated.limitations, *limits],
        "ethicalConsiderations": [*risks, {"name": UNEXAMINED}],
        "environmentalConsiderations": energy(record),
    }


def _facts(record: TrainingRecord) -> dict[str, object]:
    """Give what retraining is held against; the digests before and after each epoch are in ``run.json``."""
    return {
        "trained": moment(record.finished),
        "parameters": record.model.parameters,
        "weights:final": record.final_weights,
        "weights:distance": f"{record.weights_distance:.9g}",
    }
