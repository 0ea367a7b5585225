"""What a campaign has measured becomes the models of an application."""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from functions.continuum.application import Application
from functions.modelling.application import Destination, Made, campaign_of, publish_campaign
from functions.modelling.campaign import measurements, tables_in
from functions.modelling.card import Card
from functions.modelling.families import families
from functions.modelling.graph import Numbers
from functions.modelling.predictor import FittedModel
from functions.modelling.queueing import Queueing, is_queue, queueing
from functions.modelling.sample import Sample
from functions.runtime.errors import Rejected
from tests.unit.modelling.campaigns import campaign
from tests.unit.optimize.learnt_application import PARAMETERS, application, fitted
from tests.unit.optimize.samples import FLAT, PERFORMANCE, TREE, write

DEMAND = 0.4


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return campaign(tmp_path_factory.mktemp("campaign"), {("blur", "VM1"): DEMAND}, loads=(0.5, 1, 2), requests=100)


@pytest.fixture(scope="module")
def models(measured: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    alone(measured, folder)
    return folder


def alone(folder: Path, output: Path) -> Made:
    tables = tables_in(folder)
    assert tables is not None

    def place(name: str) -> Path:
        output.mkdir(exist_ok=True)
        return output / name

    return publish_campaign(tables, Destination(output), place)


def entries(path: Path) -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, object]]]]:
    found: Mapping[str, Mapping[str, Mapping[str, Mapping[str, object]]]] = json.loads(path.read_text())
    return found


def waited(load: Numbers, servers: Numbers, *, uneven: float = 0.5) -> Numbers:
    return Queueing(DEMAND, uneven, 0.0).predict(np.column_stack([load, servers]))


def test_a_campaign_gives_a_model_of_each_component_and_resource_with_its_demand(
    models: Path,
) -> None:
    entry = entries(models / "performance_models.json")["blur"]["blur"]["VM1"]

    assert entry["regressor_file"] == "blur.VM1.onnx"
    assert entry["demand"] == pytest.approx(DEMAND, rel=1e-6)
    assert {path.name for path in models.iterdir()} == {
        "blur.VM1.onnx", "blur.VM1.json", "blur.VM1.svg", "fit.json", "performance_models.json",
    }  # fmt: skip


def test_a_model_of_a_campaign_foretells_the_wait_between_what_was_measured(models: Path) -> None:
    model = FittedModel(models / "blur.VM1.onnx")

    for load, workers in ((0.75, 1), (1.5, 1), (1.5, 2), (2.0, 4)):
        expected = waited(np.array([load]), np.array([float(workers)]))[0]  # deterministic service: half as uneven
        found = model.predict({"load": load, "parallelism": workers})
        assert found.seconds == pytest.approx(expected, rel=0.15)
        assert found.beyond == ()


def test_the_load_of_a_component_is_what_came_to_it_and_not_what_was_asked_for(measured: Path, tmp_path: Path) -> None:
    tables = Path(shutil.copytree(measured, tmp_path / "copy")) / "tables"
    jobs = tables / "jobs.csv"
    lines = jobs.read_text().splitlines(keepends=True)
    jobs.write_text("".join([lines[0], *lines[1::2]]))  # each second request was no job of the component

    whole, halved = (next(iter(measurements(each))).table for each in (measured / "tables", tables))

    assert whole is not None
    assert halved is not None
    assert list(whole.numbers("load")) == pytest.approx([0.5, 1.0, 2.0] * 3, rel=0.3)
    assert list(halved.numbers("load") / whole.numbers("load")) == pytest.approx([0.5] * 9, rel=0.05)


def test_jobs_that_all_came_at_next_to_the_same_moment_tell_no_load(measured: Path, tmp_path: Path) -> None:
    tables = Path(shutil.copytree(measured, tmp_path / "copy")) / "tables"
    with_cells(tables / "jobs.csv", "queued_ms", lambda place: f"{place}e-310")

    (found,) = measurements(tables)

    assert found.inputs == ("parallelism",)


def with_cells(path: Path, column: str, cell: Callable[[int], str]) -> None:
    """Write other cells into a column of a table, each by its row's place."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    for place, row in enumerate(rows):
        row[header.index(column)] = cell(place)
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")


def test_parts_of_a_component_have_models_of_their_own(tmp_path: Path) -> None:
    parts = {("blur_partition1_1", "Pi"): 0.1, ("blur_partition1_2", "VM1"): 0.3}
    folder = campaign(tmp_path / "TEST", parts, requests=30)

    made = alone(folder, tmp_path / "models")

    found = entries(tmp_path / "models" / "performance_models.json")["blur"]
    assert [(card.component, card.partition) for card in made.cards] == [("blur", part) for part, _ in parts]
    assert {part: list(each) for part, each in found.items()} == {part: [resource] for part, resource in parts}
    assert (tmp_path / "models" / "blur.blur_partition1_1.Pi.onnx").is_file()


def test_batches_tell_no_load(measured: Path, tmp_path: Path) -> None:
    tables = Path(shutil.copytree(measured, tmp_path / "copy")) / "tables"
    path = tables / "blur" / "blur_response_time_dataframe.csv"
    path.write_text(path.read_text().replace("requested_throughput", "run_name"))

    found = next(iter(measurements(tables)))

    assert found.inputs == ("parallelism",)
    assert found.notes == ("blur on VM1: 9 of 9 runs tell no load, so its model says the same at every load",)


def with_two_jobs(measured: Path, copy: Path, runs: int) -> Path:
    """Give the tables where so many runs had but two jobs."""
    tables = Path(shutil.copytree(measured, copy)) / "tables"
    jobs = tables / "jobs.csv"
    header, *lines = jobs.read_text().splitlines(keepends=True)
    place = header.strip().split(",").index("run_name")
    by_run: dict[str, list[str]] = {}
    for line in lines:
        by_run.setdefault(line.split(",")[place], []).append(line)
    kept = [own[:2] if index < runs else own for index, own in enumerate(by_run.values())]
    jobs.write_text("".join([header, *(line for own in kept for line in own)]))
    return tables


def test_a_run_with_two_jobs_is_left_out_and_the_model_still_knows_the_load(measured: Path, tmp_path: Path) -> None:
    made = alone(with_two_jobs(measured, tmp_path / "copy", 1).parent, tmp_path / "models")

    (card,) = made.cards
    assert [each.name for each in card.inputs] == ["load", "parallelism"]
    assert card.rows == 8
    assert made.notes == ["blur on VM1: 1 of 9 runs tell no load, and are left out of its model"]


def test_where_too_few_runs_tell_a_load_the_model_is_said_to_know_none(measured: Path, tmp_path: Path) -> None:
    (found,) = measurements(with_two_jobs(measured, tmp_path / "copy", 6))

    assert found.inputs == ("parallelism",)
    assert found.notes == ("blur on VM1: 6 of 9 runs tell no load, so its model says the same at every load",)


def test_too_few_runs_give_a_queue_with_the_measured_demand_and_say_so(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "TEST", {("blur", "Pi"): DEMAND}, loads=(1.0,), parallelisms=(2, 1), requests=20)

    made = alone(folder, tmp_path / "TEST")

    entry = entries(tmp_path / "TEST" / "performance_models.json")["blur"]["blur"]["Pi"]
    assert entry == {"model": "QTcloud", "demand": pytest.approx(DEMAND)}
    assert made.notes == ["blur on Pi has too few runs for a learnt model, and is a queue of 0.4 s a request"]
    assert made.cards == []


@pytest.mark.parametrize(
    ("files", "table", "models"),
    [(TREE, "oscarp/performance_models.json", "oscarp/models"), (FLAT, "performance_models.json", ".")],
    ids=["tree", "flat"],
)
def test_an_applications_models_go_where_optimize_looks_and_the_rest_stays(
    tmp_path: Path, files: Mapping[str, str], table: str, models: str
) -> None:
    told = {**files, table: PERFORMANCE.replace('"blur": {\n  "blur"', '"blur": {\n  "base"')}
    folder = application(tmp_path / "app", told, measured={("blur", "Pi"): 0.6}, requests=20)

    found, read = entries(folder / table), Application.read(folder)

    assert '"base"' in told[table]
    assert list(found["blur"]) == ["blur"]
    assert found["blur"]["blur"]["VM2"] == json.loads(PERFORMANCE)["blur"]["blur"]["VM2"]
    assert (folder / table).parent / str(found["blur"]["blur"]["Pi"]["regressor_file"]) == (
        folder / models / "blur.Pi.onnx"
    )
    assert [path.name for path in (folder / models).glob("*.onnx")] == ["blur.Pi.onnx"]
    assert read.data_sizes is not None
    assert read.data_sizes.root == {"blur": 123.0, "detect": 10.0}


def test_what_may_not_run_there_has_no_model_and_is_told(tmp_path: Path) -> None:
    write(FLAT, tmp_path)
    (tmp_path / "run_parameters.yaml").write_text(PARAMETERS)
    campaign(tmp_path / "TEST", {("blur", "Pi"): 0.2, ("blur", "Mars"): 0.2, ("stranger", "Pi"): 0.1}, requests=20)

    made = fitted(tmp_path)

    assert [(card.component, card.resource) for card in made.cards] == [("blur", "Pi")]
    assert made.notes == ["blur may not run on Mars, and has no model there"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("jobs.csv", "run_name,component\n", "has a header and no rows"),
        ("blur/runtime_dataframe.csv", "runs,jobs\na,100\n", "has 1 runs, and the tables beside it 9"),
        ("blur/blur_response_time_dataframe.csv", "component\nblur\n", "there is no column"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence(
    measured: Path, tmp_path: Path, name: str, content: str, said: str
) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "copy"))
    (folder / "tables" / name).write_text(content)

    with pytest.raises(Rejected, match=said) as refused:
        alone(folder, tmp_path / "models")

    assert Path(name).name in str(refused.value)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("name", "column", "cell", "said"),
    [
        ("blur/blur_response_time_dataframe.csv", "avg_response_time", "1e-320", "gives no performance_models.json"),
        ("blur/blur_response_time_dataframe.csv", "requested_parallelism", "1e20", "is '1e20', more than 1e"),
    ],
)
def test_numbers_that_cannot_be_meant_are_one_sentence(
    measured: Path, tmp_path: Path, name: str, column: str, cell: str, said: str
) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "copy"))
    with_cells(folder / "tables" / name, column, lambda _: cell)

    with pytest.raises(Rejected, match=said):
        alone(folder, tmp_path / "models")


def test_a_folder_without_a_campaign_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="neither tables of noria profile nor a run_parameters"):
        campaign_of(tmp_path)

    (tmp_path / "run_parameters.yaml").write_text(PARAMETERS)
    with pytest.raises(Rejected, match="has no tables of a campaign TEST") as refused:
        campaign_of(tmp_path)
    assert refused.value.hint == f"noria profile {tmp_path}"


def queue_sample(*, slowed: float = 0.0, noise: float = 0.0) -> Sample:
    load, servers = (each.ravel() for each in np.meshgrid([0.5, 1.0, 1.5, 2.0], [1.0, 2.0, 4.0]))
    z = np.column_stack([load, servers])
    y = Queueing(DEMAND, 0.7, slowed).predict(z)
    y *= np.exp(noise * np.random.default_rng(0).normal(size=len(y)))
    return Sample(("load", "parallelism"), z, y, scale=(1,))


@pytest.mark.parametrize("slowed", [0.0, 0.4])
def test_the_numbers_of_a_queue_are_found_again(slowed: float) -> None:
    sample = queue_sample(slowed=slowed, noise=0.002)

    facts = dict(queueing(sample, quick=False).facts)

    assert facts["demand"] == pytest.approx(DEMAND, rel=0.02)
    assert facts["unevenness"] == pytest.approx(0.7, rel=0.1)
    assert facts["slowed"] == pytest.approx(slowed, abs=0.02)


def test_what_is_no_queue_is_not_taken_for_one() -> None:
    sample = queue_sample()
    size = np.tile([1.0, 2.0], len(sample) // 2)
    with_size = Sample(("load", "parallelism", "size"), np.column_stack([sample.x, size]), sample.y, scale=(1,))
    without_load = Sample(("parallelism",), sample.x[:, 1:], sample.y, scale=(0,))

    assert is_queue(sample)
    assert not is_queue(with_size)
    assert not is_queue(without_load)
    assert "queue" not in [each.name for each in families(without_load)]


def test_a_card_says_what_a_queue_was_found_to_be(models: Path) -> None:
    card = Card.model_validate_json((models / "blur.VM1.json").read_bytes())

    assert (card.component, card.resource, card.family) == ("blur", "VM1", "queue")
    assert card.facts["demand"] == pytest.approx(DEMAND, rel=1e-6)
    assert 0.3 < card.facts["unevenness"] < 0.7  # Poisson arrivals, even service
