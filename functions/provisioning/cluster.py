"""An OSCAR cluster over its REST interface: what steps of a deployment are carried out with.

Interface and behaviour as in grycap/oscar 7ade09ee (pkg/handlers, pkg/types/jobinfo.go).
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import quote

from functions.provisioning.minio import notify
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.stores import Minio
from functions.runtime.errors import Rejected, TryAgain

Definition = Mapping[str, Any]
"""A service as FDL has it, its script's text in place of the script's path."""

FINISHED = ("Succeeded", "Failed")
"""Phases of a job's pod that are its end; what has no pod yet is suspended."""

UNTOLD = "noria.untold"
"""Annotation of a service for whose input the store is not known to tell OSCAR."""
_OWN = "minio.default"
_PAGES = 1000


class Cluster(Protocol):
    """What a step needs of a cluster. Each call may be made again: a second one changes nothing more."""

    def names(self) -> tuple[str, ...]:
        """Services that are there."""
        ...

    def put(self, service: Definition) -> None:
        """Start the service, or let it go on as now defined."""
        ...

    def unfinished(self, name: str) -> int:
        """Jobs of the service that have not come to an end; 0 where there is no such service."""
        ...

    def remove(self, name: str) -> None:
        """End the service; no object of its buckets is lost."""
        ...


class OscarCluster:
    """A cluster that OSCAR runs on.

    Args:
        calls: Its address and what opens it.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: Mapping[str, Any] | None = None

    def names(self) -> tuple[str, ...]:
        """Services that are there, in the order of the alphabet.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        found = self._calls.get("/system/services") or []
        try:
            return tuple(sorted(str(each["name"]) for each in found))
        except (TypeError, KeyError):
            raise TryAgain("the cluster's list of services is none") from None

    def put(self, service: Definition) -> None:
        """Create the service, or update the one of its name.

        OSCAR makes the buckets of a new service, and takes it back where one is there already; of a service that is
        changed it makes those that are missing, and has itself told of nothing new in the others (createBuckets in
        pkg/handlers/create.go, CreateS3PathWithWebhook in pkg/utils/minio.go). So a new one gets its outputs when it is
        there, as whoever reads them has made their buckets; and where its input's bucket is there, MinIO is told of
        the service from here. A mark says that this is to be done, should anything end it before.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not take the service, or does not say where its store is.
        """
        there = self.definition(service["name"]) or self._created(service)
        if _folders(there, "input") != _folders(service, "input") or UNTOLD in (there.get("annotations") or {}):
            self._update(_marked(service))
            for folder in service.get("input") or ():
                if _provider(folder) == _OWN:
                    notify(self.store, service["name"], folder["path"])
        self._update(service)

    def _created(self, service: Definition) -> Definition:
        """Create the service with its input if that can be, else without; gives it as it was created.

        Its secrets come with the change that follows: those of a service that OSCAR cannot create stay there, and then
        it creates none of that name any more (DeleteService in pkg/backends/k8s.go, CreateSecret in create.go).
        """
        made: dict[str, Any] = {**_secretless(service), "output": []}
        try:
            self._calls.send("POST", "/system/services", made)
        except TryAgain as error:
            if "bucket" not in error.message or "already exists" not in error.message:
                raise
            made = {**_marked(made), "input": []}
            self._calls.send("POST", "/system/services", made)
        return made

    def _update(self, service: Definition) -> None:
        """Change the service; OSCAR may say that it failed when it has done it (SetPolicies in its update handler)."""
        try:
            self._calls.send("PUT", "/system/services", service)
        except TryAgain:
            left = self.definition(service["name"]) or {}
            same = all(_folders(left, kind) == _folders(service, kind) for kind in ("input", "output"))
            marked = [UNTOLD in (each.get("annotations") or {}) for each in (left, service)]
            if not left or not same or marked[0] != marked[1] or _script(left) != _script(service):
                raise

    @property
    def store(self) -> Minio:
        """The cluster's MinIO, as ``GET /system/config`` has it (pkg/handlers/config.go).

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in, or says nothing of its store.
        """
        said = self.configuration.get("minio_provider")
        found = said if isinstance(said, dict) else {}
        where, access, secret = (str(found.get(key) or "") for key in ("endpoint", "access_key", "secret_key"))
        if not where or not access or not secret:
            hint = "give the store in physical_nodes.yaml: minio: {endpoint, access_key, secret_key}"
            raise Rejected(f"{self._calls.where} does not say where its store is and what opens it", hint=hint)
        return Minio(where, access, secret, str(found.get("region") or "us-east-1"))

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What the cluster says of itself, asked once.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        if self._known is None:
            found = self._calls.get("/system/config")
            if found is not None and not isinstance(found, dict):
                raise TryAgain(f"what {self._calls.where} says of its configuration is none")
            self._known = found or {}
        return self._known

    def definition(self, name: str) -> Definition | None:
        """Give the service as it is now; none where there is no such service.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        found = self._calls.get(_path(name))
        if found is not None and not isinstance(found, dict):
            raise TryAgain(f"what the cluster says of {name} is no service")
        return found

    def unfinished(self, name: str) -> int:
        """Count jobs that wait or run.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        return len(self.jobs(name))

    def jobs(self, name: str) -> frozenset[str]:
        """Name the service's jobs that wait or run.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        return frozenset(job for job, state in self.states(name).items() if state["status"] not in FINISHED)

    def states(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        """Say of each job of the service what OSCAR does, ``status`` at least, from all pages of the cluster's list.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        jobs, page = dict[str, Mapping[str, Any]](), ""
        for _ in range(_PAGES):
            found = self._calls.get(f"/system/logs/{quote(name, safe='')}?page={quote(page, safe='')}")
            if found is None:
                break
            try:
                jobs |= {job: {**state, "status": state["status"]} for job, state in (found.get("jobs") or {}).items()}
                page = str(found.get("next_page") or "")
            except (TypeError, KeyError, AttributeError):
                raise TryAgain(f"the cluster's list of the jobs of {name} is none") from None
            if not page:
                break
        return jobs

    def remove(self, name: str) -> None:
        """End the service; one that is not there is ended already.

        OSCAR empties and deletes every bucket that a deleted service reads or writes, whoever else does (deleteBuckets
        in pkg/handlers/delete.go). Its folders are therefore taken from it first.

        Raises:
            TryAgain: The cluster does not answer, or the service has its folders yet.
            Rejected: It does not let us in.
        """
        there = self.definition(name)
        if there is None:
            return
        with suppress(TryAgain):  # it may have done it all the same, see _update
            self._calls.send("PUT", "/system/services", {**there, "input": [], "output": [], "mount": {}})
        left = self.definition(name)
        if left and (left.get("input") or left.get("output")):
            raise TryAgain(f"{name} has its folders yet, whose objects would be lost if it was deleted now")
        if left:
            self._calls.send("DELETE", _path(name))


def _folders(service: Definition, kind: str) -> list[tuple[str, str]]:
    """Give the folders of a service as OSCAR keeps them: with a whole provider, and no slash at an end."""
    found = service.get(kind) or ()
    return [(_provider(each), str(each.get("path")).strip("/ ")) for each in found]


def _provider(folder: Mapping[str, Any]) -> str:
    given = str(folder.get("storage_provider") or _OWN)
    return given if "." in given else f"{given}.default"


def _script(service: Definition) -> str:
    return "\n".join(str(service.get("script")).splitlines())


def _marked(service: Definition) -> dict[str, Any]:
    return {**service, "annotations": {**(service.get("annotations") or {}), UNTOLD: "true"}}


def _secretless(service: Definition) -> Definition:
    environment = service.get("environment") or {}
    if not environment.get("secrets"):
        return service
    return {**service, "environment": {**environment, "secrets": {}}}


def _path(name: str) -> str:
    return f"/system/services/{quote(name, safe='')}"
