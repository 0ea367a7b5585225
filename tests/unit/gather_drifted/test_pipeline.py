"""The pipeline as it ships: who may write what, and that it fits the one that trains and signs."""

from pathlib import Path

import fdl
from local.permissions import grants

FOLDER = Path(next(iter(fdl.__path__)))
PIPELINES = [fdl.load(FOLDER / name) for name in ("trusted-training.yaml", "drift-retrain.yaml")]
SERVICES = {service.name: service for pipeline in PIPELINES for service in pipeline.services}


def writers(place: str) -> set[str]:
    granted = {name: grants(service, SERVICES.values(), "noria-ledger") for name, service in SERVICES.items()}
    return {name for name, each in granted.items() if any(f"{place}/".startswith(f"{own}/") for own in each.write)}


def test_both_pipelines_together_have_nothing_wrong_with_them() -> None:
    assert fdl.check(PIPELINES) == ()


def test_only_one_service_puts_models_in_place_and_it_neither_trains_nor_signs_nor_verifies() -> None:
    assert writers("models-current/out") == {"swap-model"}
    assert writers("models-verified/out") == {"verify-retrained"}
    assert writers("models/out/retrain") == {"sign-bom"}
    assert writers("training/in/retrain") == {"gather-drifted"}
    assert writers("drift-tables/kept") == {"gather-drifted"}


def test_what_is_written_for_a_training_is_taken_by_one_output_each() -> None:
    files = {
        "wine/set-1-a/dataset.csv": "training/in/retrain",
        "wine/set-1-a/dataset_definition.json": "training/in/retrain",
        "wine/set-1-a/model.keras": "training/in/retrain",
        "wine/set-1-a/holdout.csv": "drift-tables/kept",
        "wine/set-1-a/retrain-set.json": "drift-tables/kept",
        "wine/0a.retrain-state.json": "drift-tables/state",
        "wine/0a.table.parquet": "drift-tables/state",
    }

    for name, place in files.items():
        assert [path.path for path in SERVICES["gather-drifted"].outputs if path.takes(name)] == [place]
