"""Secrets that stand in an FDL file, where everyone who has the file has them too."""

from collections.abc import Iterator

from pydantic import SecretStr

from fdl.form import Form
from fdl.model import Pipeline, Service
from fdl.naming import is_secret
from fdl.problem import Problem, where
from fdl.storage import KINDS, StorageProviders

_HINT = "keep it out of the file: in a Kubernetes secret, or in a file that only the service reads"


def secrets(pipeline: Pipeline) -> Iterator[Problem]:
    """Name every field that holds a secret; never its value."""
    for place in _of_providers(pipeline.storage_providers):
        yield Problem("warning", pipeline.source, f"{place} is written in the file", _HINT)
    for name, cluster in pipeline.clusters.items():
        if cluster.auth_password.get_secret_value():
            yield Problem("warning", pipeline.source, f"clusters.{name}.auth_password is written in the file", _HINT)
    for service in pipeline.services:
        for place in _of_service(service):
            yield Problem("warning", where(pipeline, service), f"{place} is written in the file", _HINT)


def _of_service(service: Service) -> Iterator[str]:
    yield from (f"environment.secrets.{name}" for name, value in service.secrets.items() if value.get_secret_value())
    for name, value in service.environment.items():
        if value and is_secret(name):
            yield f"environment.variables.{name}"
    if service.oscar:
        yield from _of_providers(service.oscar.storage_providers)
    if service.aws:
        yield from _of_providers(service.aws.function.storage_providers)


def _of_providers(providers: StorageProviders) -> Iterator[str]:
    for kind in KINDS:
        stores: dict[str, Form] = getattr(providers, kind)
        for name, store in stores.items():
            for field, value in store:
                if isinstance(value, SecretStr) and value.get_secret_value():
                    yield f"storage_providers.{kind}.{name}.{field}"
