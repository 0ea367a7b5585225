"""What a function's image gets on top for AWS Lambda: its pipeline's file, which no other way of Lambda's brings in."""

import json
from hashlib import sha256

from fdl import Service
from functions.runtime.errors import Rejected
from functions.runtime.start import SCRIPTS
from local.platforms.secretless import secretless
from local.platforms.target import Target

ENTRY = ("python", "-m", "awslambdaric")
COMMAND = ("functions.runtime.hosts.aws_lambda.handler",)
CONTEXT, DOCKERFILE, FDL_FOLDER = "image", "Dockerfile", "/opt/noria/fdl"
_DOCKERFILE = f"""\
# A function's image with the pipelines that are deployed. Written by noria deploy --to lambda.
ARG IMAGE
FROM ${{IMAGE}}
COPY fdl/ {FDL_FOLDER}/
"""


def context(target: Target) -> dict[str, str]:
    """Give the files that images are built from, by name.

    Raises:
        Rejected: Two pipelines' files have one name, or a service's script cannot be read.
    """
    found = {f"{CONTEXT}/{DOCKERFILE}": _DOCKERFILE}
    scripts = {service.name: target.script(service) for service in target.services if _is_script(service)}
    places = {name: f"scripts/{name}.sh" for name in scripts}
    for source in dict.fromkeys(target.source(service) for service in target.services):
        if odd := sorted(set("$%\n") & set(source.name)):
            raise Rejected(f"the file {source.name!r} has {odd[0]!r} in its name, which Terraform reads otherwise")
        name = f"{CONTEXT}/fdl/{source.name}"
        if name in found:
            raise Rejected(f"two pipelines' files are called {source.name}", hint="rename one of them")
        found[name] = secretless(source.read_text(encoding="utf-8-sig"), scripts=places)
    return found | {f"{CONTEXT}/fdl/{places[name]}": script for name, script in scripts.items()}


def environment_of(service: Service, target: Target) -> dict[str, str]:
    """Give what a function is told, apart from its region and its secrets."""
    file = f"{FDL_FOLDER}/{target.source(service).name}"
    return {"NORIA_FDL": file, "NORIA_SERVICE": service.name, "NORIA_LEDGER": target.ledger}


def tag_of(service: Service, target: Target) -> str:
    """Name the image that is built, by what goes into it: with another name a function gets another image."""
    inside = json.dumps([target.image(service), context(target)], sort_keys=True)
    return f"{service.name}-{sha256(inside.encode()).hexdigest()[:12]}"


def _is_script(service: Service) -> bool:
    return service.environment.get("NORIA_FUNCTION", service.name) == SCRIPTS
