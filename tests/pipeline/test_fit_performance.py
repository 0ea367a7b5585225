"""The pipeline of fit-performance as it ships, on the embedded plane."""

from pathlib import Path

from functions.modelling.predictor import FittedModel
from tests.pipeline.noria import ROOT, Noria
from tests.unit.modelling.tables import csv_of, law, measured
from tests.waiting import eventually

CONFIGURATION = "[General]\ntechniques = ['LRRidge']\ny = runtime\nvalidation = HoldOut\nhold_out_ratio = 0.2\n"


def test_a_table_that_lands_becomes_the_models_that_were_asked_for_and_a_wrong_one_a_sentence(tmp_path: Path) -> None:
    noria, models = Noria(tmp_path / ".noria"), tmp_path / "models"
    (tmp_path / "blur.csv").write_bytes(csv_of(measured()))
    (tmp_path / "blur.ini").write_text(CONFIGURATION)
    (tmp_path / "wrong.csv").write_text("cores,runtime\n1,2\n2,x\n3,3\n4,4\n5,5\n6,6\n")

    try:
        noria("up", "--detach", ROOT / "fdl/fit-performance.yaml")
        for name in ("blur.ini", "blur.csv", "wrong.csv"):  # a table waits for its configuration for a moment only
            noria("put", tmp_path / name, "profile-tables/out/")
        eventually(lambda: states(noria) == ["committed", "committed", "failed"], 120)
        noria("get", "models-performance/out/blur/", models)
        listed = noria("ls", "models-performance/out")
        (letter,) = noria.json("failed", "list")
    finally:
        noria("down")

    (path,) = models.rglob("*.onnx")
    model = FittedModel(path)
    predicted = model.predict({"cores": 2, "data_size": 4})
    assert predicted.lower < float(law(2, 4)) < predicted.upper
    assert model.card.family.startswith("LRRidge")
    assert model.card.errors.tested is not None
    assert "wrong" not in listed
    assert "wrong.csv: line 3: column 'runtime' is 'x'" in str(letter)


def states(noria: Noria) -> list[str]:
    """Give how the runs stand."""
    return sorted(run["state"] for run in noria.json("runs", "--function", "fit-performance"))
