"""OWASP's completeness score of an AI BOM, derived again from its published rules.

Rules: GenAI-Security-Project/aibom-generator, src/models/scoring.py and field_registry.json at c5a3f2f (2026-04-27). A
category gives its points by the share of its fields that are there; missing critical and important fields cost a
factor. A field is looked for among the first component's fields and properties, its model card's parameters and
considerations, the metadata and its properties, and the top of the document. Fields of GGUF files are not asked of
other models. Their code gave the figures that ``test_completeness`` holds this one to.
"""

from typing import Any

POINTS = {
    "required_fields": 20,
    "metadata": 20,
    "component_basic": 20,
    "component_model_card": 30,
    "external_references": 10,
}
FIELDS: dict[str, dict[str, str]] = {
    "required_fields": dict.fromkeys(("bomFormat", "specVersion", "serialNumber", "version"), "critical"),
    "metadata": {
        **dict.fromkeys(("primaryPurpose", "suppliedBy"), "critical"),
        **dict.fromkeys(("standardCompliance", "domain", "autonomyType"), ""),
    },
    "component_basic": {
        **dict.fromkeys(("name", "type", "component_version"), "critical"),
        **dict.fromkeys(("purl", "description", "licenses"), "important"),
        "external_references": "",
    },
    "component_model_card": {
        **dict.fromkeys(
            (
                "datasets", "ethicalConsiderations", "energyConsumption", "hyperparameter", "technicalLimitations",
                "safetyRiskAssessment", "intendedUse", "typeOfModel",
            ),
            "important",
        ),
        **dict.fromkeys(
            (
                "modelExplainability", "energyQuantity", "energyUnit", "informationAboutTraining",
                "informationAboutApplication", "metric", "metricDecisionThreshold", "modelDataPreprocessing",
                "useSensitivePersonalInformation",
            ),
            "",
        ),
    },
    "external_references": {"downloadLocation": "important", "paper": "", "vcs": "", "website": ""},
}  # fmt: skip
ADVANCED = (
    "bomFormat", "specVersion", "serialNumber", "version", "name", "downloadLocation", "primaryPurpose", "suppliedBy",
    "type", "purl", "description", "licenses", "hyperparameter", "technicalLimitations", "energyConsumption",
    "safetyRiskAssessment", "typeOfModel",
)  # fmt: skip
"""What the profile "advanced" asks for, beside 85 points."""
ELSEWHERE = {
    "technicalLimitations": "technicalLimitations",
    "safetyRiskAssessment": "ethicalConsiderations",
    "energyConsumption": "environmentalConsiderations",
}
REFERENCES = {
    "downloadLocation": {"distribution", "website"},
    "paper": {"documentation"},
    "vcs": {"vcs"},
    "website": {"website"},
}


def has(bom: dict[str, Any], field: str) -> bool:
    """Whether their code would find a field."""
    model, metadata = bom["components"][0], bom["metadata"]
    card = model.get("modelCard", {})
    if field in REFERENCES:
        return any(each["type"] in REFERENCES[field] for each in model.get("externalReferences", ()))
    if field == "component_version":
        return "version" in model
    named = {each["name"] for holder in (model, metadata) for each in holder.get("properties", ())}
    considerations = card.get("considerations", {})
    places = (bom, metadata, model, card, card.get("modelParameters", {}), considerations, named)
    return any(field in place for place in places) or bool(considerations.get(ELSEWHERE.get(field, "")))


def score(bom: dict[str, Any]) -> float:
    """Give the points of a hundred."""
    total, lost = 0.0, {"critical": 0, "important": 0, "": 0}
    for category, fields in FIELDS.items():
        there = [field for field in fields if has(bom, field)]
        total += round(POINTS[category] * len(there) / len(fields), 1)
        for field in fields.keys() - set(there):
            lost[fields[field]] += 1
    factor = 0.8 if lost["critical"] > 3 else 0.9 if lost["critical"] >= 2 else 1.0
    return round(total * factor * (0.95 if lost["important"] >= 5 else 1.0), 1)


def is_advanced(bom: dict[str, Any]) -> bool:
    """Whether the highest profile is reached."""
    return score(bom) >= 85 and all(has(bom, field) for field in ADVANCED)
