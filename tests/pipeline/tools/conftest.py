"""Two functions on one bucket, once a module."""

from collections.abc import Iterator

import pytest

from tests.pipeline.tools.duty import Duty
from tests.pipelines import pipeline


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duty]:
    """Two functions: flaky on inbox/in, copy on inbox/plain; long leases, so that nothing is lost by being slow."""
    folder = tmp_path_factory.mktemp("tools")
    noria = Duty(folder / ".noria", {"NORIA_ACK_WAIT": "20", "NORIA_BACKOFF": "30,30", "NORIA_RECONCILE": "3600"})
    noria.door.parent.mkdir()
    doors = {"FLAKY_DOOR": str(noria.door), "NORIA_FILES": str(noria.door.parent)}  # walls leave what is named
    flaky = {"function": "tests.flaky:flaky", **doors}
    files = [folder / "flaky.yaml", folder / "copy.yaml"]
    files[0].write_text(pipeline("flaky", "inbox/in", "outbox/out/flaky", **flaky))
    files[1].write_text(pipeline("copy", "inbox/plain", "outbox/out/copy"))
    try:
        noria("up", "--detach", *files)
        yield noria
    finally:
        noria("down")


@pytest.fixture(autouse=True)
def closed_door(noria: Duty) -> Iterator[None]:
    noria.door.unlink(missing_ok=True)
    yield
    noria.door.touch()
