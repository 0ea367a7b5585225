"""The node that a cluster is run from: Kubernetes, OSCAR with its MinIO, and what measures."""

from functions.provisioning.tosca.expressions import Node, attribute, given, host, joined

ARTIFACTS = "https://raw.githubusercontent.com/grycap/ec3/tosca/tosca/artifacts"
"""Where the Infrastructure Manager finds the playbooks that GRyCAP's types do not name themselves."""

KUBERNETES = "1.23.6"

KUBE_ROLE: Node = {
    "kube_role": {"file": "grycap.kubernetes,ai-sprint", "type": "tosca.artifacts.AnsibleGalaxy.role"},
}

NAMES = ("", "minio.", "console.minio.", "influx.")
"""What stands before the cluster's own name in the host names of its front end."""


def nodes() -> Node:
    """The nodes that every new cluster has, by name."""
    return {
        "oscar": _oscar(),
        "monitoring": _monitoring(),
        "lrms_front_end": _kubernetes(),
        "front": _machine(),
        "my_block_storage": {"type": "tosca.nodes.BlockStorage", "properties": {"size": given("storage_size")}},
    }


def outputs() -> Node:
    """What whoever submits the template is told of a new cluster."""
    addresses = {
        "dashboard_endpoint": ("https://", "/dashboard/"),
        "oscarui_endpoint": ("https://", "/"),
        "minio_endpoint": ("https://minio.", "/"),
        "console_minio_endpoint": ("https://console.minio.", "/"),
        "influx_endpoint": ("https://influx.", ""),
    }
    secrets = {
        "admin_token": "admin_token",
        "oscar_password": "oscar_password",
        "minio_password": "minio_password",
        "influx_password": "local_influx_pass",
        "influx_token": "local_influx_token",
    }
    values = {name: _address(*ends) for name, ends in addresses.items()}
    values |= {name: given(source) for name, source in secrets.items()}
    values["fe_node_ip"] = attribute("front", "public_address", 0)
    values["fe_node_creds"] = attribute("front", "endpoint", "credential", 0)
    return {name: {"value": value} for name, value in values.items()}


def _address(start: str, end: str) -> Node:
    return joined(start, given("cluster_name"), ".", given("domain_name"), *([end] if end else []))


def _oscar() -> Node:
    ports = {"http_port": 80, "https_port": 443, "minio_port": 30300}
    return {
        "type": "tosca.nodes.indigo.OSCAR",
        "properties": {
            "minio_secretkey": given("minio_password"),
            "password": given("oscar_password"),
            "dns_host": host(),
            "minio_dns_host": host("minio."),
            "minio_dns_host_console": host("console.minio."),
        },
        "capabilities": {
            "endpoint": {
                "properties": {"ports": {name: {"protocol": "tcp", "source": port} for name, port in ports.items()}}
            }
        },
        "requirements": [{"host": "lrms_front_end"}],
    }


def _monitoring() -> Node:
    variables = {
        "REMOTE_INFLUX_URL": "top_influx_url",
        "REMOTE_INFLUX_TOKEN": "top_influx_token",
        "REMOTE_INFLUX_BUCKET": "top_influx_bucket",
        "REMOTE_INFLUX_ORG": "top_influx_org",
        "QOS_CONSTRAINTS": "qos_constraints",
        "APP_NAME": "app_name",
        "LOCAL_INFLUX_PASS": "local_influx_pass",
        "LOCAL_INFLUX_TOKEN": "local_influx_token",
    }
    inputs = {name: given(source) for name, source in variables.items()}
    inputs["LOCAL_INFLUX_HOSTNAME"] = host("influx.")
    playbook = f"{ARTIFACTS}/ai-monitoring/ai-sprint-monit-site.yaml"
    return {
        "type": "tosca.nodes.SoftwareComponent",
        "interfaces": {"Standard": {"configure": {"implementation": playbook, "inputs": inputs}}},
        "requirements": [{"host": "lrms_front_end"}],
    }


def _kubernetes() -> Node:
    return {
        "type": "tosca.nodes.indigo.LRMS.FrontEnd.Kubernetes",
        "artifacts": KUBE_ROLE,
        "capabilities": {"endpoint": {"properties": {"port": 30443, "protocol": "tcp"}}},
        "properties": {
            "admin_username": "kubeuser",
            "admin_token": given("admin_token"),
            "install_kubeapps": False,
            "install_metrics": True,
            "install_nfs_client": True,
            "install_ingress": True,
            "version": KUBERNETES,
            "cert_manager": True,
            "cert_user_email": given("cert_user_email"),
            "public_dns_name": host(),
        },
        "requirements": [{"host": "front"}],
    }


def _machine() -> Node:
    disk = {
        "node": "my_block_storage",
        "capability": "tosca.capabilities.Attachment",
        "relationship": {
            "type": "tosca.relationships.AttachesTo",
            "properties": {"location": "/pv", "device": "hdb"},
        },
    }
    return {
        "type": "tosca.nodes.indigo.Compute",
        "capabilities": {
            "endpoint": {
                "properties": {
                    "dns_name": "kubeserver",
                    "network_name": "PUBLIC",
                    "additional_dns_names": [host(before, separator="@") for before in NAMES],
                }
            },
            "host": {
                "properties": {
                    "num_cpus": given("fe_cpus"),
                    "mem_size": given("fe_mem"),
                    "disk_size": given("fe_disk"),
                }
            },
            "os": {"properties": {"type": "linux"}},
        },
        "requirements": [{"local_storage": disk}],
    }
