"""What is claimed of a training and on what evidence, and how complete the bill is."""

from functions.training.record import TrainingRecord
from functions.trust.bom.files import subject
from functions.trust.bom.parts import INPUT, OUTPUT, Json
from functions.trust.lineage import Lineage


def declarations(record: TrainingRecord) -> Json:
    """Give the claims that the record has evidence for; a training that is not deterministic is claimed less."""
    target = OUTPUT + subject(record).name
    claims, evidence = [], []
    for name, predicate, reasoning, text in _claims(record):
        claims.append(
            {
                "bom-ref": f"claim/{name}",
                "target": target,
                "predicate": predicate,
                "reasoning": reasoning,
                "evidence": [f"evidence/{name}"],
            }
        )
        evidence.append({"bom-ref": f"evidence/{name}", "description": text})
    return {"claims": claims, "evidence": evidence}


def _claims(record: TrainingRecord) -> list[tuple[str, str, str, str]]:
    distance, steps = f"{record.weights_distance:.3g}", f"{record.steps:,}"
    found = [
        (
            "trained",
            "The weights come from the uploaded model by training on this data set",
            "The training loop counted and digested",
            f"{steps} steps, weights moved by {distance} of their norm",
        )
    ]
    if record.recipe.deterministic:
        found.append(
            (
                "repeatable",
                "The same inputs in this environment give the same weights bit for bit",
                "Seeds, order, threads and instruction set were fixed",
                "run.json has digests of the weights before, after each epoch and at the end; noria verify --retrain",
            )
        )
    return found


def compositions(record: TrainingRecord, lineage: Lineage) -> list[Json]:
    """Say how complete it is: every file of the job, Python packages but none of the system, uploads unknown."""
    model = OUTPUT + subject(record).name
    return [
        {"aggregate": "complete", "assemblies": ["system"]},
        {"aggregate": "complete" if lineage.is_complete else "incomplete", "dependencies": [model]},
        {"aggregate": "incomplete", "dependencies": ["environment"]},
        {
            "aggregate": "unknown",
            "assemblies": [INPUT + each.name for each in record.inputs],
        },
    ]
