"""The generated parts of a component, run one after the other as programs, give what the component gives."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from functions.designing import designs
from functions.designing.annotated import annotated
from functions.designing.design import design
from functions.designing.part_code import Code, Role, UncuttableError
from functions.designing.python_file import read_python
from functions.designing.writing import write as write_design
from functions.runtime.errors import Rejected
from tests.unit.designing.samples import BLUR, mask_application, write
from tests.unit.partitioning.networks import model

ROOT = Path(__file__).parents[3]
TWICE = "\n x, y = load_and_inference(1, 2)"
FIRST, SECOND = Role("partition1_1", True, False), Role("partition1_2", False, True)
node = helper.make_node


def program(folder: Path, *arguments: str) -> str:
    """Run a design as its container would, in its folder."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "main.py", *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def designed(folder: Path) -> Path:
    found = design(folder)
    assert found.warnings == ()
    write_design(found, folder)
    return folder / "aisprint/designs/blurry-faces-onnx"


def code(tmp_path: Path, text: str) -> Code:
    path = tmp_path / "main.py"
    path.write_text(text)
    return Code(annotated(read_python(path, "src/blur/main.py")), "version-RFB-640.onnx")


def test_both_halves_in_a_row_give_the_same_file_as_the_whole(tmp_path: Path) -> None:
    made = designed(mask_application(tmp_path))
    picture = np.random.default_rng(3).standard_normal((1, 3, 8, 8)).astype(np.float32)
    np.save(tmp_path / "picture.npy", picture)

    program(made / "base", "-i", f"{tmp_path}/picture.npy", "-o", f"{tmp_path}/whole.npy", "-t", "0.1")
    program(made / "partition1_1", "-i", f"{tmp_path}/picture.npy", "-o", f"{tmp_path}/half.npy", "-t", "0.1")
    program(made / "partition1_2", "-i", f"{tmp_path}/half.npy.hand-over.npz", "-o", f"{tmp_path}/halves.npy")

    assert (tmp_path / "halves.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert 0 < np.load(tmp_path / "whole.npy").mean() < 1


def test_the_last_part_names_its_result_after_what_came_in(tmp_path: Path) -> None:
    made = designed(mask_application(tmp_path))
    np.save(tmp_path / "picture.npy", np.ones((1, 3, 8, 8), np.float32))
    (tmp_path / "out").mkdir()

    program(made / "partition1_1", "-i", f"{tmp_path}/picture.npy", "-o", f"{tmp_path}/frame.npy")
    program(made / "partition1_2", "-i", f"{tmp_path}/frame.npy.hand-over.npz", "-o", f"{tmp_path}/out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["frame.npy"]


def test_nothing_generated_speaks_of_pickle(tmp_path: Path) -> None:
    made = designed(mask_application(tmp_path))

    for half in ("partition1_1", "partition1_2"):
        text = (made / half / "main.py").read_text()
        assert "pickle" not in text
        assert "noria_hand_over" in text
        assert f"onnx/{half}.onnx" in text
        assert 'partitionable_model(onnx_file="version-RFB-640.onnx")' in text


EARLY = '''\
import argparse

import numpy as np

from functions.annotations import component_name, early_exits_model
from functions.partitioning.inference import load_and_inference


def is_sure(result):
    return float(result[0].max()) > 0.9


@component_name("blurry-faces-onnx")
@early_exits_model("exits.onnx", "is_sure", [0.4])
def main(args):
    """Says what it is."""
    values = np.load(args["input"])
    tensors, result = load_and_inference(args["onnx_file"], {"in": values, "name": "n"})
    np.save(args["output"], result[-1])
    print(tensors["name"], len(result))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("input", "output"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--onnx_file", default="onnx/exits.onnx")
    main(vars(parser.parse_args()))
'''


def test_a_part_with_an_exit_ends_there_or_hands_over(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["early"]), node("Neg", ["a"], ["out"])]
    network = model(nodes, outputs=("early", "out")).SerializeToString()
    exits = "exits,input_nodes,output_nodes\nexit1,['a'],['early']\n"
    below = "src/blurry-faces-onnx/onnx"
    changed: dict[str, str | bytes] = {f"{below}/exits.onnx": network, f"{below}/early_exits.csv": exits}
    made = designed(mask_application(tmp_path, blur=EARLY, **changed))
    sure, unsure = np.full((1, 4), 5, np.float32), np.full((1, 4), 0.5, np.float32)

    said = []
    for name, values in (("sure", sure), ("unsure", unsure)):
        np.save(tmp_path / f"{name}.npy", values)
        part = made / "partition1_1"
        said.append(program(part, "--input", f"{tmp_path}/{name}.npy", "--output", f"{tmp_path}/{name}.out.npy"))
    last = made / "partition1_2"
    said.append(program(last, "-i", f"{tmp_path}/unsure.out.npy.hand-over.npz", "-o", f"{tmp_path}/unsure.end.npy"))

    assert said == ["n 1\n", "", "n 1\n"]
    assert np.allclose(np.load(tmp_path / "sure.out.npy"), np.tanh(5))
    assert not (tmp_path / "sure.out.npy.hand-over.npz").exists()
    assert np.array_equal(np.load(tmp_path / "unsure.end.npy"), -unsure)


def test_requests_leave_at_an_exit_as_often_as_is_said(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["early"]), node("Neg", ["a"], ["out"])]
    below = "src/blurry-faces-onnx/onnx"
    changed: dict[str, str | bytes] = {
        f"{below}/exits.onnx": model(nodes, outputs=("early", "out")).SerializeToString(),
        f"{below}/early_exits.csv": "exits,input_nodes,output_nodes\nexit1,['a'],['early']\n",
    }

    found = design(mask_application(tmp_path, blur=EARLY, **changed))

    first, second = "blurry-faces-onnx_partition1_1", "blurry-faces-onnx_partition1_2"
    assert found.deployments[1].dag.dependencies == (
        (first, second, 0.4),
        (first, "mask-detector", 0.6),
        (second, "mask-detector", 1),
    )


def test_comments_and_the_docstring_stay_where_they_belong(tmp_path: Path) -> None:
    text = BLUR.replace("    # Pre-processing\n", '    """Blurs."""\n    # Pre-processing\n    import json\n')

    first, second = (code(tmp_path, text).of(role) for role in (FIRST, SECOND))

    assert "# Pre-processing" in first
    assert "# Post-processing" not in first
    assert "# Pre-processing" not in second
    assert all('"""Blurs."""' in part and "import json" in part for part in (first, second))
    assert "--threshold" not in second


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def main(): load_and_inference(1, 2)", "line 1: main takes no arguments"),
        ("async def main(args): load_and_inference(1, 2)", "line 1: main takes no arguments"),
        ("def main(args): ...", "line 1: main has no call of load_and_inference"),
        (
            "def main(a):\n x, y = load_and_inference(1, 2)\n x, y = load_and_inference(1, 2)",
            "line 1: main has 2 calls",
        ),
        ("def main(a):\n if a:\n  x, y = load_and_inference(1, 2)", "line 3: load_and_inference is not called in a"),
        ("def main(a):\n x = load_and_inference(1, 2)", "line 2: load_and_inference is not called in a statement"),
        ("def main(a):\n x, y = load_and_inference(1, inputs=2)", "line 2: load_and_inference is not called in a"),
        ("def main(a):\n x, y = load_and_inference(1, 2); z = 3", "line 2: another statement is on this line"),
        ("def main(a): x, y = load_and_inference(1, 2)", "line 1: another statement is on this line"),
        ("def main(a):\n w = 1\n x, y = load_and_inference(1, w)\n print(w)", "line 4: w is made before the network"),
        ("def main(a):\n f = 1\n x, y = load_and_inference(f, a)", "line 3: f is made before the network"),
    ],
)
def test_code_that_cannot_be_cut_is_named_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UncuttableError) as refused:
        code(tmp_path, f"{text}\n").of(SECOND)

    assert f"src/blur/main.py: {sentence}" in str(refused.value)
    assert refused.value.hint


def test_parts_without_code_still_have_their_networks_and_say_so(tmp_path: Path) -> None:
    blur = BLUR.replace("load_and_inference(", "run_it(")

    found = design(mask_application(tmp_path, blur=blur))

    (warning,) = found.warnings
    assert "main has no call of load_and_inference" in warning
    assert "the parts of partition1 have no main.py" in warning
    half = found.designs["blurry-faces-onnx"].designs[1]
    assert set(half.written) == {"onnx/partition1_1.onnx"}


def test_probabilities_that_are_too_many_for_the_exits_are_refused(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["early"]), node("Neg", ["a"], ["out"])]
    below = "src/blurry-faces-onnx/onnx"
    changed: dict[str, str | bytes] = {
        f"{below}/exits.onnx": model(nodes, outputs=("early", "out")).SerializeToString(),
        f"{below}/early_exits.csv": "exits,input_nodes,output_nodes\nexit1,['a'],['early']\n",
    }
    folder = write(changed, mask_application(tmp_path, blur=EARLY.replace("[0.4]", "[0.4, 0.5]")))

    with pytest.raises(Rejected, match="transition_probabilities has 2 entries for 1 exits"):
        design(folder)


def test_exits_without_probabilities_are_told(tmp_path: Path) -> None:
    nodes = [node("Relu", ["in"], ["a"]), node("Tanh", ["a"], ["early"]), node("Neg", ["a"], ["out"])]
    below = "src/blurry-faces-onnx/onnx"
    changed: dict[str, str | bytes] = {
        f"{below}/exits.onnx": model(nodes, outputs=("early", "out")).SerializeToString(),
        f"{below}/early_exits.csv": "exits,input_nodes,output_nodes\nexit1,['a'],['early']\n",
    }

    found = design(mask_application(tmp_path, blur=EARLY.replace(", [0.4]", ""), **changed))

    assert [each for each in found.warnings if "early_exits_model has no transition_probabilities" in each]


def test_more_halves_than_a_disk_should_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(designs, "MOST_BYTES", 100)

    with pytest.raises(Rejected, match=r"halves of 1 cuts are 1 times its [0-9,]+ bytes"):
        design(mask_application(tmp_path))
