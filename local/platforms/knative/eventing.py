"""Eventing: a Trigger a function, where a Broker has the events already, as a source for Ceph brings them there."""

from collections.abc import Mapping

from fdl import StoragePath
from local.platforms.knative.cluster import Cluster
from local.platforms.knative.pods import Function, Manifest

AGAIN, PATIENCE = 10, "PT5S"
"""Times that an event is delivered again, and how long after the first; then twice as long each time."""


def trigger(function: Function, cluster: Cluster) -> Manifest:
    """Describe the Trigger: it asks for what happens below one of the function's inputs.

    Sources differ in how they name what has happened; the function passes by what is no creation.
    """
    subscriber = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": function.service.name}
    return {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": function.metadata(cluster),
        "spec": {
            "broker": cluster.eventing,
            "filters": [{"any": [_created(path) for path in function.service.inputs]}],
            "subscriber": {"ref": subscriber},
            "delivery": {"retry": AGAIN, "backoffPolicy": "exponential", "backoffDelay": PATIENCE},
        },
    }


def _created(path: StoragePath) -> Mapping[str, object]:
    """Ask for a bucket and a folder by CloudEvents' attributes (cloudevents/spec, adapters/aws-s3.md).

    The source ends with the bucket; the subject is the key, which MinIO and Ceph give with its slashes escaped.
    """
    bucket = {"suffix": {"source": f".{path.bucket}"}}
    if not path.prefix:
        return bucket
    folder = f"{path.prefix}/"
    forms = dict.fromkeys((folder, folder.replace("/", "%2F")))
    return {"all": [bucket, {"any": [{"prefix": {"subject": form}} for form in forms]}]}
