"""Which service puts models in place, and where a person asks it for an earlier one."""

from pathlib import Path

import pytest

import fdl
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from local.models import Models

GIVEN = Configuration(store_url="http://127.0.0.1:9", store_access_key="a")
STORE = Store(GIVEN)
LEDGER = Ledger(STORE, GIVEN.ledger, lease=30)
FOLDER = Path(next(iter(fdl.__path__)))


def test_the_service_is_found_by_its_function_and_requests_go_where_nobody_else_writes() -> None:
    services = [
        each for name in ("trusted-training.yaml", "drift-retrain.yaml") for each in fdl.load(FOLDER / name).services
    ]

    found = Models.of(services, STORE, LEDGER)

    assert (found.service.name, found.out.path) == ("swap-model", "models-current/out")
    assert found.requests is not None
    assert found.requests.path == "models-current/in"


def test_where_nothing_puts_models_in_place_that_is_said() -> None:
    with pytest.raises(Rejected, match="no pipeline here puts models in place") as refused:
        Models.of(fdl.load(FOLDER / "mask-detection.yaml").services, STORE, LEDGER)

    assert "drift-retrain.yaml" in refused.value.hint
