"""A new application can be designed as it is, and its components run, whatever it was made from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from functions.continuum.application import Application
from functions.designing.design import design
from functions.designing.template import template
from functions.designing.writing import write as write_design
from functions.runtime.errors import Rejected
from local.cli.demo.pictures import write_photo
from tests.unit.designing.samples import write

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["my-app", "A", "1e5", "08", "true", "x.y_z"])
@pytest.mark.parametrize(
    ("kind", "paths"), [("texts", {("prepare", "classify"): 8}), ("masks", {("blur-faces", "mask-detect"): 4})]
)
def test_it_can_be_designed_whatever_it_is_called(
    tmp_path: Path, name: str, kind: str, paths: dict[tuple[str, str], float]
) -> None:
    folder = write(template(name, kind), tmp_path / name)

    found = design(folder)
    write_design(found, folder)

    assert found.warnings == ()
    assert found.dag.name == name
    assert (folder / f"oscar/{name}.yaml").is_file()
    read = Application.read(folder, needs=("annotations", "qos", "settings", "run_parameters"))
    assert read.warnings == ()
    assert read.qos
    assert read.qos.paths == paths


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "a b", "\u00e4pp", "a\nb", "x" * 101])
def test_a_name_that_a_folder_or_an_image_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match="is no name for an application"):
        template(name)


def test_its_components_run_one_after_the_other(tmp_path: Path) -> None:
    folder = write(template("my-app"), tmp_path / "my-app")
    (tmp_path / "in.txt").write_text("Is it so ?")

    for component, source, target in (("prepare", "in.txt", "words"), ("classify", "words", "out.json")):
        subprocess.run(
            [sys.executable, folder / "src" / component / "main.py", "-i", source, "-o", target],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
        )

    assert json.loads((tmp_path / "out.json").read_text()) == {"kind": "question", "words": 4}


def test_the_functions_of_the_masks_run_by_hand_too(tmp_path: Path) -> None:
    folder = write(template("masks", "masks"), tmp_path / "masks")
    write_photo(tmp_path / "photo.png")
    (tmp_path / "bad.png").write_text("no picture")

    done = [
        subprocess.run(
            [sys.executable, folder / "src" / component / "main.py", "-i", source, "-o", target],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        for component, source, target in (
            ("blur-faces", "photo.png", "out.png"),
            ("mask-detect", "out.png", "out.json"),
            ("blur-faces", "bad.png", "bad.out.png"),
        )
    ]

    assert [each.returncode for each in done] == [0, 0, 65]
    assert json.loads((tmp_path / "out.json").read_text())["no_masks_count"] == 1
    assert done[2].stderr == "the object is not a picture\n"


def test_a_template_that_there_is_not_is_named_with_the_nearest() -> None:
    with pytest.raises(Rejected, match="there is no template mask; did you mean masks"):
        template("my-app", "mask")


def test_no_package_of_a_stranger_is_asked_for() -> None:
    texts = template("my-app")

    lines = [line for path, text in texts.items() if path.endswith("requirements.txt") for line in text.splitlines()]

    assert all(line.startswith("#") for line in lines)
