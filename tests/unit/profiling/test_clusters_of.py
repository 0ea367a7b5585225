"""Which clusters are which resources: by what a person says, by physical_nodes.yaml, or by their names."""

from pathlib import Path

import pytest
import yaml

from functions.provisioning.stores import Minio
from functions.runtime.errors import Rejected
from local.cli.profile.clusters import clusters_of

KNOWN = {
    "oscar": {
        "edge": {"endpoint": "https://oscar.edge", "auth_password": "secret one"},
        "cloud": {"endpoint": "https://oscar.cloud", "auth_password": "secret two"},
        "bare": {"endpoint": "https://oscar.bare"},
        "lost": {"auth_password": "secret three"},
    }
}
NODES = {
    "ComputationalLayers": {
        "computationalLayer1": {
            "number": 1,
            "Resources": {
                "resource1": {
                    "name": "RasPi",
                    "oscar": {"name": "edge"},
                    "minio": {"endpoint": "https://minio.edge", "access_key": "key", "secret_key": "secret four"},
                }
            },
        }
    }
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "clusters.yaml").write_text(yaml.safe_dump(KNOWN))
    (tmp_path / "physical_nodes.yaml").write_text(yaml.safe_dump(NODES))
    return tmp_path


def test_a_cluster_is_the_resource_of_its_name_and_those_that_physical_nodes_names_it_for(app: Path) -> None:
    found = clusters_of(["edge", "VM1=cloud"], folder=app, file=None)

    assert {resource: (each.name, each.endpoint) for resource, each in found.items()} == {
        "edge": ("edge", "https://oscar.edge"),
        "RasPi": ("edge", "https://oscar.edge"),
        "VM1": ("cloud", "https://oscar.cloud"),
    }
    assert found["edge"] is found["RasPi"]
    assert found["edge"].store == Minio("https://minio.edge", "key", "secret four")


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (["egde"], "has no cluster egde, did you mean edge"),
        (["VM1="], "has no cluster"),
        (["bare"], "does not say the password of bare"),
        (["lost"], "does not say the address of lost"),
        (["VM1=edge", "VM1=cloud"], "--on says of VM1 that it is edge, and cloud"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(app: Path, on: list[str], sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        clusters_of(on, folder=app, file=None)

    assert sentence in refusal.value.message.replace("; ", ", ")
    assert "secret" not in f"{refusal.value.message}{refusal.value.hint}"


def test_without_a_file_of_clusters_a_person_is_told_how_it_looks(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="says how clusters are reached") as refusal:
        clusters_of(["edge"], folder=tmp_path, file=None)

    assert "auth_password" in refusal.value.hint
