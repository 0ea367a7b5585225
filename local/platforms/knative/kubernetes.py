"""Kubernetes: a target's files, what is done with them, and the doing."""

from pathlib import Path

from local.platforms.knative import keys
from local.platforms.knative.applying import Kubectl
from local.platforms.knative.manifests import files, secret
from local.platforms.knative.preparing import prepare, to_prepare
from local.platforms.knative.reading import cluster_of, functions, missing, notes, values
from local.platforms.knative.serving import seconds
from local.platforms.target import Say, Target

USUAL = 600
"""Seconds that a request to a Knative Service may take where nobody has set config-defaults."""
SERVING, SOURCES, EVENTING = "serving.knative.dev", "sources.knative.dev", "eventing.knative.dev"


class Kubernetes:
    """Knative Services with their sources; Deployments of the JetStream host where the target is plain."""

    def files(self, target: Target) -> dict[str, str]:
        """Give the manifests: one file a pipeline, one a function.

        Raises:
            Rejected: Something of the pipelines cannot run there.
        """
        remarks = {service.name: notes(target, service) for service in target.services}
        return files(functions(target), cluster_of(target), remarks)

    def steps(self, target: Target) -> tuple[str, ...]:
        """Say what ``carry_out`` does.

        Raises:
            Rejected: Something of the pipelines cannot run there.
        """
        held = []
        for service in target.services:
            name, unknown = keys.secret_name(service), missing(target, service)
            if unknown:
                held.append(f"Take the Secret {name} as it is; nobody said {', '.join(unknown)}")
            else:
                held.append(f"Make the Secret {name}, of values that are in no file")
        longest = 0 if target.plain else max(map(seconds, target.services), default=0)
        if longest > USUAL:
            held.append(f"Take Knative's max-revision-timeout-seconds for at least {longest}; it is {USUAL} unless set")
        applied = [f"Apply {name}" for name in self.files(target) if _is_manifest(name)]
        return (*to_prepare(target), f"Make the namespace {target.namespace}, if it is not there", *held, *applied)

    def carry_out(self, target: Target, folder: Path, say: Say) -> None:
        """Apply the files with kubectl, server-side, as whom its configuration says.

        Raises:
            Rejected: There is no kubectl, or the cluster refuses something.
            TryAgain: The cluster, the store or the broker does not answer.
        """
        kubectl = Kubectl.found(target.namespace, folder)
        cluster = cluster_of(target)
        ready = [each for each in functions(target) if not missing(target, each.service)]
        secrets = [secret(each, cluster, values(target, each.service)) for each in ready]
        kubectl.look_for(_groups(target))
        prepare(target, say)
        kubectl.make_namespace(say)
        for each in secrets:
            kubectl.apply_secret(each, say)
        for name in filter(_is_manifest, self.files(target)):
            kubectl.apply(name, say)


def _groups(target: Target) -> tuple[str, ...]:
    """Name the groups of Knative that the cluster has to know."""
    return () if target.plain else (SERVING, EVENTING if target.eventing else SOURCES)


def _is_manifest(name: str) -> bool:
    return name.endswith(".yaml")
