"""Manifests: all that one deployment is on Kubernetes, a file a function, the same text every time."""

from collections.abc import Iterable, Mapping, Sequence

import yaml

from local.platforms.knative import chart, keys, plain, serving
from local.platforms.knative.cluster import Cluster
from local.platforms.knative.eventing import trigger
from local.platforms.knative.network import policy
from local.platforms.knative.pods import AUTHORITIES, FILE, MANAGED, Function, Manifest


def files(functions: Sequence[Function], cluster: Cluster, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Write every file; ``wanted`` says for each key of a function's Secret where its value comes from."""
    written = {f"pipelines/{name}.yaml": write([each]) for name, each in pipelines(functions, cluster).items()}
    for function in functions:
        notes = wanted.get(function.service.name, ())
        written[f"functions/{function.service.name}.yaml"] = write(objects(function, cluster), notes)
    written[chart.FILE] = write([chart.values(functions, cluster)])
    return written


def pipelines(functions: Iterable[Function], cluster: Cluster) -> dict[str, Manifest]:
    """Describe each pipeline's ConfigMap: its FDL without secrets, and who signs the servers' certificates."""
    found = {}
    for function in functions:
        name = function.pipeline
        labels = {"app.kubernetes.io/part-of": name, **MANAGED}
        metadata = {"name": name, "namespace": cluster.namespace, "labels": labels}
        data = {FILE: function.text} | ({AUTHORITIES: cluster.authorities} if cluster.authorities else {})
        found[name] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    return found


def objects(function: Function, cluster: Cluster) -> list[Manifest]:
    """Describe everything of one function but its Secret."""
    return [account(function, cluster), *(_plain(function, cluster) if cluster.plain else _serving(function, cluster))]


def _plain(function: Function, cluster: Cluster) -> list[Manifest]:
    return [policy(function, cluster), plain.deployment(function, cluster), plain.scaler(function, cluster)]


def _serving(function: Function, cluster: Cluster) -> list[Manifest]:
    served = [policy(function, cluster), serving.service(function, cluster)]
    if cluster.eventing:
        return [*served, trigger(function, cluster)]
    return [
        *served,
        policy(function, cluster, "source"),
        serving.binding(function, cluster),
        serving.source(function, cluster),
    ]


def account(function: Function, cluster: Cluster) -> Manifest:
    """Describe whom the pods are to the cluster: somebody who may do nothing."""
    metadata = function.metadata(cluster)
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }


def secret(function: Function, cluster: Cluster, values: Mapping[str, str]) -> Manifest:
    """Write a function's Secret, which goes to the cluster and nowhere else."""
    return keys.secret(function.service, function.metadata(cluster), values)


def write(documents: Iterable[Manifest], notes: Sequence[str] = ()) -> str:
    """Write YAML; text of several lines stays as it is read."""
    head = "".join(f"# {note}\n" for note in notes)
    return head + yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    """Writes nothing by reference."""

    def ignore_aliases(self, _: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)
