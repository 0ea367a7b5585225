"""An object that kills its worker, and objects whose handlers run beside it in that worker."""

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(
        tmp_path_factory.mktemp("neighbours"), workers=1, environ={"NORIA_RUNNERS": "3", "NORIA_BACKOFF": "0.1"}
    ) as rig:
        yield rig


def test_handlers_that_run_beside_a_deadly_one_are_no_dead_letters(rig: Rig) -> None:
    rig.upload([f"innocent-{number}.txt" for number in range(2)], "two seconds")
    rig.upload(["mid-function-every-time.txt"], "second", dead=True)  # late enough for all three to have begun

    rig.settle(120)

    assert rig.judge()["committed"] == 2
