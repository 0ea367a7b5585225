"""What toscarizer wrote for its two demonstrations is what we write, but for six differences, each with its reason."""

from typing import Any

import pytest
import yaml

from functions.provisioning import fdl_writing
from tests.unit.provisioning.toscarizer import CASES, RUNS, expected, there, written

TEMPLATES = [(name, component) for name, run in RUNS.items() for component in run.expected]
PIPELINES = [name for name, run in RUNS.items() if run.fdl]


def suffixes_are_text(template: Any) -> None:
    """A suffix is text: the type wants that, and tosca-parser 2.15 refuses upstream's list of one."""
    for node in template["topology_template"]["node_templates"].values():
        for folder in node.get("properties", {}).get("output", []):
            if "suffix" in folder:
                (folder["suffix"],) = folder["suffix"]


def a_cluster_that_is_there_keeps_its_name(template: Any, drawn: str) -> None:
    """``physical_nodes.yaml`` calls the cluster oscar-test; upstream reads that, and writes a name that it drew."""
    name = template["topology_template"]["inputs"]["cluster_name"]
    if name["default"] == drawn:
        name["default"] = "oscar-test"


def an_elastic_cluster_has_a_host(template: Any) -> None:
    """The type of the elastic cluster's node inherits a host; upstream's has none, and tosca-parser 2.15 refuses it."""
    node = template["topology_template"]["node_templates"].get("elastic_cluster_front_end")
    if node:
        node["requirements"].append({"host": "lrms_front_end"})


def no_descriptions(template: Any) -> None:
    """What is said to people only is in our words; upstream loses some when it overwrites an input."""
    template.pop("description", None)
    for each in template["topology_template"]["inputs"].values():
        each.pop("description", None)


def yaml_in_text_is_loaded(template: Any) -> None:
    """Constraints and the drift detector's objects are YAML inside text: equal are their values, not their blanks."""
    topology = template["topology_template"]
    constraints = topology["inputs"].get("qos_constraints")
    if constraints:
        constraints["default"] = yaml.safe_load(constraints["default"])
    detector = topology["node_templates"].get("drift_detector")
    if detector:
        detector["properties"]["spec"] = [*yaml.safe_load_all(detector["properties"]["spec"])]


@pytest.mark.parametrize(("name", "component"), TEMPLATES)
def test_a_template_is_equal_to_upstream_s(name: str, component: str) -> None:
    there()
    run = RUNS[name]
    theirs = expected(run.expected[component])
    suffixes_are_text(theirs)
    a_cluster_that_is_there_keeps_its_name(theirs, run.drawn_name)
    an_elastic_cluster_has_a_host(theirs)

    ours = yaml.safe_load(written(run).files[f"im/{component}.yaml"])

    for template in (theirs, ours):
        no_descriptions(template)
        yaml_in_text_is_loaded(template)
    assert ours == theirs


@pytest.mark.parametrize("name", PIPELINES)
def test_the_pipelines_together_are_upstream_s_one(name: str) -> None:
    there()
    run = RUNS[name]
    provision = written(run)
    scripts = {service.name: fdl_writing.script(service) for service in provision.services.values()}
    theirs = {cluster: service for each in expected(run.fdl)["functions"]["oscar"] for cluster, service in each.items()}
    theirs["oscar-test"] = theirs.pop(run.drawn_name)

    ours: dict[str, Any] = {}
    for each in provision.pipelines:
        for entry in yaml.safe_load(provision.files[f"oscar/{each}.yaml"])["functions"]["oscar"]:
            ours |= entry

    for service in theirs.values():
        # FDL's script is a file of whoever applies it. Upstream names the program in the image, which is not there; our
        # file is beside the FDL, and all it does is to run that program.
        program = service.pop("script")
        assert scripts[service["name"]] == f"#!/bin/sh\nexec {program}\n"
    assert [service.pop("script") for service in ours.values()] == [f"scripts/{each}.sh" for each in scripts]
    assert ours == theirs


def test_every_golden_file_is_compared() -> None:
    there()
    compared = {file for run in RUNS.values() for file in (*run.expected.values(), run.fdl) if file}

    assert compared == {path.name for path in (CASES / "toscarizer" / "expected").glob("*.yaml")}
