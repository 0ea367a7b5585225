"""What OSCAR refuses of a service before it makes anything: grycap/oscar 7ade09ee, types.Service and createBuckets."""

import re
from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        ("name", "cluster_id", "memory", "cpu", "total_memory", "total_cpu", "ephemeral_storage_request"), str
    ),
    **dict.fromkeys(("log_level", "image", "token", "script", "vo", "owner", "visibility", "isolation_level"), str),
    **dict.fromkeys(("interlink_node_name", "delegation"), str),
    **dict.fromkeys(("enable_gpu", "enable_sgx", "image_prefetch", "alpine", "file_stage_in"), bool),
    **dict.fromkeys(("image_pull_secrets", "allowed_users", "bucket_list", "input", "output", "replicas"), list),
    **dict.fromkeys(("environment", "annotations", "labels", "storage_providers", "clusters", "mount", "volume"), dict),
    **dict.fromkeys(("synchronous", "federation", "expose", "kserve"), dict),
    "rescheduler_threshold": int,
}
"""What Go reads each field into; one of another kind is no service to it."""
OWN = ("minio", "minio.default")
"""What the cluster's own store is called."""
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?")


def refusal(service: Mapping[str, Any]) -> tuple[int, str] | None:
    """Give the status and the words with which OSCAR refuses a service; none where it takes it."""
    wrong = "The service specification is not valid"
    for name, value in service.items():
        if name in _TYPES and value is not None and not isinstance(value, _TYPES[name]):
            return 400, f"{wrong}: json: cannot unmarshal {type(value).__name__} into Go struct field Service.{name}"
    for name in ("name", "image", "script"):
        if not service.get(name):
            return 400, f"{wrong}: Key: 'Service.{name.title()}' Error:Field validation failed on the 'required' tag"
    if len(service["name"]) > 39:
        return 400, f"{wrong}: Key: 'Service.Name' Error:Field validation for 'Name' failed on the 'max' tag"
    for kind in ("variables", "secrets"):
        given = _environment(service).get(kind) or {}
        if not all(isinstance(value, str) for value in given.values()):
            return (
                400,
                f"{wrong}: json: cannot unmarshal into Go struct field Service.environment.{kind} of type string",
            )
    for name in ("memory", "cpu"):
        if service.get(name) and not _QUANTITY.fullmatch(service[name]):
            return 500, "Error creating the service: quantities must match the regular expression"
    return _folders(service)


def kept(service: Mapping[str, Any]) -> dict[str, Any]:
    """Give the service as OSCAR keeps it and shows it to all: without its secrets' values."""
    environment = _environment(service)
    if not environment.get("secrets"):
        return dict(service)
    return {**service, "environment": {**environment, "secrets": dict.fromkeys(environment["secrets"], "")}}


def secrets_of(service: Mapping[str, Any]) -> dict[str, str]:
    """Give the values that OSCAR puts into a secret of the service's name."""
    return dict(_environment(service).get("secrets") or {})


def buckets_of(service: Mapping[str, Any]) -> list[str]:
    """Give the buckets of a service that lie in its own cluster's store."""
    folders = [*(service.get("input") or ()), *(service.get("output") or ())]
    own = [each["path"] for each in folders if each.get("storage_provider", "minio") in OWN]
    return list(dict.fromkeys(path.partition("/")[0] for path in own))


def _environment(service: Mapping[str, Any]) -> dict[str, Any]:
    """Give the environment with the names that Go finds whatever their case."""
    return {name.lower(): value for name, value in (service.get("environment") or {}).items()}


def _folders(service: Mapping[str, Any]) -> tuple[int, str] | None:
    for each in service.get("input") or ():
        if each.get("storage_provider", "minio").partition(".")[0] not in ("minio", "webdav", "rucio"):
            return 400, "unrecognized input (valid inputs are MinIO and dCache)"
    for kind in ("input", "output"):
        if not all(str(each.get("path", "")).strip(" /") for each in service.get(kind) or ()):
            return 400, f"{kind} path cannot be empty"
    return None
