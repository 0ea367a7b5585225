"""The G7's minimum elements of an SBOM for AI, and where each is in a bill of ours.

"Software Bill of Materials (SBOM) for Artificial Intelligence - Minimum Elements", G7 Cybersecurity Working Group, BSI,
2026-05-12: 50 elements in seven clusters; codes as in the vocabulary https://w3id.org/sbom/req/g7ai/.
"""

import re
from dataclasses import dataclass
from typing import Any

STEP = re.compile(r"(?P<key>[\w-]+)(?:\[(?:(?P<index>\d+)|(?P<name>[\w-]+)=(?P<value>[^\]]+))\])?(?:\.|$)")
MODEL, DATA = "components[0]", "components[type=data]"
CARD, DATASET = f"{MODEL}.modelCard", f"{DATA}.data[0]"
WORKFLOW = "formulation[0].workflows[0]"


@dataclass(frozen=True)
class Element:
    """One element: its code and name, the path of its value in a bill, and why a bill may be without it."""

    code: str
    name: str
    path: str
    why: str = ""


STATED = "not stated"
ELEMENTS = (
    Element("MD-01", "SBOM author", "metadata.tools.components[0].name"),
    Element("MD-02", "SBOM version", "version"),
    Element("MD-03", "SBOM data format name", "bomFormat"),
    Element("MD-04", "SBOM data format version", "specVersion"),
    Element("MD-05", "SBOM author signature", "externalReferences[type=digital-signature].url"),
    Element("MD-06", "SBOM tool name", "metadata.tools.components[0].name"),
    Element("MD-07", "SBOM tool version", "metadata.tools.components[0].version"),
    Element("MD-08", "SBOM generation context", "metadata.lifecycles[0].phase"),
    Element("MD-09", "SBOM timestamp", "metadata.timestamp"),
    Element("MD-10", "SBOM dependency relationship", "dependencies[ref=system].dependsOn"),
    Element("SLP-01", "System name", "metadata.component.name"),
    Element("SLP-02", "System components", "metadata.component.components[0].name"),
    Element("SLP-03", "System producer", "metadata.component.supplier.name", STATED),
    Element("SLP-04", "System version", "metadata.component.version"),
    Element("SLP-05", "System timestamp", f"{WORKFLOW}.tasks[name=training].timeEnd", "the ledger has no time"),
    Element("SLP-06", "System data flow", f"{WORKFLOW}.tasks[name=training].outputs"),
    Element("SLP-07", "System data usage", f"{DATASET}.contents.properties[name=noria:parts].value"),
    Element("SLP-08", "System input/output properties", f"{CARD}.modelParameters.inputs[0].format", "no fixed shapes"),
    Element("SLP-09", "Intended application area", f"{MODEL}.properties[name=domain].value", STATED),
    Element("MDL-01", "Model name", f"{MODEL}.name"),
    Element("MDL-02", "Model identifier", f"{MODEL}.purl"),
    Element("MDL-03", "Model version", f"{MODEL}.version"),
    Element("MDL-04", "Model timestamp", f"{MODEL}.properties[name=noria:trained].value"),
    Element("MDL-05", "Model producer", f"{MODEL}.supplier.name", STATED),
    Element("MDL-06", "Model description", f"{MODEL}.description"),
    Element("MDL-07", "Model hash value", f"{MODEL}.hashes[0].content"),
    Element("MDL-08", "Model hash algorithm", f"{MODEL}.hashes[0].alg"),
    Element("MDL-09", "Model properties", f"{CARD}.modelParameters.architectureFamily"),
    Element("MDL-10", "Model input/output properties", f"{CARD}.modelParameters.outputs[0].format", "no fixed shapes"),
    Element("MDL-11", "Model training properties", f"{MODEL}.properties[name=hyperparameter].value"),
    Element("MDL-12", "Model license", f"{MODEL}.licenses[0]", STATED),
    Element(
        "MDL-13", "Model external references", f"{MODEL}.externalReferences[type=model-card].url", "no card was made"
    ),
    Element("DP-01", "Dataset name", f"{DATASET}.name"),
    Element("DP-02", "Dataset description", f"{DATA}.description"),
    Element("DP-03", "Dataset content", f"{DATASET}.contents.properties[name=noria:rows].value"),
    Element("DP-04", "Dataset identifier", f"{DATA}.purl"),
    Element("DP-05", "Dataset hash", f"{DATA}.hashes[0].content"),
    Element("DP-06", "Dataset provenance", f"{WORKFLOW}.inputs[0].source", "the lineage has no uploads"),
    Element("DP-07", "Dataset statistical properties", f"{DATASET}.contents.properties[name=noria:parts].value"),
    Element("DP-08", "Dataset sensitivity", f"{DATASET}.classification", STATED),
    Element("DP-09", "Dataset dependency relationship", f"{CARD}.modelParameters.datasets[0].ref"),
    Element("DP-10", "Dataset license", f"{DATA}.licenses[0]", "its owner states none"),
    Element("INF-01", "Infrastructure software", "components[type=framework].name"),
    Element("INF-02", "Infrastructure hardware", "components[type=device].name"),
    Element("SP-01", "Security controls", "metadata.properties[name=noria:controls].value"),
    Element(
        "SP-02", "Security compliance", f"{MODEL}.properties[name=standardCompliance].value", "nothing was assessed"
    ),
    Element("SP-03", "Cybersecurity policy", "metadata.component.externalReferences[type=rfc-9116].url", STATED),
    Element(
        "SP-04", "Vulnerability referencing", f"{MODEL}.externalReferences[type=advisories].url", "none was looked for"
    ),
    Element(
        "KPI-01", "Security metrics", "metadata.properties[name=noria:security-metrics].value", "none was measured"
    ),
    Element("KPI-02", "Operational performance KPIs", f"{CARD}.quantitativeAnalysis.performanceMetrics[0].value"),
)


def found(document: object, path: str) -> object:
    """Follow a path such as ``components[type=data].hashes[0].alg``; None where it leads nowhere."""
    value: Any = document
    for step in STEP.finditer(path):
        value = value.get(step["key"]) if isinstance(value, dict) else None
        if step["index"] and isinstance(value, list):
            value = value[int(step["index"])] if int(step["index"]) < len(value) else None
        elif step["name"] and isinstance(value, list):
            value = next((each for each in value if str(each.get(step["name"])) == step["value"]), None)
    return value or None


def missing(document: object) -> dict[str, str]:
    """Give the elements that a bill has no value for: code -> name and reason."""
    return {
        each.code: f"{each.name}: {each.why or 'not recorded'}"
        for each in ELEMENTS
        if found(document, each.path) is None
    }
