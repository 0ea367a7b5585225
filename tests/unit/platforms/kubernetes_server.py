"""A Kubernetes API server as far as kubectl's server-side apply asks: discovery, get, create, apply.

There is none to be had here without a cluster. Objects are kept as they come; nothing is validated, scheduled or run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.listening import Listener, listening

Manifest = dict[str, Any]
KINDS = {
    "v1": {
        "namespaces": "Namespace",
        "configmaps": "ConfigMap",
        "secrets": "Secret",
        "serviceaccounts": "ServiceAccount",
    },
    "apps/v1": {"deployments": "Deployment"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy"},
    "serving.knative.dev/v1": {"services": "Service"},
    "eventing.knative.dev/v1": {"triggers": "Trigger"},
    "sources.knative.dev/v1": {"sinkbindings": "SinkBinding"},
    "keda.sh/v1alpha1": {"scaledobjects": "ScaledObject"},
}


@dataclass
class Kubernetes:
    """What the server knows, by ``Kind/name``; ``lacks`` has groups that were never installed."""

    lacks: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    objects: dict[str, Manifest] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def groups(self) -> list[str]:
        return [each for each in KINDS if each.partition("/")[0] not in self.lacks]

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Manifest]:
        parts = path.strip("/").split("/")
        if path == "/api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            return 200, {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(g) for g in self.groups() if "/" in g],
            }
        if parts[:2] == ["openapi", "v3"]:
            return 200, _openapi("/".join(parts[2:]), self.groups())
        version = "v1" if parts[0] == "api" else "/".join(parts[1:3])
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        if parts[0] not in {"api", "apis"} or version not in self.groups():
            return 404, _status(404, "NotFound", f"the server could not find {path}")
        if not rest:
            return 200, _resources(version)
        return self._object(method, version, rest, body)

    def _object(self, method: str, version: str, rest: list[str], body: bytes) -> tuple[int, Manifest]:
        if rest[0] == "namespaces" and len(rest) > 2:
            rest = rest[2:]
        kind = KINDS[version][rest[0]]
        given = yaml.safe_load(body) if body else {}
        name = rest[1] if len(rest) > 1 else given["metadata"]["name"]
        key = f"{kind}/{name}"
        if method == "GET":
            found = self.objects.get(key)
            return (200, found) if found else (404, _status(404, "NotFound", f"{rest[0]} {name!r} not found"))
        self.calls.append(f"{method} {key}")
        if key in self.refuses:
            return 403, _status(403, "Forbidden", f"{rest[0]} {name!r} is forbidden: exceeded quota")
        is_new = key not in self.objects
        self.objects[key] = given
        return 201 if is_new else 200, given


@contextmanager
def serving(told: Kubernetes, config: Path) -> Iterator[Kubernetes]:
    """Serve, and write a configuration with which kubectl finds it."""

    class Handler(Listener):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, document = told.answer(self.command, urlsplit(self.path).path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with listening(Handler) as address:
        config.write_text(configuration(address))
        yield told


def configuration(url: str) -> str:
    """Write kubectl's configuration for one server."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": {"server": url}}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
    )


def _group(name: str) -> Manifest:
    group, _, version = name.partition("/")
    known = {"groupVersion": name, "version": version}
    return {"name": group, "versions": [known], "preferredVersion": known}


def _resources(version: str) -> Manifest:
    found = [
        {
            "name": plural,
            "singularName": "",
            "namespaced": kind != "Namespace",
            "kind": kind,
            "verbs": ["create", "get", "patch", "list"],
        }
        for plural, kind in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found}


def _openapi(place: str, groups: list[str]) -> Manifest:
    """Say that the server validates what is applied; kubectl would do it otherwise, with all of Kubernetes' schemas."""
    if not place:
        places = [_place(each) for each in groups]
        return {"paths": {each: {"serverRelativeURL": f"/openapi/v3/{each}"} for each in places}}
    (version,) = [each for each in groups if _place(each) == place]
    group, _, name = version.rpartition("/")
    paths = {}
    for plural, kind in KINDS[version].items():
        known = {"group": group, "version": name, "kind": kind}
        patch = {"x-kubernetes-group-version-kind": known, "parameters": [{"name": "fieldValidation", "in": "query"}]}
        paths[f"/{place}/namespaces/{{namespace}}/{plural}/{{name}}"] = {"patch": {**patch, "responses": {}}}
    return {"openapi": "3.0.0", "info": {"title": "test", "version": "1"}, "paths": paths}


def _place(version: str) -> str:
    return f"apis/{version}" if "/" in version else f"api/{version}"


def _status(code: int, reason: str, message: str) -> Manifest:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }
