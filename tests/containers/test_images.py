"""Images from outside: who they run as, what they say they are, how large they are; built twice they are the same."""

import json
from typing import Any

import pytest

from local.images.building import Builder
from local.images.catalogue import chosen, runtime_name, version
from local.images.podman import digest_of, podman, size_of
from tests.containers.conftest import SERVICES, Images

MB = 10**6
LIGHT = {"send-alerts", "sign-bom", "verify-bom", "profile-collect", "watch-constraints", "swap-model"}
LIGHT |= {"design-application", "partition-model"}
VISION = {"blur-faces", "mask-detect", "blur-faces-head", "blur-faces-tail"}
MOST = {
    **dict.fromkeys(LIGHT, 300),
    **dict.fromkeys(VISION, 550),
    "gather-drifted": 335,
    "optimize": 365,
    "drift-check": 560,
    "fit-performance": 650,
}
"""MB that an image may take; the last four a twentieth more than docs/images.md says: growth is noticed."""
TWICE = ("localhost/noria-twice:first", "localhost/noria-twice:second")
LABEL = "org.opencontainers.image."


def about(name: str) -> dict[str, Any]:
    """Give an image's configuration."""
    found: dict[str, Any] = json.loads(podman("image", "inspect", name))[0]["Config"]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_says_what_it_is_and_runs_as_nobody(builder: Builder, image: Images, service: str) -> None:
    config = about(image(service))

    labels = {name.removeprefix(LABEL): value for name, value in config["Labels"].items() if name.startswith(LABEL)}
    assert labels == {
        "title": service,
        "version": version(),
        "revision": builder.revision,
        "source": "noria",
        "licenses": "Apache-2.0",
    }
    assert config["User"] == "10001:10001"
    assert config["Cmd"][:3] == ["python", "-m", "functions.runtime.hosts.jetstream"]
    assert "Entrypoint" not in config
    assert "ORT_DISABLE_TELEMETRY=1" in config["Env"]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_no_larger_than_it_has_to_be(image: Images, service: str) -> None:
    assert size_of(image(service)) <= MOST[service] * MB


def test_functions_with_the_same_packages_share_them_on_the_disk(image: Images) -> None:
    assert layers_of(image("sign-bom")) == layers_of(image("verify-bom"))


def test_what_is_built_twice_from_nothing_has_one_digest(builder: Builder) -> None:
    [known] = chosen(["sign-bom"])
    again, mine = builder.again("again"), [runtime_name(target, "again") for target in ("runtime", "code")]
    found = []
    try:
        for name in TWICE:
            again.base()
            again.function(known, name)
            found.append([digest_of(each) for each in (*mine, name)])
    finally:
        podman("rmi", "--force", "--ignore", *TWICE, *mine)

    assert found[0] == found[1]


def test_what_is_built_on_layers_that_are_there_has_the_same_files(builder: Builder, image: Images) -> None:
    [known] = chosen(["sign-bom"])
    try:
        Builder(builder.folder, fresh=True).function(known, TWICE[0])

        assert layers_of(TWICE[0]) == layers_of(image("sign-bom"))
    finally:
        podman("rmi", "--force", TWICE[0])


def layers_of(name: str) -> list[str]:
    found: list[str] = json.loads(podman("image", "inspect", name))[0]["RootFS"]["Layers"]
    return found
