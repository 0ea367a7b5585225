"""An OSCAR cluster as a campaign uses it: besides services also their jobs, the logs of these, and the store."""

from urllib.parse import quote

from functions.profiling.guests import LABEL
from functions.provisioning.cluster import Definition, OscarCluster
from functions.provisioning.oscar_calls import Calls
from functions.provisioning.stores import Minio
from functions.runtime.errors import Rejected


class CampaignCluster(OscarCluster):
    """One cluster.

    Args:
        name: The person's name for it.
        calls: Its address and what opens it.
        store: Its store, where that is known; else the cluster is asked.
    """

    def __init__(self, name: str, calls: Calls, *, store: Minio | None = None) -> None:
        super().__init__(calls)
        self.name = name
        self._given = store

    @property
    def endpoint(self) -> str:
        """The cluster's address."""
        return self._calls.endpoint

    @property
    def store(self) -> Minio:
        """The store that was given, else the one that the cluster tells.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in, or says nothing of its store.
        """
        return self._given or super().store

    @property
    def limits_instances(self) -> bool:
        """Whether it holds a service to ``total_cpu``: only YuniKorn does."""
        config = self.configuration.get("config")
        return bool(isinstance(config, dict) and config.get("yunikorn_enable"))

    def admit(self, definition: Definition) -> None:
        """Put a service of the campaign's; those that read what it writes come before it.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not take the service, or has one of that name which is not the campaign's.
        """
        self._check(definition["name"], definition["annotations"][LABEL])
        self.put(definition)

    def dismiss(self, name: str, token: str) -> None:
        """Delete a service of the campaign's with its jobs; its buckets stay.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in, or the service is not the campaign's.
        """
        if self._check(name, token):
            self.forget(name)
            self.remove(name)

    def forget(self, name: str) -> None:
        """Delete all jobs of a service, those that wait and run too."""
        self._calls.send("DELETE", f"/system/logs/{quote(name, safe='')}?all=true")

    def log(self, name: str, job: str) -> str | None:
        """Give a job's log, each line with its moment; none where there is none."""
        return self._calls.text(f"/system/logs/{quote(name, safe='')}/{quote(job, safe='')}?timestamps=true")

    def _check(self, name: str, token: str) -> bool:
        """Look whether there is such a service, and whether it is the campaign's."""
        there = self.definition(name)
        if there is not None and (there.get("annotations") or {}).get(LABEL) != token:
            said = f"{self.name} has a service {name}, which is not this campaign's"
            raise Rejected(said, hint="choose another folder (--output): its campaign has other names")
        return there is not None
