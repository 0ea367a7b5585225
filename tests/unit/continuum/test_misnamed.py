"""Files that are right by themselves, and name what no other file of the application has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.continuum.application import Application
from functions.runtime.errors import Rejected
from tests.unit.continuum.formats import FORMATS, Format
from tests.unit.continuum.mutations import Place, as_text, dotted, misnamed

KNOWN = frozenset(
    f"{name}{end}"
    for name, ends in {
        "filter": ("", "_partition1_1", "_partition1_2", "_partitionX_1", "_partitionX_2", "_small"),
        "classifier": ("", "_tiny"),
        "computationalLayer": ("1", "2", "3"),
        **dict.fromkeys(("Pi", "VM1", "F1", "F2"), ("",)),
    }.items()
    for end in ends
)
"""Names of components, parts, layers and resources."""

OF_ITS_OWN = (
    ("application_dag.yaml", "alternative_components"),
    ("candidate_resources.yaml", "ComputationalLayers"),
    ("production_deployment.yaml", "NetworkDomains"),
    ("physical_nodes.yaml", "ComputationalLayers.computationalLayer"),
)
"""Where a name is given, not used: what the file says there may be anything."""

TOGETHER = [form for form in FORMATS if form.file != "system_description.json"]
CORE = ("application_dag.yaml", "candidate_resources.yaml", "candidate_deployments.yaml", "component_partitions.yaml")


def wrong_names(form: Format) -> Iterator[tuple[Place, Any]]:
    """Give each change of one name that is used, with its place."""
    for place, content in misnamed(form.content, KNOWN):
        named_here = any(form.file == file and where in dotted(place) for file, where in OF_ITS_OWN)
        if not named_here or (place[-1] == "name" and form.file == "physical_nodes.yaml"):
            yield place, content


@pytest.mark.parametrize("form", TOGETHER, ids=[form.file for form in TOGETHER])
def test_a_name_that_no_other_file_has_is_refused_with_the_nearest(form: Format, tmp_path: Path) -> None:
    for other in TOGETHER:
        if other.file in (*CORE, form.file):
            (tmp_path / other.file).write_text(other.sample)
    assert Application.read(tmp_path).name == "app"

    changes = list(wrong_names(form))

    for place, content in changes:
        (tmp_path / form.file).write_text(as_text(content, json_file=form.is_json))
        with pytest.raises(Rejected) as refusal:
            Application.read(tmp_path)
        assert refusal.value.message.startswith(f"{form.file}: "), f"{dotted(place)}: {refusal.value.message}"
        assert "; did you mean " in refusal.value.message, f"{dotted(place)}: {refusal.value.message}"
    assert changes or form.file in ("candidate_resources.yaml", "run_parameters.yaml")
