"""One job in a container, as OSCAR makes one of each object: what it is given, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.images.catalogue import IMAGES, chosen
from tests.containers.contained import contained, mounts, variables
from tests.pipelines import pipeline

Results = dict[str, bytes]
OUT = "/work/out"
HURRIED = {"NORIA_BACKOFF": "0.1"}
"""Who fails is to say so at once."""


@dataclass(frozen=True)
class Given:
    """What a job is given.

    Attributes:
        service: Whose image it runs in.
        folder: Its own, for its definition and its results.
        definition: Of its service, as OSCAR keeps it.
        told: Its environment, beside what the definition says.
        places: Files and folders that it may read, by where they are inside.
        expected: Ending of a result's name -> what is in that file.
        network: ``host`` where it needs a server of this machine.
        limits: What ``contained`` is told beside that.
        fetched: Gives results that do not lie in its folder.
    """

    service: str
    folder: Path
    definition: Mapping[str, Any]
    told: Mapping[str, str]
    places: Mapping[str, Path]
    expected: Mapping[str, bytes] = field(default_factory=dict)
    network: str = "none"
    limits: Mapping[str, Any] = field(default_factory=dict)
    fetched: Callable[[], Results] | None = None


def of_file(
    service: str, folder: Path, file: Path, *, settings: Mapping[str, str] | None = None, **known: Any
) -> Given:
    """Give a file that the supervisor has downloaded, and what lies beside it: no ledger, no network."""
    definition = definition_of(service, "inbox/in", "outbox/out", settings or {})
    places = {"/in": file.parent, **known.pop("places", {})}
    return Given(service, folder, definition, {"INPUT_FILE_PATH": f"/in/{file.name}"}, places, **known)


def definition_of(name: str, source: str, target: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Give the definition of a service with one input, and outputs that take every file."""
    [described] = yaml.safe_load(pipeline(name, source, target, suffixes=(), memory="1Gi"))["functions"]["oscar"]
    found: dict[str, Any] = described["local"]
    found["environment"] = {"Variables": {**HURRIED, **settings}}
    return found


def job(given: Given) -> Results:
    """Run the script of the service's image behind all walls, and give the results by their names."""
    [image] = chosen([given.service])
    config, work = given.folder / "config", given.folder / "work"
    config.mkdir(parents=True)
    work.mkdir()
    work.chmod(0o777)
    (config / "function_config.yaml").write_text(yaml.safe_dump(given.definition))
    places = mounts({"/oscar/config": config, **given.places}) + mounts({"/work": work}, writable=True)
    told = variables({"TMP_OUTPUT_DIR": OUT, **given.told})
    script = (IMAGES / image.folder / "run.sh").read_text().splitlines()[-1]
    command = script.removeprefix("exec ").split()
    done = contained(image.name, command, *places, *told, network=given.network, **given.limits)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "telemetry" not in done.stderr.lower()
    return given.fetched() if given.fetched else files_in(work / "out")


def files_in(folder: Path) -> Results:
    """Give every file's bytes, by its path from the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lacking(given: Given, found: Results) -> list[str]:
    """Say which results are not as they were expected to be."""
    return [
        f"{name}: {[*found]}"
        for name, part in given.expected.items()
        if not any(key.endswith(name) and part in body for key, body in found.items())
    ]
