"""What is deployed of an FDL file is what OSCAR's own client would send, and what OSCAR takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import fdl
from fdl.naming import is_secret
from local.platforms.files import write
from local.platforms.oscar import PLATFORM
from local.platforms.target import Target
from tests.unit.provisioning.oscar_client import Client
from tests.unit.provisioning.oscar_rules import refusal

ROOT = Path(__file__).parents[3]
OURS = sorted((ROOT / "fdl").glob("*.yaml"))
EXAMPLES = ROOT.parent / "shared/cases/oscar/examples"
TABBED = ("simple-test.yaml", "yolov8.yaml")
"""Examples that PyYAML, and so OSCAR's client in Python, cannot read; what their program in Go does is not known."""


def services(file: Path) -> list[fdl.Service]:
    """Give those of an example that a script makes run; some are no FDL, or have placeholders in them."""
    try:
        return [each for each in fdl.load(file).services if each.oscar and each.script]
    except fdl.FdlError:
        return []


THEIRS = [file for file in sorted(EXAMPLES.rglob("*.yaml")) if file.name not in TABBED and services(file)]


def client(cluster: str) -> Client:
    return Client({"cluster_id": cluster, "endpoint": "http://nowhere", "user": "oscar", "password": "", "ssl": True})


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_each_of_our_pipelines_is_read_by_oscar_s_client_and_taken_by_oscar(file: Path, tmp_path: Path) -> None:
    target = Target((fdl.load(file),), cluster="edge", environ={})

    write(PLATFORM.files(target), tmp_path)

    for service in target.services:
        read = client("edge")._check_fdl_definition(str(tmp_path / f"edge/{service.name}.yaml"))
        assert refusal(read) is None
        assert read["name"] == service.name
        assert "functions.runtime.hosts.oscar" in read["script"]
        assert read["environment"]["variables"]["NORIA_LEDGER"] == "noria-ledger"


@pytest.mark.skipif(not THEIRS, reason="../shared/cases/oscar is not there")
@pytest.mark.parametrize("file", THEIRS, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_a_service_of_oscar_s_own_examples_is_sent_as_oscar_s_client_sends_it(file: Path, tmp_path: Path) -> None:
    path = tmp_path / file.name
    path.write_text(file.read_text())
    for service in services(path):
        (tmp_path / service.script).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / service.script).write_text("#!/bin/sh\ntrue\n")
    last = services(path)[-1]  # their client gives the last one of a file only

    theirs = client(last.cluster)._check_fdl_definition(str(path))
    kept = fdl.load(path).model_copy(update={"services": tuple(services(path))})
    write(PLATFORM.files(Target((kept,), cluster=last.cluster, environ={})), tmp_path)
    ours = client(last.cluster)._check_fdl_definition(str(tmp_path / last.cluster / f"{last.name}.yaml"))

    assert refusal(ours) is None
    assert plain(ours) == plain(theirs)


def plain(service: Mapping[str, Any]) -> dict[str, Any]:
    """Give a service as OSCAR understands it, whichever way it is written."""
    found = {name: _plain(value) for name, value in service.items() if value is not None}
    environment = {name.lower(): each for name, each in (found.pop("environment", None) or {}).items()}
    variables, secrets = environment.get("variables") or {}, environment.get("secrets") or {}
    found["environment"] = {
        "variables": {name: each for name, each in variables.items() if not is_secret(name)},
        "secrets": sorted({*secrets, *filter(is_secret, variables)}),  # we keep what its name calls a secret as one
    }
    for kind in ("input", "output"):
        found[kind] = [_folder(each) for each in found.get(kind) or ()]
    if mount := found.get("mount"):
        found["mount"] = _folder(mount)
    if (ports := found.get("expose", {}).get("api_port")) and isinstance(ports, str):
        found["expose"]["api_port"] = [ports]  # a list to OSCAR (Expose in pkg/types/service.go)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool) else str(value)


def _folder(folder: dict[str, Any]) -> dict[str, Any]:
    provider = folder["storage_provider"]
    whole = provider if "." in provider else f"{provider}.default"
    return {**folder, "storage_provider": whole, "path": folder["path"].strip("/ ")}


def test_the_last_service_of_a_file_is_all_that_oscar_s_client_reads() -> None:
    """Why each service has a file of its own in what is written."""
    file = ROOT / "fdl/mask-detection.yaml"

    read = client("local")._check_fdl_definition(str(file))

    assert len(yaml.safe_load(file.read_text())["functions"]["oscar"]) == 2
    assert read["name"] == "mask-detect"
