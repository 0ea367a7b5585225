"""``noria fit``, run as a person runs it."""

import shutil
from pathlib import Path

import pytest

from functions.modelling.predictor import FittedModel
from tests.pipeline.noria import Noria
from tests.unit.modelling.campaigns import campaign
from tests.unit.modelling.tables import csv_of, measured


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "blur_response_time_dataframe.csv"
    path.write_bytes(csv_of(measured()))
    return path


def test_a_table_is_fitted_and_said_how_well(noria: Noria, table: Path, tmp_path: Path) -> None:
    found = noria.json("fit", table, "--resource", "VM1", "--hold-out", "0.2", "--output", tmp_path / "models")

    (model,) = found["models"]
    assert (model["component"], model["resource"], model["target"]) == ("blur", "VM1", "runtime")
    assert 0 < model["errors"]["tested"] < 6
    assert {Path(file).name for file in found["files"]} == {
        "blur.VM1.onnx", "blur.VM1.json", "blur.VM1.svg", "fit.json", "performance_models.json",
    }  # fmt: skip
    assert all(Path(file).is_file() for file in found["files"])
    fitted = FittedModel(tmp_path / "models" / "blur.VM1.onnx")
    assert fitted.predict({"cores": 2, "data_size": 2}).seconds > 0


def test_a_person_reads_a_sentence_a_model(noria: Noria, table: Path) -> None:
    said = noria("fit", table)

    assert "blur.any: " in said
    assert "90 rows, mean error" in said
    assert (table.parent / "blur_response_time_dataframe.models" / "blur.any.onnx").is_file()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--target", "runtim"], "did you mean runtime?"),
        (["--unit", "secs"], "there is no unit 'secs'; did you mean sec?"),
        (["--use", "core"], "did you mean cores?"),
        (["--config", "nowhere.ini"], "nowhere.ini"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_3(
    noria: Noria, table: Path, options: list[str], sentence: str
) -> None:
    done = noria.run("fit", table, *options)

    assert done.returncode == 3
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(table.parent.glob("*.models/*"))


def test_what_was_profiled_of_an_application_is_fitted_into_it_and_placed_with(
    noria: Noria, learnt_application: Path, tmp_path: Path
) -> None:
    app = Path(shutil.copytree(learnt_application, tmp_path / "masks"))
    shutil.rmtree(app / "oscarp/models")

    found = noria.json("fit", app)
    placed = noria.json("optimize", app, "--load", "1")

    assert {f"{each['component']}.{each['resource']}" for each in found["models"]} == {
        "blur.Pi", "blur.VM1", "detect.Pi", "detect.VM1",
    }  # fmt: skip
    assert all(Path(file).is_relative_to(app) and Path(file).is_file() for file in found["files"])
    assert {each["partition"] for each in placed["predictions"]} == {"blur", "detect"}
    assert not list(app.glob("noria-run-*"))


def test_a_campaign_alone_is_fitted_beside_its_tables_and_takes_no_options_of_tables(
    noria: Noria, tmp_path: Path
) -> None:
    folder = campaign(tmp_path / "TEST", {("blur", "Pi"): 0.2}, requests=20)

    refused = noria.run("fit", folder, "--target", "runtime")
    nothing = noria.run("fit", tmp_path)
    said = noria("fit", folder, "--purpose", "inside")

    assert (refused.returncode, nothing.returncode) == (2, 3)
    assert "a campaign's tables say all but --purpose and --output themselves" in refused.stderr
    assert "has neither tables of noria profile nor a run_parameters.yaml" in nothing.stderr
    assert "blur.Pi: " in said
    assert (folder / "models" / "performance_models.json").is_file()


def test_what_names_the_models_is_moved_last(noria: Noria, tmp_path: Path) -> None:
    folder = campaign(tmp_path / "TEST", {("track", "Pi"): 0.2}, requests=20)
    (folder / "models" / "track.Pi.onnx" / "in the way").mkdir(parents=True)

    done = noria.run("fit", folder)

    assert done.returncode != 0
    assert (folder / "models" / "track.Pi.json").is_file()
    assert not (folder / "models" / "performance_models.json").exists()


def test_a_run_that_tells_no_load_is_a_note(noria: Noria, tmp_path: Path) -> None:
    folder = campaign(tmp_path / "TEST", {("blur", "Pi"): 0.2}, requests=2)

    said = noria("fit", folder)

    assert "note: blur on Pi: 9 of 9 runs tell no load, so its model says the same at every load" in said


def test_a_table_that_is_not_there_is_a_sentence(noria: Noria, tmp_path: Path) -> None:
    done = noria.run("fit", tmp_path / "nothing.csv")

    assert done.returncode == 3
    assert "nothing.csv" in done.stderr
