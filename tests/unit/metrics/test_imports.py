import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["functions.runtime.hosts.jetstream.host", "functions.runtime.assembly", "local.cli", "local.supervisor"]
)
def test_what_counts_and_what_traces_is_not_imported_before_somebody_wants_it(module: str) -> None:
    names = "('prometheus_client', 'opentelemetry')"
    code = f"import {module}, sys; sys.exit(','.join(name for name in {names} if name in sys.modules) or 0)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
