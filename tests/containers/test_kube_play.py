"""What noria deploy writes for Kubernetes, run by podman in real containers, against a real store and broker."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fdl
from local.cli.demo.pictures import write_photo
from local.images.podman import podman
from local.platforms.knative.keys import BROKER, STORE
from tests import pipelines
from tests.containers.kube import Played, container, pods_of
from tests.pipeline.noria import ROOT, Noria

PIPELINE = ROOT / "fdl" / "mask-detection.yaml"
FUNCTIONS = ("blur-faces", "mask-detect")
PROBE = """
import json, os, pathlib, socket
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
def tries(path):
    try:
        pathlib.Path(path, "probe").touch()
    except OSError as error:
        return error.strerror
    return "written"
keys = sorted(os.listdir("/etc/noria/keys"))
print(json.dumps({
    "user": os.getuid(), "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no new privileges": status["NoNewPrivs"].strip(), "seccomp": status["Seccomp"].strip(), "keys": keys,
    "root": tries("/"), "code": tries("/opt/noria"), "tmp": tries("/tmp"), "fdl": tries("/etc/noria/fdl"),
}))
"""


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory, image: Callable[[str], str]) -> Iterator[Played]:
    """Store, broker and publisher here; both functions in pods."""
    assert [image(name) for name in FUNCTIONS] == [service.image for service in fdl.load(PIPELINE).services]
    with pods_of(tmp_path_factory.mktemp("kube"), PIPELINE) as running:
        yield running


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give the photo, and what comes of it without any server."""
    folder = tmp_path_factory.mktemp("here")
    noria = Noria(folder / ".noria")
    write_photo(folder / "photo.png")
    noria("invoke", "blur-faces", "--input", folder / "photo.png", "--output", folder / "blurred")
    noria(
        "invoke", "mask-detect", "--input", folder / "blurred" / "photo.png.blurred.png", "--output", folder / "masks"
    )
    found = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}
    return {name: content for name, content in found.items() if name.startswith("photo.png")}


def test_a_photo_goes_through_both_pods_and_comes_out_as_it_does_here(pods: Played, expected: dict[str, bytes]) -> None:
    pods.store.write("photos", "in/photo.png", expected["photo.png"])

    masks = pods.await_object("photos-masks", "out/photo.png.blurred.png.masks.json")

    assert pods.await_object("photos-blurred", "out/photo.png.blurred.png") == expected["photo.png.blurred.png"]
    assert pods.await_object("photos-blurred", "faces/photo.png.faces.json") == expected["photo.png.faces.json"]
    assert json.loads(masks) == json.loads(expected["photo.png.blurred.png.masks.json"])
    assert (
        pods.await_object("photos-masks", "out/photo.png.blurred.png.masks.png")
        == (expected["photo.png.blurred.png.masks.png"])
    )


def test_what_cannot_be_read_is_a_dead_letter_of_the_pod(pods: Played) -> None:
    pods.store.write("photos", "in/no-picture.png", b"no picture")

    (letter,) = pods.await_any("photos-failed", "blur-faces")

    assert json.loads(letter)["reason"] == "the object is not a picture"


@pytest.mark.parametrize("service", FUNCTIONS)
def test_a_pod_is_as_restricted_as_its_manifest_says(pods: Played, service: str) -> None:
    seen = json.loads(podman("exec", container(service), "python", "-c", PROBE))

    assert seen == {
        "user": 10001,
        "capabilities": 0,
        "no new privileges": "1",
        "seccomp": "2",
        "keys": ["NORIA_NATS_PASSWORD", "NORIA_NATS_USER", "NORIA_STORE_ACCESS_KEY", "NORIA_STORE_SECRET_KEY"],
        "root": "Read-only file system",
        "code": "Read-only file system",
        "tmp": "written",
        "fdl": "Read-only file system",
    }


@pytest.mark.parametrize("service", FUNCTIONS)
def test_a_pod_may_take_the_memory_of_the_fdl_and_the_hosts_own(pods: Played, service: str) -> None:
    told = podman("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}", container(service))

    memory = podman(
        "exec", container(service), "python", "-c", "print(open('/sys/fs/cgroup/memory/memory.limit_in_bytes').read())"
    )

    assert int(memory) == (1536 + 128) * 2**20
    assert told.split()[0] == str((1536 + 128) * 2**20)


def test_a_pod_shows_its_metrics_where_it_is_told_to(pods: Played) -> None:
    asked = "import os, urllib.request as u; a = os.environ['NORIA_METRICS']; print(u.urlopen(f'http://{a}/metrics').read())"

    shown = podman("exec", container("blur-faces"), "python", "-c", asked)

    assert 'function="blur-faces"' in shown


def test_a_knative_service_does_what_its_source_posts_and_neither_has_the_others_keys(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    asked = "import json, os; print(json.dumps(sorted(os.listdir('/etc/noria/keys'))))"
    (tmp_path / "blur.yaml").write_text(
        pipelines.pipeline(
            "blur", "photos/in", "photos-blurred/out", function="blur-faces", suffixes=[".png", ".json"]
        ).replace("localhost/copy:1", image("blur-faces"))
    )
    write_photo(tmp_path / "photo.png")

    with pods_of(tmp_path, tmp_path / "blur.yaml", plain=False) as running:
        running.store.write("photos", "in/photo.png", tmp_path / "photo.png")
        blurred = running.await_object("photos-blurred", "out/photo.png.blurred.png")
        held = [
            json.loads(podman("exec", name, "python", "-c", asked))
            for name in (container("blur", "knative"), container("blur-source", "source"))
        ]

    assert blurred.startswith(b"\x89PNG")
    assert held == [sorted(STORE), sorted(BROKER)]
