"""The inputs of templates: what whoever submits one may give other values than those that were written."""

from functions.provisioning.options import Influx, Options
from functions.provisioning.sites import Passwords
from functions.provisioning.tosca.expressions import Node

_FRONT_END: Node = {
    "fe_cpus": {"type": "integer", "default": 4},
    "fe_mem": {"type": "scalar-unit.size", "default": "4 GB"},
    "fe_disk": {"type": "scalar-unit.size", "default": "40 GB"},
    "storage_size": {"type": "string", "default": "100 GB"},
}


def text(default: str, description: str = "") -> Node:
    """An input that is text."""
    return {"type": "string", "default": default, **({"description": description} if description else {})}


def cluster_name(name: str) -> Node:
    """The input that every template has."""
    return {"cluster_name": text(name)}


def influx(above: Influx, *, complete: bool = True) -> Node:
    """Where measurements are sent on to; AWS Lambda wants no more than the address and its token."""
    inputs = {
        "top_influx_url": text(above.url, "InfluxDB that measurements are sent on to"),
        "top_influx_token": text(above.token, "Token of that InfluxDB"),
    }
    if complete:
        inputs["top_influx_org"] = text(above.organisation, "Organisation there")
        inputs["top_influx_bucket"] = text(above.bucket, "Bucket there")
    return inputs


def of_new_cluster(
    name: str, passwords: Passwords, options: Options, *, above: Influx | None, application: str, constraints: str
) -> Node:
    """The inputs of a cluster that is made; ``constraints`` is what its monitoring watches, as YAML."""
    most = {
        "type": "integer",
        "description": "Most worker nodes",
        "default": options.elastic or 1,
        "required": True,
    }
    return {
        **_FRONT_END,
        **cluster_name(name),
        "domain_name": text(options.domain),
        "cert_user_email": text(options.email),
        "max_wn_num": most,
        **_secrets(passwords),
        **influx(above or Influx("", "")),
        "qos_constraints": text(constraints, "Constraints that the monitoring watches, as YAML"),
        "app_name": text(application, "Application, as the monitoring names it"),
    }


def _secrets(passwords: Passwords) -> Node:
    return {
        "admin_token": text(passwords.admin_token),
        "oscar_password": text(passwords.oscar),
        "minio_password": text(passwords.minio),
        "local_influx_token": text(passwords.influx_token, "Token of the cluster's own InfluxDB"),
        "local_influx_pass": text(passwords.influx, "Administrator's password of the cluster's own InfluxDB"),
    }
