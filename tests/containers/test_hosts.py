"""One image on all four platforms: by each one's own programs, with the same bytes as results."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from events.wire import minio_document
from functions.runtime.runs import run_id
from local.cli.demo.pictures import write_photo
from tests.containers import hosts
from tests.containers.conftest import Images
from tests.contract import aws_lambda, oscar
from tests.contract.driver import Driver
from tests.contract.world import HOSTS, SERVICE

DRIVERS: dict[str, Callable[[hosts.Faces, str], Driver]] = {
    "jetstream": hosts.ContainedJetStream,
    "oscar": hosts.ContainedOscar,
    "knative": hosts.ContainedKnative,
    "aws_lambda": hosts.ContainedLambda,
}
MISSING = {"oscar": oscar.MISSING, "aws_lambda": aws_lambda.MISSING}


@pytest.fixture(scope="module")
def world(image: Images) -> Iterator[hosts.Faces]:
    """Give the store that all hosts use."""
    image("blur-faces")
    with tempfile.TemporaryDirectory(prefix="noria-hosts-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = hosts.Faces.begin(Path(folder))
        assert isinstance(found, hosts.Faces)
        try:
            yield found
        finally:
            found.close()


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, bytes]]:
    """Give the results of each host that was tested."""
    return {}


@pytest.mark.parametrize("host", HOSTS)
def test_a_photo_comes_out_the_same_from_one_image_on_every_host(
    world: hosts.Faces, image: Images, results: dict[str, dict[str, bytes]], host: str, tmp_path: Path
) -> None:
    if MISSING.get(host):
        pytest.skip(MISSING[host])
    write_photo(tmp_path / "photo.png")
    photo = world.put("in/one photo.png", (tmp_path / "photo.png").read_bytes())
    text = world.put("in/no picture.png", b"no picture")
    driver = DRIVERS[host](world, image("blur-faces"))
    log = getattr(driver, "log", Path("/dev/null"))
    try:
        ends = [driver.deliver(minio_document(event)).verdict for event in (photo, text, photo)]
    finally:
        driver.close()
        print(log.read_text()[-3000:])  # noqa: T201 - pytest shows it where the test has failed

    assert ends == ["done", "dead", "done"]
    assert (world.record(host, run_id(SERVICE, photo)) or {})["state"] == "committed"
    found = {key: body for key, body in world.results(host).items() if not key.endswith(".failure.json")}
    assert set(found) == {f"out/one photo.png.{kind}" for kind in ("blurred.png", "faces.json")}
    assert json.loads(found["out/one photo.png.faces.json"])["faces"]
    assert all(found == other for other in results.values())
    results[host] = found
