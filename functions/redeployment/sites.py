"""Where a deployment's services run, as steps see it: clusters of OSCAR, or whatever else does the same."""

from typing import Protocol

from functions.provisioning.cluster import Cluster, Definition, OscarCluster
from functions.provisioning.oscar_calls import Calls

SETTLE = 10.0
"""Seconds in which the notification of an object that was just written becomes a job: MinIO calls OSCAR at once, and
again after some seconds where OSCAR did not answer. Neither tells whether a notification is under way."""


class Site(Cluster, Protocol):
    """One place for services. Each call may be made again: a second one changes nothing more.

    Attributes:
        settle: Seconds that a service must have been without work until it counts as drained.
    """

    settle: float

    def definition(self, name: str) -> Definition | None:
        """Give the service as it is now, such that ``put`` takes it; none where there is no such service."""
        ...

    def jobs(self, name: str) -> frozenset[str]:
        """Name what waits for the service or runs in it, and would be lost if it were ended."""
        ...

    def retire(self, name: str) -> None:
        """Give the service nothing new, where the site itself chooses among several that could take it."""
        ...

    def scale(self, resource: str, nodes: int) -> str:
        """Have so many nodes of a resource; gives what a person has to do for it, empty where it is done."""
        ...


class OscarSite(OscarCluster):
    """A cluster of OSCAR.

    Args:
        name: The cluster's.
        settle: See ``Site``.
    """

    def __init__(self, name: str, calls: Calls, *, settle: float = SETTLE) -> None:
        super().__init__(calls)
        self._name = name
        self.settle = settle

    def retire(self, name: str) -> None:
        """Do nothing: what reaches a service of OSCAR depends on who writes into its folders."""

    def scale(self, resource: str, nodes: int) -> str:
        """Look whether the cluster is there; OSCAR does not change its own nodes.

        Raises:
            TryAgain: The cluster does not answer.
            Rejected: It does not let us in.
        """
        if not nodes:
            return f"{resource} is not needed any more: release it where it was provisioned ({self._name})"
        self.names()
        return f"{resource} is to have {nodes} node{'s' * (nodes != 1)}: see to it where {self._name} was provisioned"
