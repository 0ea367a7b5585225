"""A service as OSCAR takes it: its FDL with the script's text, the image as it is pulled, and what our host is told."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

import fdl
from fdl.naming import is_secret
from functions.runtime.errors import Rejected
from local.platforms.oscar.clusters import OWN
from local.platforms.target import Target

HOST = "functions.runtime.hosts.oscar"
"""What a script calls that is ours; any other runs as it does on every cluster of OSCAR, without a ledger."""
KEYS = ("NORIA_STORE_ACCESS_KEY", "NORIA_STORE_SECRET_KEY")
FILE = "_FILE"
TEXT = "TEXT_OF_"
"""Before the name of a variable that names a file: the file's text, in a secret of the service."""


def definition(target: Target, service: fdl.Service, secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Give the service as ``POST /system/services`` takes it (types.Service in pkg/types/service.go).

    Args:
        target: What it is deployed with.
        service: One of the target's.
        secrets: Values of its secrets and of ``KEYS``; without them it is for all to see, and has no secret in it.

    Raises:
        Rejected: OSCAR could not run it.
    """
    if service.oscar is None:
        hint = "noria deploy --to lambda, or describe it below functions.oscar"
        raise Rejected(f"{service.name} is a function of AWS Lambda, not a service of OSCAR", hint=hint)
    if not service.script:
        raise Rejected(f"{service.name} has no script, and OSCAR runs nothing else", hint="add script: run.sh")
    own: dict[str, Any] = {"name": service.name, "image": target.image(service), "script": script(target, service)}
    found = {**own, **plain(service.oscar, shows=secrets is not None), **own}
    found["environment"] = _environment(target, service, secrets or {})
    if has_ledger(target, service):
        found["file_stage_in"] = True  # the engine reads the object itself, that very version
    return found


def is_ours(target: Target, service: fdl.Service) -> bool:
    """Whether the service's script calls our host."""
    return HOST in target.script(service)


def has_ledger(target: Target, service: fdl.Service) -> bool:
    """Whether the engine does the service's work: it is ours, and all its folders are in the cluster's own store."""
    own = {each.provider for each in (*service.inputs, *service.outputs)} <= {OWN}
    return own and is_ours(target, service)


def secret_names(target: Target, service: fdl.Service) -> tuple[str, ...]:
    """Name the variables that the service's Kubernetes secret has."""
    own = own_secrets(target, service)
    named = [name for each in own for name in ((each, f"{TEXT}{each}") if each.endswith(FILE) else (each,))]
    return (*named, *(KEYS if has_ledger(target, service) else ()))


def own_secrets(target: Target, service: fdl.Service) -> dict[str, str]:
    """Give the service's secrets, and variables whose name says that they are: OSCAR shows variables to all."""
    told = {name: value for name, value in service.environment.items() if _is_secret(name)}
    return {**told, **target.secrets(service)}


def script(target: Target, service: fdl.Service) -> str:
    """Give the script; what its keys are comes before it where programs want files of them.

    A pod of OSCAR has secrets as variables only (MakeJobHandler in pkg/handlers/job.go).
    """
    text = target.script(service)
    names = [name for name in service.secrets if name.endswith(FILE)]
    if not names:
        return text
    head, _, rest = text.partition("\n") if text.startswith("#!") else ("#!/bin/sh", "", text)
    lines = [
        head,
        "# Keys come as text in the service's secret; the function wants files of them.",
        'keys=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/keys.XXXXXX")',
        *(line for name in names for line in _as_file(name)),
    ]
    return "\n".join([*lines, rest])


def plain(form: BaseModel, *, shows: bool = False) -> dict[str, Any]:
    """Give what an FDL form says, and nothing that it leaves out; secrets are empty unless ``shows``."""
    given = [name for name in type(form).model_fields if name in form.model_fields_set]
    return {_NAMES.get(name, name): _value(getattr(form, name), shows) for name in given}


_NAMES = {"node_port": "nodePort"}
"""Fields whose name in OSCAR's JSON is another."""


def _value(value: Any, shows: bool) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, BaseModel):
        return plain(value, shows=shows)
    if isinstance(value, SecretStr):
        return value.get_secret_value() if shows else ""
    if isinstance(value, Mapping):
        return {name: _value(each, shows) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each, shows) for each in value]
    return value


def _environment(target: Target, service: fdl.Service, secrets: Mapping[str, str]) -> dict[str, dict[str, str]]:
    told = {"NORIA_LEDGER": target.ledger} if has_ledger(target, service) else {}
    if target.store_url and told:
        told |= target.told()
    names = secret_names(target, service)
    return {
        "variables": {**told, **{name: each for name, each in service.environment.items() if not _is_secret(name)}},
        "secrets": {name: secrets.get(name, "") for name in names},
    }


def _is_secret(name: str) -> bool:
    """Whether a variable's value is a secret; a file's name, of one in the image, is none."""
    return is_secret(name) and not name.endswith(FILE)


def _as_file(name: str) -> tuple[str, ...]:
    return (
        f'if [ -n "${TEXT}{name}" ]; then',
        f'  (umask 077 && printf "%s" "${TEXT}{name}" > "$keys/{name}")',
        f'  export {name}="$keys/{name}"',
        f"  unset {TEXT}{name}",
        "fi",
    )
