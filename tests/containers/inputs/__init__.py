"""A small real input for each function that has an image: who does the job on it gives results.

Most are files, as OSCAR's supervisor has downloaded them, and need nothing else. Of the others gather-drifted,
swap-model and sign-bom go by the ledger, which is in a real store of this machine; send-alerts posts to a webhook.
Those have this machine's network.
"""

from collections.abc import Callable, Mapping

from tests.containers.inputs import documents, pictures, stored, trained
from tests.containers.inputs.world import World, world
from tests.containers.jobs import Given

__all__ = ["INPUTS", "World", "world"]

INPUTS: Mapping[str, Callable[[World], Given]] = {
    "blur-faces": pictures.photo,
    "blur-faces-head": pictures.whole,
    "blur-faces-tail": pictures.half,
    "design-application": documents.application,
    "drift-check": documents.drifting,
    "fit-performance": documents.measurements,
    "gather-drifted": stored.table,
    "mask-detect": pictures.blurred,
    "optimize": documents.deployment,
    "partition-model": documents.network,
    "profile-collect": documents.campaign,
    "send-alerts": documents.alert,
    "sign-bom": stored.training,
    "swap-model": stored.verdict,
    "train-on-upload": trained.training,
    "verify-bom": trained.verifiable,
    "watch-constraints": documents.sessions,
}
"""Service -> what makes a new input each time."""
