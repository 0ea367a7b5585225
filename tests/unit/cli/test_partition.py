"""``noria partition``, run as a person runs it."""

from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.noria import Noria
from tests.unit.partitioning.networks import chain, model, save


@pytest.fixture
def noria(tmp_path: Path) -> Noria:
    return Noria(tmp_path / ".noria")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return save(model(chain("Relu", "Tanh", "Sigmoid"), weights={"unused": np.zeros(1)}), tmp_path)


def test_cuts_are_told_and_the_halves_of_the_best_are_written(noria: Noria, network: Path) -> None:
    told = noria("partition", network, "--seconds", "1", "--bandwidth", "8", "--first-speed", "2")

    assert "2 places where one tensor alone goes on; the smallest is t1 with 16 bytes" in told
    assert "a request takes least all on the first machine, 0.5 s" in told
    assert {path.name for path in network.with_suffix(".parts").iterdir()} == {
        "cuts.csv", "page.html", "partition.json", "partition1_1.onnx", "partition1_2.onnx",
    }  # fmt: skip


def test_a_later_run_leaves_no_half_of_an_earlier_one(noria: Noria, network: Path, tmp_path: Path) -> None:
    (tmp_path / "net.parts").mkdir()
    (tmp_path / "net.parts" / "notes.txt").write_text("mine")
    noria("partition", network, "--cut", "t1", "--cut", "t2")

    found = noria.json("partition", network, "--cut", "t2")

    there = {path.name for path in (tmp_path / "net.parts").iterdir()}
    assert there == {"notes.txt", *(Path(file).name for file in found["files"])}
    assert found["partitions"][0]["handed"] == [["t2"]]


def test_options_are_stronger_than_the_request_of_a_file(noria: Noria, network: Path, tmp_path: Path) -> None:
    request = tmp_path / "net.partition.yaml"
    request.write_text("seconds: 4\nbandwidth: 8\ncut: [t1]\n")

    found = noria.json("partition", network, "--request", request, "--bandwidth", "16")

    assert found["link"]["bandwidth"] == 16
    assert found["seconds"] == 4
    assert found["partitions"][0]["handed"] == [["t1"]]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--cut", "t11"), 3, "error: net.onnx: cut.0 is 't11', which is no tensor of the network; did you mean t1?"),
        (("--bandwidth", "0"), 2, "bandwidth must be greater than 0"),
        (("--measure", "--seconds", "1"), 2, "seconds is for networks that are not measured"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence_and_leaves_no_folder(
    noria: Noria, network: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    done = noria.run("partition", network, *options)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not network.with_suffix(".parts").exists()
