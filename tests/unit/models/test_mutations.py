import json
import subprocess
import sys

import pytest

from tests.models_corpus import ROOT
from tests.unit.models.hostile import Ordinary

EACH = 1_000


@pytest.mark.parametrize("seed", [1, 1_000_001])
def test_whatever_is_spoiled_is_told_or_refused_within_half_a_gigabyte(ordinary: Ordinary, seed: int) -> None:
    command = [sys.executable, "-m", "tests.unit.models.mutations", str(ordinary.folder), str(seed), str(EACH)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2_000:]
    seen = json.loads(done.stdout)
    assert sum(seen.values()) == EACH
    assert seen["accepted"] > EACH // 20
    assert len(seen) > 15
