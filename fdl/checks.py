"""What is wrong with pipelines before anything runs: what OSCAR or the store would refuse, and what would never end."""

import ipaddress
import re
from collections.abc import Collection, Iterator, Sequence

from fdl.errors import nearest
from fdl.flow import flows
from fdl.model import Pipeline, Service
from fdl.problem import Problem, where
from fdl.secrets import secrets
from fdl.storage import S3_LIKE, StoragePath

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Amazon S3 user guide, "General purpose bucket naming rules".
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

_NAMES = {"oscar": re.compile(r"[a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?"), "aws": re.compile(r"[A-Za-z0-9_-]{1,64}")}
_NAME_RULES = {
    "oscar": "OSCAR takes 1 to 39 of a-z, 0-9 and -, neither beginning nor ending with -",
    "aws": "AWS Lambda takes 1 to 64 of letters, digits, - and _",
}


def check(pipelines: Sequence[Pipeline]) -> tuple[Problem, ...]:
    """Look at pipelines that are to run together; errors before warnings, each in the order of the files."""
    found = [*_names(pipelines), *flows(pipelines)]
    for pipeline in pipelines:
        found += secrets(pipeline)
        for service in pipeline.services:
            found += _service(pipeline, service)
    return tuple(sorted(found, key=lambda problem: problem.level))


def buckets(pipelines: Sequence[Pipeline]) -> tuple[str, ...]:
    """Every bucket that some service reads, writes or mounts, in the order of the alphabet."""
    return tuple(sorted({path.bucket for pipeline in pipelines for path in _paths(pipeline) if path.kind in S3_LIKE}))


def missing_buckets(pipelines: Sequence[Pipeline], existing: Collection[str]) -> tuple[str, ...]:
    """Those of ``buckets`` that the store does not have."""
    return tuple(bucket for bucket in buckets(pipelines) if bucket not in existing)


def bucket_rule(name: str) -> str:
    """The rule of S3 that a bucket's name breaks, or nothing."""
    if not _BUCKET.fullmatch(name):
        return "3 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or digit"
    if ".." in name:
        return "no two dots side by side"
    if name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        return f"not beginning with {', '.join(_RESERVED_STARTS)} nor ending with {', '.join(_RESERVED_ENDS)}"
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return ""
    return "not in the form of an IP address"


def _paths(pipeline: Pipeline) -> Iterator[StoragePath]:
    for service in pipeline.services:
        yield from service.inputs
        yield from service.outputs
        if service.oscar and service.oscar.mount:
            yield service.oscar.mount.source()


def _names(pipelines: Sequence[Pipeline]) -> Iterator[Problem]:
    seen: dict[str, tuple[str, Service]] = {}
    for pipeline in pipelines:
        for service in pipeline.services:
            here = where(pipeline, service)
            if not _NAMES[service.platform].fullmatch(service.name):
                yield Problem("error", here, f"{service.name} is not a name it can have", _NAME_RULES[service.platform])
            if service.name not in seen:
                seen[service.name] = (here, service)
                continue
            first, other = seen[service.name]
            elsewhere = (other.cluster, other.platform) != (service.cluster, service.platform)
            yield Problem(
                "warning" if elsewhere else "error",
                here,
                f"{service.name} is also the name of the service at {first}",
                f"here they cannot both run, only on {other.cluster} and {service.cluster}"
                if elsewhere
                else "a name is what results, failures and dead letters are kept under: give each its own",
            )


def _service(pipeline: Pipeline, service: Service) -> Iterator[Problem]:
    here = where(pipeline, service)
    yield from _inputs(here, service)
    for output in service.outputs:
        if output.kind in S3_LIKE and not output.prefix:
            yield Problem("warning", here, f"the output {output.path} has no folder", _bare(service, output))
    known = _providers(pipeline, service)
    for path in (*service.inputs, *service.outputs):
        rule = bucket_rule(path.bucket) if path.kind in S3_LIKE else ""
        if rule:
            yield Problem("error", here, f"{path.bucket} is not a name that a bucket can have", f"S3 takes {rule}")
        if path.provider not in known:
            hint = f"define it below storage_providers{nearest(path.provider, known)}"
            yield Problem("error", here, f"the storage provider {path.provider} is not defined", hint)
    if service.oscar and not service.script and not service.oscar.kserve:
        yield Problem(
            "warning", here, f"{service.name} has no script", "OSCAR runs a script in the image and wants one"
        )


def _inputs(here: str, service: Service) -> Iterator[Problem]:
    for path in service.inputs:
        if path.kind in S3_LIKE and not path.prefix:
            yield Problem("error", here, f"the input {path.path} has no folder", _bare(service, path))
        if path.kind not in S3_LIKE:
            yield Problem("warning", here, f"nothing here watches {path.provider}", "only MinIO and S3 tell of objects")
        elif service.platform == "oscar" and path.kind == "s3":
            yield Problem("error", here, f"OSCAR takes no input from {path.provider}", "watch a MinIO bucket instead")
        elif service.platform == "aws" and path.kind == "minio":
            yield Problem(
                "warning", here, f"AWS Lambda takes no input from {path.provider}", "watch an S3 bucket there"
            )
    given = (service.oscar.input if service.oscar else ()) or (service.aws.function.input if service.aws else ())
    for each in given:
        if each.suffix or each.prefix:
            sentence = f"the input {each.path} is not filtered by its suffix or prefix"
            yield Problem("warning", here, sentence, "OSCAR filters outputs only: filter where the objects are written")


def _bare(service: Service, path: StoragePath) -> str:
    return (
        f"write {path.bucket}/<folder>: OSCAR takes a path without a folder for {service.name}/{path.bucket}, "
        "and before version 4 it refused such an input"
    )


def _providers(pipeline: Pipeline, service: Service) -> frozenset[str]:
    own = service.aws.function if service.aws else service.oscar
    clusters = {*pipeline.clusters, *(other.cluster for other in pipeline.services)}
    return frozenset(
        {"minio.default", "s3.default"}
        | pipeline.storage_providers.names()
        | (own.storage_providers.names() if own else frozenset())
        # oscar-cli adds the MinIO of each cluster that the file names.
        | {f"minio.{cluster}" for cluster in clusters}
    )
