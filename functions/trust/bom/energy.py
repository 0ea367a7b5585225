"""What a training cost in energy, where that can be measured."""

from functions.training.record import TrainingRecord
from functions.trust.bom.parts import Json, plain

JOULES_PER_KWH = 3_600_000
UNNAMED = "not known to the machine"


def energy(record: TrainingRecord) -> Json:
    """Give ``environmentalConsiderations``: kilowatt hours with their source, or CPU time and why there are none."""
    if record.energy_joules is None:
        return {"properties": plain({"energy": description(record)})}
    cost = {"value": round(record.energy_joules / JOULES_PER_KWH, 9), "unit": "kWh"}
    provider = {"organization": {"name": UNNAMED}, "energySource": "unknown", "energyProvided": cost}
    measured = {"activity": "training", "energyProviders": [provider], "activityEnergyCost": cost}
    return {"energyConsumptions": [measured], "properties": plain({"energy": description(record)})}


def description(record: TrainingRecord) -> str:
    """Say it in a sentence."""
    spent = f"{record.cpu_seconds:.1f} s of CPU time in {record.seconds:.1f} s"
    source = f" ({record.energy_source})" if record.energy_source else ""
    if record.energy_joules is None:
        return f"not measured{source}; {spent}"
    return f"{record.energy_joules:.1f} J{source}; {spent}"
