"""Fields of SPDX 3's AI profile that CycloneDX has no place for, as properties of the model under their SPDX names.

https://spdx.github.io/spdx-spec/v3.0.1/model/AI/Classes/AIPackage/. OWASP's AIBOM generator reads them there.
"""

from functions.training.record import TrainingRecord
from functions.training.stated import Stated
from functions.trust.bom.energy import JOULES_PER_KWH
from functions.trust.bom.parts import compact

AUTONOMY = "none: it computes outputs from inputs and acts on nothing"
EXPLAINED = "no method of explanation is part of the model"
TASKS = {"binary": "binary classification", "multiclass": "multi-class classification", "regression": "regression"}
FAMILIES = {
    "transformer": ("attention",),
    "recurrent neural network": ("lstm", "gru", "rnn"),
    "convolutional neural network": ("conv",),
}
THRESHOLDS = {"binary": "0.5", "multiclass": "the greatest output"}


def profile(record: TrainingRecord, stated: Stated) -> dict[str, object]:
    """Give name -> value; what nobody stated is empty."""
    energy = record.energy_joules
    return {
        "primaryPurpose": purpose(record),
        "suppliedBy": stated.supplier,
        "domain": stated.domain,
        "intendedUse": "; ".join(stated.use_cases),
        "informationAboutApplication": "; ".join(stated.use_cases),
        "standardCompliance": "; ".join(stated.standards),
        "autonomyType": AUTONOMY,
        "useSensitivePersonalInformation": stated.personal_data,
        "energyQuantity": "" if energy is None else f"{energy / JOULES_PER_KWH:.9g}",
        "energyUnit": "" if energy is None else "kilowattHour",
        "informationAboutTraining": f"{record.epochs_run} epochs, {record.steps} steps, {record.seconds:.1f} s",
        "metric": ", ".join(f"{name}={value:.4g}" for name, value in record.metrics.final.items()),
        "typeOfModel": family(record),
        "hyperparameter": compact(record.recipe.model_dump(exclude_none=True)),
        "modelExplainability": EXPLAINED,
        "metricDecisionThreshold": THRESHOLDS.get(record.recipe.task, ""),
        "modelDataPreprocessing": preprocessing(record),
    }


def purpose(record: TrainingRecord) -> str:
    """Give the task that the model was trained for, in words."""
    return TASKS[record.recipe.task]


def preprocessing(record: TrainingRecord) -> str:
    """Say what was done to the data before training, and must be done to inputs."""
    asked = record.definition.get("preprocessing")
    done = {key: value for key, value in asked.items() if value not in (None, False)} if isinstance(asked, dict) else {}
    return compact(done) if done else "none"


def family(record: TrainingRecord) -> str:
    """Name the architecture's family by the kinds of its layers."""
    kinds = " ".join(layer.kind.lower() for layer in record.model.layers)
    return next(
        (name for name, signs in FAMILIES.items() if any(sign in kinds for sign in signs)),
        "feed-forward neural network",
    )
