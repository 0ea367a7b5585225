"""What noria deploy writes for AWS Lambda, built by podman and run as Lambda runs it."""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from events import ObjectCreated
from functions.runtime.configuration import Configuration
from functions.runtime.store import Store
from local.cli.demo.pictures import write_photo
from local.images.podman import environ, podman
from local.permissions import store_actions
from local.platforms.aws_lambda import PLATFORM
from local.platforms.aws_lambda.image import CONTEXT, DOCKERFILE
from local.platforms.target import Target, read
from local.ports import free_port
from local.weed import Identity, Weed
from tests.contract.announcing import amazon
from tests.contract.aws_lambda import EMULATOR, MISSING, queue_event
from tests.pipeline.noria import ROOT

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
SERVICE, BUILT = "blur-faces", "localhost/noria-test-lambda:blur-faces"
TARGET = Target(read([ROOT / "fdl/mask-detection.yaml"]))
BEHIND_WALLS = ["--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory, image: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Build the image as SAM would, and give what the template says of the function."""
    folder = tmp_path_factory.mktemp("lambda")
    for name, text in PLATFORM.files(TARGET).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found: dict[str, Any] = yaml.safe_load((folder / "template.yaml").read_text())["Resources"]["BlurFaces"]
    given = found["Metadata"]["DockerBuildArgs"]["IMAGE"]
    assert given == image(SERVICE)
    words = ["--pull-never", "--network", "none", "--build-arg", f"IMAGE={given}", "--tag", BUILT]
    podman("build", *words, "--file", str(folder / CONTEXT / DOCKERFILE), str(folder / CONTEXT), timeout=120)
    yield found["Properties"]
    podman("rmi", "--force", BUILT, timeout=60)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Store, dict[str, str]]]:
    """A store that lets the function do what its role lets it do; whoever runs it, and the function's environment."""
    service = next(each for each in TARGET.services if each.name == SERVICE)
    admin = Identity.generate("admin", ["Admin"])
    own = Identity.generate(SERVICE, store_actions(TARGET.grants(service)))
    weed = Weed(tmp_path / "store", [admin, own], buckets=TARGET.buckets, dies_with_parent=True)
    try:
        weed.start()
        weed.wait_until_ready()
        told = {"NORIA_STORE_URL": weed.endpoint}
        keys = {"NORIA_STORE_ACCESS_KEY": own.access_key, "NORIA_STORE_SECRET_KEY": own.secret_key}
        all_keys = {"NORIA_STORE_ACCESS_KEY": admin.access_key, "NORIA_STORE_SECRET_KEY": admin.secret_key}
        yield Store(Configuration.read(told | all_keys)), told | keys
    finally:
        weed.kill()


@contextmanager
def running(function: dict[str, Any], told: dict[str, str], log: Path) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Run the function as its template says; gives what invokes it."""
    port = free_port()
    name, runtime = f"noria-test-lambda-{port}", free_port([port])
    variables = {name: value for name, value in function["Environment"]["Variables"].items() if isinstance(value, str)}
    variables |= told | {"AWS_LAMBDA_FUNCTION_NAME": f"noria-{SERVICE}", "AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
    words = ["podman", "run", "--rm", "--pull", "never", "--name", name, *BEHIND_WALLS]
    words += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    words += ["--volume", f"{EMULATOR}:/rie:ro", "--entrypoint", "/rie", BUILT, *addresses]
    command = [*words, *function["ImageConfig"]["EntryPoint"], *function["ImageConfig"]["Command"]]
    with log.open("wb") as out, subprocess.Popen(command, env=environ(), stdout=out, stderr=out) as process:
        try:
            await_port(port, process, log)
            yield lambda event: invoked(f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", event)
        finally:
            podman("rm", "--force", "--ignore", name, timeout=60)


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens: {log.read_text()}")


def invoked(url: str, event: dict[str, Any]) -> Any:
    with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=60) as response:
        return json.loads(response.read())


def test_a_photo_that_s3_tells_a_queue_of_is_blurred_by_the_function_that_was_deployed(
    function: dict[str, Any], store: tuple[Store, dict[str, str]], tmp_path: Path
) -> None:
    objects, told = store
    write_photo(tmp_path / "photo.png")
    content = (tmp_path / "photo.png").read_bytes()
    etag = objects.write("photos", "in/photo.png", content)
    event = ObjectCreated(bucket="photos", key="in/photo.png", etag=etag, size=len(content), source="aws:s3")

    with running(function, told, tmp_path / "log") as invoke:
        answer = invoke(queue_event({"message": amazon(event)}))

    assert answer == {"batchItemFailures": []}
    assert objects.read("photos-blurred", "out/photo.png.blurred.png")[0].startswith(b"\x89PNG")
    (record,) = objects.list("noria-ledger", SERVICE)
    assert json.loads(objects.read("noria-ledger", record.key)[0])["host"] == "aws_lambda"
