"""``python -m local.images.requirements``: write ``images/*/requirements.txt``, every package with its hashes.

What a function needs is its dependency group in pyproject.toml, and all that those packages need, in the versions of
constraints.txt, less what every image has. Names and versions are read from what is installed, so that a test can tell
whether the files are as they should be; hashes are the package index's, as pip reports them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from functions.runtime.errors import Rejected
from local.images.catalogue import HOSTS, IMAGES, ROOT, RUNTIME, images, project

HEAD = "# Made by python -m local.images.requirements from pyproject.toml and constraints.txt.\n"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64")
MODEL = ROOT / "functions/blur_faces/model.txt"
Report = dict[str, list[dict[str, Any]]]
WITH_MODEL = frozenset({"blur-faces", "mask-detect", "blur-faces-head", "blur-faces-tail"})
"""Services that look for faces; the model is a file in a wheel that is no dependency of ours."""
PIP = "pip==26.3"


def names_of_runtime() -> dict[str, str]:
    """Give name and version of each package that every image has."""
    groups = [word for group in HOSTS for word in group_of(group)]
    return closure([*RUNTIME, *groups])


def names_of(service: str) -> dict[str, str]:
    """Give name and version of each package that a function's image has beside those."""
    common = names_of_runtime()
    return {name: is_at for name, is_at in closure(group_of(service)).items() if name not in common}


def group_of(name: str) -> Iterator[str]:
    """Give the requirements of a dependency group, with those that it includes (PEP 735); nothing if there is none."""
    for word in project()["dependency-groups"].get(name, []):
        if isinstance(word, dict):
            yield from group_of(word["include-group"])
        else:
            yield word


def closure(words: Iterable[str]) -> dict[str, str]:
    """Give name and version of everything that these requirements lead to, as it is installed.

    Raises:
        Rejected: One of them is not installed.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(word) for word in words]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *sorted(requirement.extras)):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                installed = distribution(name)
            except PackageNotFoundError:
                raise Rejected(f"{name} is not installed", hint="make test installs what images are made of") from None
            found[name] = installed.version
            needed = [Requirement(each) for each in installed.requires or ()]
            waiting += [each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})]
    return dict(sorted(found.items()))


def versions_in(text: str) -> dict[str, str]:
    """Read names and versions from a file of requirements."""
    lines = [line.partition(" ")[0] for line in text.splitlines() if "==" in line and not line.startswith(("#", " "))]
    return {name: is_at for name, _, is_at in (line.partition("==") for line in lines)}


def hashes_of(pins: Iterable[str]) -> dict[str, list[str]]:
    """Ask the package index, through pip, which file each pin is on each platform, and give their hashes."""
    found: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "pins.txt")
        listed.write_text("".join(f"{pin}\n" for pin in pins))
        for platform in PLATFORMS:
            for item in _report(listed, platform, folder)["install"]:
                info = item["download_info"]
                name = canonicalize_name(item["metadata"]["name"])
                found.setdefault(name, set()).add(info["archive_info"]["hashes"]["sha256"])
    return {name: sorted(hashes) for name, hashes in found.items()}


def _report(listed: Path, platform: str, folder: str) -> Report:
    older = [platform.replace("_2_28_", f"_2_{minor}_") for minor in range(27, 16, -1)]
    arch = platform.removeprefix("manylinux_2_28_")
    tags = [platform, *older, f"manylinux2014_{arch}", f"manylinux2010_{arch}", f"linux_{arch}"]
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
    words += ["--only-binary", ":all:", "--python-version", "3.11", "--target", folder, "--report", "-"]
    words += [word for tag in tags for word in ("--platform", tag)]
    # The index's own files, not those that this machine's pip finds elsewhere.
    environ = {
        name: value for name, value in os.environ.items() if name not in {"PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"}
    }
    environ["PIP_CONFIG_FILE"] = os.devnull
    done = subprocess.run([*words, "-r", str(listed)], capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["pip says nothing"]
        raise Rejected(f"pip cannot tell the hashes for {platform}: {said[-1]}")
    report: Report = json.loads(done.stdout)
    return report


def text_of(names: dict[str, str], hashes: dict[str, list[str]], model: str = "") -> str:
    """Give a file of requirements."""
    lines = [HEAD]
    for name, is_at in names.items():
        marks = "".join(f" \\\n    --hash=sha256:{each}" for each in hashes[name])
        lines.append(f"{name}=={is_at}{marks}\n")
    return "".join(lines) + model


def model_of(service: str) -> str:
    """Give the line of the face model's wheel, where a service needs it."""
    lines = [line for line in MODEL.read_text().splitlines(keepends=True) if not line.startswith("#")]
    return "".join(lines) if service in WITH_MODEL else ""


def main() -> None:
    """Write every file."""
    wanted = {"base": names_of_runtime(), **{image.folder: names_of(image.service) for image in images()}}
    pins = sorted({f"{name}=={is_at}" for names in wanted.values() for name, is_at in names.items()})
    hashes = hashes_of([*pins, PIP])
    for folder, names in wanted.items():
        text = text_of(names, hashes, model_of(folder.replace("_", "-")))
        (IMAGES / folder / "requirements.txt").write_text(text)
    (IMAGES / "base/pip.txt").write_text(text_of({"pip": PIP.removeprefix("pip==")}, hashes))


if __name__ == "__main__":
    main()
