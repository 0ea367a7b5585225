"""What images hold: the files of requirements are as pyproject.toml wants them, and functions import nothing else."""

import ast
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from local.images.catalogue import IMAGES, ROOT, Image, images
from local.images.requirements import MODEL, WITH_MODEL, names_of, names_of_runtime, versions_in

OURS = {"events", "fdl", "functions"}
SERVICES = {image.service: image for image in images()}
OPTIONAL = {
    "train-on-upload": {"torch", "onnxscript", "safetensors", "executorch"},  # train-on-upload-torch
    "sign-bom": {"pkcs11", "sigstore"},  # keys in hardware, and without keys
    "verify-bom": {"pkcs11", "sigstore", "numpy", "safetensors"},  # training again, which the function never does
    "swap-model": {"pkcs11", "sigstore"},
}
"""What a function imports where it was installed beside its group, and says so where it was not."""


FREE = {"setuptools", "wheel"}
"""Which pip freeze, and so constraints.txt, leaves out: TensorFlow names them, and has what was there first."""


def listed(folder: str) -> dict[str, str]:
    return versions_in((IMAGES / folder / "requirements.txt").read_text())


def test_every_image_has_what_the_four_hosts_need() -> None:
    assert listed("base") == names_of_runtime()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_an_image_has_its_functions_own_group_and_no_more(service: str) -> None:
    model = versions_in(MODEL.read_text()) if service in WITH_MODEL else {}

    found, wanted = listed(SERVICES[service].folder), names_of(service) | model

    assert found == {name: found.get(name, "") if name in FREE else is_at for name, is_at in wanted.items()}


def test_versions_are_those_of_constraints_txt() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {
        str(canonicalize_name(name)): is_at for name, _, is_at in (line.partition("==") for line in lines) if is_at
    }
    wanted = {
        name: is_at for folder in ["base", *FOLDERS] for name, is_at in listed(folder).items() if name not in FREE
    }

    assert wanted == {name: pinned[name] for name in wanted}


def test_every_package_has_its_hashes() -> None:
    for folder in ["base", *FOLDERS]:
        entries = (IMAGES / folder / "requirements.txt").read_text().replace("\\\n", "").splitlines()
        assert [line for line in entries if not line.startswith("#") and "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_function_imports_only_what_its_image_has(service: str) -> None:
    image: Image = SERVICES[service]
    installed = {canonicalize_name(name) for name in listed("base") | listed(image.folder)}

    module, _, _ = image.function.partition(":")
    root = module if "." in module else f"functions.{image.folder}.handler"
    imported = set().union(*map(third_party, reached(frozenset({root, "functions.runtime.child"}))))

    assert {name for name in imported if not providers(name) & installed} <= OPTIONAL.get(service, set())


FOLDERS = sorted(image.folder for image in SERVICES.values())


def providers(top: str) -> set[str]:
    """Name the packages that a top-level module may come from."""
    return {canonicalize_name(each) for each in distributions().get(top, [])}


@cache
def distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


@cache
def reached(roots: frozenset[str]) -> frozenset[str]:
    """Name every module of ours that these import, and those import, at whatever moment."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or file_of(name) is None:
            continue
        found.add(name)
        waiting += [each for each in imports(name) if each.partition(".")[0] in OURS]
    return frozenset(found)


def third_party(module: str) -> set[str]:
    tops = {name.partition(".")[0] for name in imports(module)}
    return tops - OURS - set(sys.stdlib_module_names)


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in candidates if each.is_file()), None)


@cache
def imports(module: str) -> frozenset[str]:
    """Name what a module imports, but for what only type checkers read."""
    file = file_of(module)
    assert file is not None
    tree = ast.parse(file.read_text())
    typing = {id(node) for test in ast.walk(tree) if is_for_types(test) for node in ast.walk(test)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
