"""What makes a cluster grow and shrink with its queue: CLUES, which asks the Infrastructure Manager for nodes."""

from functions.provisioning.tosca.expressions import Node, given
from functions.provisioning.tosca.front_end import ARTIFACTS

_SCHEDULERS = ("PowOn_Requests", "Reconsider_Jobs", "PowOff_IDLE", "PowOn_Free")

_SETTINGS = (
    ("scheduling", "IDLE_TIME", "300"),
    ("scheduling", "RECONSIDER_JOB_TIME", "60"),
    ("monitoring", "MAX_WAIT_POWERON", "3000"),
    ("monitoring", "MAX_WAIT_POWEROFF", "600"),
    ("monitoring", "PERIOD_LIFECYCLE", "20"),
    ("monitoring", "PERIOD_MONITORING_NODES", "20"),
    ("client", "CLUES_REQUEST_WAIT_TIMEOUT", "3000"),
    # One slot is kept free, so that a lone request does not wait for a machine.
    ("scheduling", "SCHEDULER_CLASSES", ", ".join(f"clueslib.schedulers.CLUES_Scheduler_{s}" for s in _SCHEDULERS)),
    ("scheduling", "EXTRA_SLOTS_FREE", "1"),
)
"""Section, option and value of CLUES's own configuration; times in seconds."""


def node(workers: str, im_auth: str) -> Node:
    """The node that powers the workers of that name on and off."""
    settings = [{"section": section, "option": option, "value": value} for section, option, value in _SETTINGS]
    return {
        "type": "tosca.nodes.ec3.ElasticCluster",
        "properties": {
            "im_auth": im_auth,
            "powermanager_plugin": "im",
            "kube_token": given("admin_token"),
            "config_options": settings,
        },
        "interfaces": {"Standard": {"configure": {"implementation": f"{ARTIFACTS}/use_external_im.yml"}}},
        # The type inherits a host that upstream leaves out and tosca-parser 2.15 misses; it is that of lrms.
        "requirements": [{"lrms": "lrms_front_end"}, {"wn": workers}, {"host": "lrms_front_end"}],
    }
