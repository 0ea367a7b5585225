"""Everything that is written is what platforms take: tosca-parser, OSCAR's own client and our reader all load it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from toscaparser.tosca_template import ToscaTemplate

import fdl
from functions.provisioning.options import Influx, Options
from functions.provisioning.provision import Provision
from tests.unit.provisioning import landscape, toscarizer
from tests.unit.provisioning.oscar_client import Client

CHAIN = [("c1", "c2", 1), ("c2", "c3", 0.5), ("c2", "c4", 0.5), ("c3", "c5", 1), ("c4", "c5", 1)]

Placed = Mapping[str, tuple[str, Mapping[str, Any]] | str]

LANDSCAPES: dict[str, tuple[Placed, list[tuple[str, str, float]]]] = {
    "every kind of layer": (
        {"c1": "Pi", "c2": "Rack", "c3": "VM1", "c4": "VM2", "c5": "L1"},
        CHAIN,
    ),
    "all on one cluster": (dict.fromkeys(("c1", "c2", "c3", "c4", "c5"), "VM1"), CHAIN),
    "from the cloud to the edge": ({"c1": "L1", "c2": "VM1", "c3": "Pi", "c4": "L1", "c5": "Rack"}, CHAIN),
    "with all that a container may want": (
        {
            "c1": ("VM2", {"GPURequirement": True, "trustedExecution": True, "memorySize": 1500.5}),
            "c2": ("VM1", {"ExposeService": {"port": 8080, "min_scale": 1}, "computingUnits": 0.25}),
        },
        [("c1", "c2", 1)],
    ),
}

OPTIONS = {
    "plain": Options(),
    "elastic": Options(elastic=7, im_auth="type = InfrastructureManager"),
    "watched": Options(influx=Influx("https://influx.example", "token"), drift_detector="registry/drift:1"),
}

PAIRS = [*zip(LANDSCAPES, ("plain", "elastic", "watched", "watched"), strict=True), ("every kind of layer", "watched")]


def _load_tosca(template: str, types: Path | None = None) -> None:
    content = yaml.safe_load(template)
    if types:  # tests fetch nothing
        content["imports"] = [{"ec3_custom_types": str(types)}]
    ToscaTemplate(yaml_dict_tpl=content)


def _templates(provision: Provision) -> list[str]:
    return [text for name, text in provision.files.items() if name.startswith("im/")]


@pytest.mark.parametrize("name", toscarizer.RUNS)
def test_templates_of_the_public_runs_validate(name: str) -> None:
    toscarizer.there()

    for template in _templates(toscarizer.written(toscarizer.RUNS[name])):
        for types in toscarizer.TYPES:
            _load_tosca(template, types)


@pytest.mark.parametrize(("name", "options"), PAIRS)
def test_templates_of_every_landscape_validate(name: str, options: str) -> None:
    toscarizer.there()
    placed, dependencies = LANDSCAPES[name]
    chosen = replace(OPTIONS[options], types=str(toscarizer.TYPES[0]))

    for template in _templates(landscape.written(placed, dependencies, options=chosen)):
        _load_tosca(template)


def test_upstream_s_own_templates_validate_only_without_a_drift_detector() -> None:
    toscarizer.there()
    template = (toscarizer.CASES / "toscarizer" / "expected" / "mask-detector.yaml").read_text()

    with pytest.raises(Exception, match=r"_NO_DRIFT.* is not a string"):
        _load_tosca(template, toscarizer.TYPES[0])


@pytest.mark.parametrize(("name", "options"), PAIRS)
def test_pipelines_load_in_our_reader_and_in_oscar_s_client(name: str, options: str, tmp_path: Path) -> None:
    placed, dependencies = LANDSCAPES[name]
    provision = landscape.written(placed, dependencies, options=OPTIONS[options])

    provision.write(tmp_path)

    pipelines = [fdl.load(tmp_path / "oscar" / f"{each}.yaml") for each in provision.pipelines]
    assert {service.name for each in pipelines for service in each.services} == set(placed)
    assert [problem for problem in fdl.check(pipelines) if problem.level == "error"] == []
    for site in provision.sites:
        if site.kind != "lambda":  # which OSCAR's client does not know; SCAR has its own form
            _check_in_oscar(tmp_path / "oscar" / f"{site.name}.yaml", site.name, set(site.components))


def _check_in_oscar(path: Path, cluster: str, components: set[str]) -> None:
    client = Client({"cluster_id": cluster, "endpoint": "https://there.is.none", "user": "", "password": "", "ssl": ""})
    last = client._check_fdl_definition(str(path))

    assert last["name"] in components
    assert last["script"].startswith("#!/bin/sh\nexec /opt/")
    assert isinstance(last["cpu"], str)


def test_the_public_runs_pipelines_load_too(tmp_path: Path) -> None:
    toscarizer.there()
    for number, run in enumerate(toscarizer.RUNS.values()):
        folder = tmp_path / str(number)
        provision = toscarizer.written(run)
        provision.write(folder)

        for site in provision.sites:
            path = folder / "oscar" / f"{site.name}.yaml"
            assert fdl.load(path).services
            if site.kind != "lambda":
                _check_in_oscar(path, site.name, {service.name for service in provision.services.values()})


def test_a_misspelt_property_does_not_validate() -> None:
    toscarizer.there()
    template = landscape.written({"c1": "VM1"}).files["im/c1.yaml"]

    with pytest.raises(Exception, match="preemtible_instanze"):
        _load_tosca(template.replace("preemtible_instance", "preemtible_instanze"), toscarizer.TYPES[0])


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "im").mkdir()
    (tmp_path / "im" / "c1.yaml").write_text("an older one, for all to read")
    provision = landscape.written({"c1": "VM1"})

    paths = provision.write(tmp_path)

    assert {path.relative_to(tmp_path).as_posix() for path in paths} == set(provision.files)
    assert {oct(os.stat(path).st_mode & 0o777) for path in paths} == {"0o600"}  # noqa: PTH116
