"""Checking: what of a service a cluster would refuse, or could not run, before anything is applied."""

import re

from fdl import Service
from fdl.naming import is_secret
from fdl.storage import S3_LIKE
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.function import names
from functions.runtime.settings import nearest

LONGEST = 7 * 24 * 3600
"""Seconds of a request; a cluster allows 600 unless its ``max-revision-timeout-seconds`` says more."""
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,48}[a-z0-9])?")
"""Kubernetes takes 63, and Knative makes names of revisions and pods of it."""
_SECRET = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_OWN = ("NORIA_RUNNERS", "NORIA_TIME_LIMIT", "NORIA_NETWORK")


def check(service: Service, source: str) -> None:
    """Refuse what a cluster would refuse, or what could not work there.

    Raises:
        Rejected: It is one of these.
    """
    where = f"{source}: {service.name}"
    if not _NAME.fullmatch(service.name):
        hint = "rename it to at most 50 of a-z, 0-9 and -, beginning with a letter: Kubernetes makes an address of it"
        raise Rejected(f"{where} cannot be a service on Kubernetes", hint=hint)
    if service.oscar and (service.oscar.mount or service.oscar.volume or service.oscar.kserve):
        hint = "noria deploy --to oscar does"
        raise Rejected(f"{where} has a mount, a volume or a model of OSCAR's making", hint=hint)
    if service.environment.get("NORIA_FUNCTION", service.name) == "run-script":
        hint = "noria deploy --to oscar runs scripts"
        raise Rejected(f"{where} runs its own script, which no image of ours has", hint=hint)
    if not service.inputs:
        raise Rejected(f"{where} watches no folder, so nothing would ever call it", hint="give it an input")
    _stores(service, where)
    _known(service, where)
    _pulling(service, where)
    _addresses(service, where)
    _settings(service, where)
    _scale(service, where)


def settings(service: Service) -> Configuration:
    """Read what the FDL says of the host's own size.

    Raises:
        SettingsError: A value is wrong.
    """
    return Configuration.read({name: service.environment[name] for name in _OWN if name in service.environment})


def _stores(service: Service, where: str) -> None:
    """Refuse other stores than the one that functions are told of: results would go elsewhere than the FDL says."""
    for path in (*service.inputs, *service.outputs):
        if path.kind not in S3_LIKE or path.provider.partition(".")[2] not in {"", "default"}:
            hint = "functions here have one store, minio.default or s3.default; noria deploy --to oscar knows others"
            raise Rejected(f"{where} reads or writes {path.provider}", hint=hint)


def _pulling(service: Service, where: str) -> None:
    for name in service.oscar.image_pull_secrets if service.oscar else ():
        if not _SECRET.fullmatch(name):
            raise Rejected(f"{where}: {name[:80]!a} is no name of a Secret", hint="a-z, 0-9, - and . alone")


def _known(service: Service, where: str) -> None:
    """Refuse what our images do not have: a host would end at once, and its pod begin again for ever."""
    function = service.environment.get("NORIA_FUNCTION", service.name)
    if ":" not in function and function.replace("-", "_") not in names():
        hint = "NORIA_FUNCTION names one of ours; noria deploy --to oscar runs other images"
        raise Rejected(f"{where}: there is no function {function}{nearest(function, names())}", hint=hint)


def _addresses(service: Service, where: str) -> None:
    """Refuse a password within an address: the FDL lies in a ConfigMap, where more may read it than a Secret."""
    for name, value in service.environment.items():
        if not is_secret(name) and _PASSWORD.search(value):
            raise Rejected(
                f"{where}: the address in {name} has a password in it", hint=f"make {name} a secret of the FDL"
            )


def _settings(service: Service, where: str) -> None:
    try:
        given = settings(service)
    except Rejected as error:
        hint = "correct the variables of this service in its FDL"
        raise Rejected(f"{where}: {error.message}", hint=hint) from error
    if not given.time_limit <= LONGEST:
        raise Rejected(f"{where}: NORIA_TIME_LIMIT is {given.time_limit:g} s", hint=f"{LONGEST} s at most, a week")


def _scale(service: Service, where: str) -> None:
    scale = service.oscar.synchronous if service.oscar else None
    if scale and (min(scale.min_scale, scale.max_scale) < 0 or 0 < scale.max_scale < scale.min_scale):
        sentence = f"{where}: min_scale is {scale.min_scale} and max_scale {scale.max_scale}"
        raise Rejected(sentence, hint="no less than 0, and min_scale no more than max_scale, where that is not 0")
