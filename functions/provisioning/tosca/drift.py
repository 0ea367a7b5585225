"""What looks for drift in a cluster's data: one Kubernetes deployment, as AI-SPRINT's detector wants it."""

from typing import Any

import yaml

from functions.provisioning.tosca.expressions import Node

NAME = "drift-detector"


def node(image: str, variables: dict[str, str]) -> Node:
    """The node of the detector; ``variables`` are its environment."""
    return {
        "type": "tosca.nodes.indigo.KubernetesObject",
        "properties": {"spec": yaml.safe_dump_all(_objects(image, variables), explicit_start=True, sort_keys=False)},
        "requirements": [{"host": "lrms_front_end"}],
    }


def variables(*, influx_token: str, application: str, bucket: str, minio_password: str) -> dict[str, str]:
    """The detector's environment; ``application`` is named as in the constraints that are watched."""
    return {
        "DRIFT_DETECTOR_INFLUXDB_URL": "http://ai-sprint-monit-influxdb.ai-sprint-monitoring:8086",
        "DRIFT_DETECTOR_INFLUXDB_TOKEN": influx_token,
        "BUCKET_NAME": f"{application}-bucket",
        "DRIFT_DETECTOR_MINIO_BUCKET": bucket,
        "DRIFT_DETECTOR_MINIO_URL": "http://minio.minio:9000",
        "DRIFT_DETECTOR_MINIO_AK": "minio",
        "DRIFT_DETECTOR_MINIO_SK": minio_password,
    }


def _objects(image: str, variables: dict[str, str]) -> list[dict[str, Any]]:
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    labels = {"app": NAME}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": NAME, "env": environment, "image": image}]},
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": NAME, "namespace": NAME},
            "spec": {"replicas": 1, "selector": {"matchLabels": dict(labels)}, "template": pod},
        },
    ]
