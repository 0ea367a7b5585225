"""What noria deploy --to knative --dry-run prints, word for word."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from local.cli.deploy import deploy
from tests import pipelines
from tests.unit.platforms.knative_target import BROKER, STORE

GOLDEN = Path(__file__).parent / "golden"
TOLD = ["--store", STORE, "--registry", "ghcr.io/you"]


def printed(folder: Path, *arguments: str) -> str:
    """Give what is printed; nothing of this machine's environment is looked at."""
    (folder / "copying.yaml").write_text(pipelines.pipeline("copy", "copy-in/a", "copy-out/b"))
    command = ["--to", "knative", *arguments, "--dry-run", str(folder / "copying.yaml")]
    quiet = dict.fromkeys(("NORIA_STORE_URL", "NORIA_NATS_URL", "NORIA_STORE_CA", "NORIA_NATS_CA"))
    done = CliRunner().invoke(deploy, command, env=quiet)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    ("name", "options"),
    [("knative", ["--nats", BROKER]), ("plain", ["--nats", BROKER, "--plain"]), ("triggers", ["--broker", "default"])],
    ids=["knative", "plain", "triggers"],
)
def test_a_dry_run_prints_exactly_what_would_be_done(tmp_path: Path, name: str, options: list[str]) -> None:
    expected = (GOLDEN / f"{name}.txt").read_text()

    assert printed(tmp_path, *TOLD, *options) == expected
