"""Campaigns of an application whose network is cut: whole and in parts, the parts of a cut together."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from functions.continuum.data_sizes import read_data_sizes
from functions.designing.design import design
from functions.designing.writing import write as write_design
from tests.pipeline.noria import Noria
from tests.pipeline.test_profile import rows
from tests.unit.designing.samples import mask_application

PARAMETERS = """\
input_files: {filename: a.npy}
asynchronous: {batch_size: 2, number_of_batches: 1}
components:
  component1: {parallelism: [2, 1]}
  component1_partitionX_2: {parallelism: [1, 1]}
run: {campaign_dir: test, test_single_services: true}
"""
MASKS = '''\
"""Copies."""

import shutil

from functions.annotations import component_name, exec_time


@component_name(name="mask-detector")
@exec_time(local_time_thr=10)
def main(args):
    shutil.copyfile(args["input"], args["output"])


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("-i", "--input", required=True)
    parser.add_argument("-o", "--output", required=True)
    main(vars(parser.parse_args()))
'''
BLUR, FIRST, SECOND = "blurry-faces-onnx", "blurry-faces-onnx_partition1_1", "blurry-faces-onnx_partition1_2"


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[Noria]:
    made = Noria(tmp_path / ".noria")
    yield made
    for home in tmp_path.glob("*/plane"):
        Noria(home)("down")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The mask application of AI-SPRINT's guide with a small network, designed."""
    folder = mask_application(tmp_path, masks=MASKS)
    write_design(design(folder), folder)
    picture = io.BytesIO()
    np.save(picture, np.random.default_rng(3).standard_normal((1, 3, 8, 8)).astype(np.float32))
    (folder / "oscarp").mkdir(exist_ok=True)
    (folder / "oscarp/a.npy").write_bytes(picture.getvalue())
    (folder / "oscarp/run_parameters.yaml").write_text(PARAMETERS)
    return folder


def test_the_parts_of_a_cut_are_tested_together_with_what_is_said_of_them_or_of_the_whole(
    noria: Noria, app: Path
) -> None:
    before = sorted(app.rglob("*"))

    runs = noria.json("profile", app, "--dry-run")["runs"]

    units = {(run["unit"], run["design"]): [slot["component"] for slot in run["slots"]] for run in runs}
    assert units == {
        ("workflow", "base"): [BLUR, "mask-detector"],
        ("workflow", "deployment1"): [FIRST, SECOND, "mask-detector"],
        (BLUR, "base"): [BLUR],
        (f"{BLUR}-partition1", "deployment1"): [FIRST, SECOND],
    }
    cut = [run for run in runs if run["unit"] == f"{BLUR}-partition1"]
    assert [[slot["parallelism"] for slot in run["slots"]] for run in cut] == [[2, 1], [1, 1]]
    assert {run["deployment"] for run in runs if run["unit"] == "workflow"} == {"deployment1", "deployment2"}
    assert sorted(app.rglob("*")) == before


def test_a_cut_application_is_measured_whole_and_in_parts_which_give_the_same(
    noria: Noria, app: Path, tmp_path: Path
) -> None:
    text = PARAMETERS.replace("true", "false").replace("[2, 1]", "[1]").replace("[1, 1]", "[1]")
    (app / "oscarp/run_parameters.yaml").write_text(text)

    noria("profile", app, "--output", tmp_path / "out")

    jobs = rows(tmp_path / "out", "jobs.csv")
    assert {row["reason"] for row in jobs} == {""}
    assert {(row["deployment"], row["component"], row["resource"]) for row in jobs} == {
        ("deployment1", BLUR, "VM1"),
        ("deployment1", "mask-detector", "VM2"),
        ("deployment2", FIRST, "VM1"),
        ("deployment2", SECOND, "VM1"),
        ("deployment2", "mask-detector", "VM2"),
    }
    sizes = read_data_sizes(tmp_path / "out/components_data_size.yaml").root
    assert sizes[SECOND] == sizes[BLUR] != sizes[FIRST]
    assert len(rows(tmp_path / "out", f"workflow/{BLUR}_response_time_dataframe.csv")) == 1
    assert len(rows(tmp_path / "out", "workflow/mask-detector_response_time_dataframe.csv")) == 2
