"""Clusters of OSCAR while something is deployed to them, and what they had before."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fdl
from functions.provisioning.cluster import Definition, OscarCluster
from functions.provisioning.oscar_calls import Calls
from functions.runtime.errors import FunctionError, Rejected
from local.credentials import Keys, load_or_generate
from local.platforms.oscar.clusters import Known
from local.platforms.oscar.definitions import FILE, KEYS, TEXT, definition, has_ledger, own_secrets
from local.platforms.oscar.users import StoreUsers, user_of
from local.platforms.policy import s3_policy
from local.platforms.target import Target

KEPT = "oscar"
"""The folder of ``NORIA_HOME`` where keys lie that were drawn for services of clusters, a private file a cluster."""


class Sites:
    """The clusters that a target's services go to.

    Args:
        target: What is deployed.
        known: How clusters are reached.
    """

    def __init__(self, target: Target, known: Known) -> None:
        self._target, self._known = target, known
        self._calls: dict[str, Calls] = {}
        self._before: list[tuple[str, str, Definition | None]] = []

    def begin(self, cluster: str, services: Sequence[fdl.Service]) -> None:
        """Ask a cluster what it has, before anything is changed.

        Raises:
            Rejected: It is not known, or does not let us in; or nobody knows a secret of a service.
            TryAgain: It does not answer.
        """
        for service in services:
            _own_secrets(self._target, service)
        self._calls[cluster] = self._known.calls(cluster)
        self._cluster(cluster).names()

    def make_bucket(self, cluster: str, name: str) -> None:
        """Make a bucket, unless it is there.

        Raises:
            Rejected: The cluster's OSCAR makes no buckets, or not this one.
            TryAgain: It does not answer.
        """
        calls = self._calls[cluster]
        found = calls.get("/system/buckets")
        if found is None:
            hint = f"make the bucket {name} in its store, and add --existing {name}"
            raise Rejected(f"{calls.where} makes no buckets: it is of an older version", hint=hint)
        if name not in [each.get("bucket_name") for each in found if isinstance(each, dict)]:
            calls.send("POST", "/system/buckets", {"bucket_name": name, "visibility": "private", "allowed_users": []})

    def let(self, cluster: str, service: fdl.Service) -> None:
        """Give a service keys of its own, that open what it needs and nothing else; raises as ``StoreUsers`` does."""
        policy = s3_policy(self._target.grants(service))
        StoreUsers(self._cluster(cluster).store).let(f"noria-{service.name}", self._keys(cluster, service), policy)

    def put(self, cluster: str, service: fdl.Service) -> None:
        """Create or update a service.

        Raises:
            Rejected: OSCAR does not take it.
            TryAgain: The cluster does not answer.
        """
        there = self._cluster(cluster)
        self._before.append((cluster, service.name, there.definition(service.name)))
        there.put(definition(self._target, service, self._secrets(cluster, service)))

    def take_back(self) -> tuple[str, ...]:
        """Bring services back to how they were before; gives those for which that was possible."""
        done: list[str] = []
        for cluster, name, before in reversed(self._before):
            there = self._cluster(cluster)
            with suppress(FunctionError):
                if before is None:
                    there.remove(name)
                else:
                    there.put(self._known_secrets(cluster, name, before))
                done.append(name)
        return tuple(done)

    def _known_secrets(self, cluster: str, name: str, before: Definition) -> Definition:
        """Give a service as it was, with the values of secrets that OSCAR does not tell, as they are now."""
        environment = before.get("environment") or {}
        service = next(each for each in self._target.services if each.name == name)
        now = self._secrets(cluster, service)
        secrets = {each: now.get(each, "") for each in environment.get("secrets") or {}}
        return {**before, "environment": {**environment, "secrets": secrets}}

    def _cluster(self, name: str) -> OscarCluster:
        return OscarCluster(self._calls[name])

    def _keys(self, cluster: str, service: fdl.Service) -> Keys:
        """Give the keys that somebody has given, else those that were drawn for the service when it came here first."""
        if service.name in self._target.keys:
            return self._target.keys[service.name]
        home = Path(self._target.environ.get("NORIA_HOME", ".noria"))
        drawn = load_or_generate(home / KEPT / f"{quote(cluster, safe='')}.json", [service.name])[service.name]
        return replace(drawn, access_key=user_of(service.name))

    def _secrets(self, cluster: str, service: fdl.Service) -> Mapping[str, str]:
        found = _own_secrets(self._target, service)
        if has_ledger(self._target, service):
            keys = self._keys(cluster, service)
            found |= dict(zip(KEYS, (keys.access_key, keys.secret_key), strict=True))
        return found


def _own_secrets(target: Target, service: fdl.Service) -> dict[str, str]:
    """Give the values of the service's own secrets, text in place of files."""
    found: dict[str, str] = {}
    for name, value in own_secrets(target, service).items():
        if not value and name not in target.environ:
            what = f"a file in {name}" if name.endswith(FILE) else name
            hint = f"export {name}=..., here, where noria deploy is called"
            raise Rejected(f"{service.name} wants {what}, and nobody says which", hint=hint)
        found |= {f"{TEXT}{name}": _text(service, name, value), name: ""} if name.endswith(FILE) else {name: value}
    return found


def _text(service: fdl.Service, name: str, path: str) -> str:
    """Give the text of the file that a variable names here."""
    try:
        return Path(path).read_text() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        why: Any = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Rejected(f"the file of {name} for {service.name} cannot be read: {why}", hint=f"look at {path}") from None
