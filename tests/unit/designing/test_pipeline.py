"""The pipeline of an application: what reads where, and whether its scripts run."""

import io
from pathlib import Path

import numpy as np
import pytest
import yaml

import fdl
from functions.continuum.application import Application
from functions.continuum.dag import Dag
from functions.continuum.deployments import CandidateDeployments
from functions.designing.design import design
from functions.designing.pipeline import HEADER, MadePipeline, bucket_of, designs_of, made_pipeline, pipeline_of
from functions.designing.template import template
from functions.designing.writing import write as write_design
from functions.run_script.handler import run_script
from functions.runtime.errors import Rejected
from tests.conftest import Run
from tests.unit.designing.samples import candidate, mask_application, write

DIAMOND = Dag(
    name="My App",
    components=("cut", "left_half", "right_half", "join"),
    dependencies=(
        ("cut", "left_half", 1),
        ("cut", "right_half", 1),
        ("left_half", "join", 1),
        ("right_half", "join", 1),
    ),
)

EXITS = Dag(
    name="app",
    components=("blur_partition1_1", "blur_partition1_2", "detect"),
    dependencies=(
        ("blur_partition1_1", "blur_partition1_2", 0.4),
        ("blur_partition1_1", "detect", 0.6),
        ("blur_partition1_2", "detect", 1),
    ),
)
COPY = """\
import argparse, shutil
parser = argparse.ArgumentParser()
parser.add_argument("-i")
parser.add_argument("-o")
given = parser.parse_args()
shutil.copyfile(given.i, given.o)
"""
HANDS_OVER = COPY.replace("given.o)", "given.o + '.hand-over.npz')")
BLUR = "aisprint/designs/blur/partition1_1"


def made(dag: Dag, folder: Path) -> MadePipeline:
    text = "".join(candidate(f"component{number}", name) for number, name in enumerate(dag.components))
    candidates = CandidateDeployments.model_validate(yaml.safe_load(f"Components:\n{text}"))
    return made_pipeline(dag, candidates, folder, sources={})


def services(pipeline: MadePipeline, folder: Path) -> dict[str, fdl.Service]:
    loaded = fdl.load(pipeline.write(folder / "oscar/app.yaml"))
    assert not fdl.check([loaded])
    return {service.name: service for service in loaded.services}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def designed(folder: Path) -> Path:
    write_design(design(folder), folder)
    return folder


def test_what_several_follow_is_read_by_each_and_what_follows_several_reads_all(tmp_path: Path) -> None:
    found = services(made(DIAMOND, tmp_path), tmp_path)

    inputs = {name: [each.path for each in service.inputs] for name, service in found.items()}
    assert inputs == {
        "cut": ["my-app-cut/input"],
        "left-half": ["my-app-cut/output"],
        "right-half": ["my-app-cut/output"],
        "join": ["my-app-left-half/output", "my-app-right-half/output"],
    }
    assert {service.environment["COMPONENT_NAME"] for service in found.values()} == set(DIAMOND.components)


def test_what_is_joined_is_told_apart_by_where_it_comes_from(tmp_path: Path, run: Run) -> None:
    pipeline = made(DIAMOND, tmp_path)
    folder = write({"src/join/main.py": COPY}, tmp_path)

    services(pipeline, tmp_path)
    found = run(run_script, "a.txt", b"hello", file=folder / "oscar/scripts/join.sh")

    assert found.files == {"a.txt": b"hello"}
    assert (tmp_path / "out/local/a.txt").is_file()  # the bucket of what is run by hand


@pytest.mark.parametrize("name", ["-a b.json", "data.npz", ".hidden.txt", "result", "a.hand-over.npz.txt"])
def test_what_ends_in_a_part_is_a_result_whatever_the_object_is_called(tmp_path: Path, run: Run, name: str) -> None:
    services(made(EXITS, tmp_path), write({f"{BLUR}/main.py": COPY}, tmp_path))

    run(run_script, name, b"1", file=tmp_path / "oscar/scripts/blur-partition1-1.sh")

    assert files(tmp_path / "out") == {f"result/{name}": b"1"}


@pytest.mark.parametrize("name", ["a b.json", "data.npz", ".hidden.txt", "result"])
def test_what_a_part_hands_over_lies_beside_its_results(tmp_path: Path, run: Run, name: str) -> None:
    services(made(EXITS, tmp_path), write({f"{BLUR}/main.py": HANDS_OVER}, tmp_path))

    run(run_script, name, b"1", file=tmp_path / "oscar/scripts/blur-partition1-1.sh")

    assert files(tmp_path / "out") == {f"{name}.hand-over.npz": b"1"}


def test_an_object_that_is_called_like_a_hand_over_is_refused_where_it_might_end(tmp_path: Path, run: Run) -> None:
    services(made(EXITS, tmp_path), write({f"{BLUR}/main.py": COPY}, tmp_path))

    with pytest.raises(Rejected, match=r"only what parts hand over ends with \.hand-over\.npz"):
        run(run_script, "a.hand-over.npz", b"1", file=tmp_path / "oscar/scripts/blur-partition1-1.sh")


def test_functions_of_norias_own_have_their_suffixes_and_need_no_script_here(tmp_path: Path) -> None:
    folder = write(template("masks", "masks"), tmp_path / "masks")

    found = services(pipeline_of(Application.read(folder), folder), folder)

    assert {(path.path, path.suffixes[0]) for path in found["blur-faces"].outputs} >= {
        ("masks-failed/blur-faces", ".failure.json"),
        ("masks-blur-faces/output", ".blurred.png"),
    }
    assert ".faces.json" in {suffix for path in found["blur-faces"].outputs for suffix in path.suffixes}
    assert [path.path for path in found["mask-detect"].inputs] == ["masks-blur-faces/output"]
    assert "NORIA_FUNCTION" not in found["blur-faces"].environment
    assert "noria invoke blur-faces" in (folder / "oscar" / found["blur-faces"].script).read_text()


def test_a_function_that_looks_into_folders_is_told_those_of_the_application(tmp_path: Path) -> None:
    dag = Dag(name="app", components=("fit-performance", "drift-check"), dependencies=())

    found = services(made(dag, tmp_path), tmp_path)

    assert found["fit-performance"].environment["NORIA_LISTS"] == "app-fit-performance/input"
    assert set(found["drift-check"].environment) == {"NORIA_TIME_LIMIT"}


@pytest.mark.parametrize("first", ["", "#!/bin/bash -e\n"])
def test_a_script_of_ones_own_finds_its_files_below_a_path_with_blanks(tmp_path: Path, run: Run, first: str) -> None:
    folder = write(template("my-app"), tmp_path / "it's my  app")
    (folder / "src/prepare/script.sh").write_text(
        f'{first}cat /opt/prepare/word "/opt/prepare/word" > "$TMP_OUTPUT_DIR/a"'
    )
    (folder / "src/prepare/word").write_text("mine")
    written = pipeline_of(Application.read(folder), folder).write(folder / "oscar/my-app.yaml")

    found = run(run_script, "a.txt", b"hello", file=written.parent / "scripts/prepare.sh")

    assert found.files == {"a": b"minemine"}


def test_a_script_of_ones_own_goes_before_norias_function_and_finds_its_files(tmp_path: Path, run: Run) -> None:
    folder = write(template("masks", "masks"), tmp_path / "masks")
    (folder / "src/blur-faces/script.sh").write_text('cat /opt/blur-faces/word > "$TMP_OUTPUT_DIR/word"\n')
    (folder / "src/blur-faces/word").write_text("mine")

    found = services(pipeline_of(Application.read(folder), folder), folder)
    result = run(run_script, "a.txt", b"hello", file=folder / "oscar" / found["blur-faces"].script)

    assert found["blur-faces"].environment["NORIA_FUNCTION"] == "run-script"
    assert result.files == {"word": b"mine"}


def test_components_run_by_their_scripts_wherever_these_are_written(tmp_path: Path, run: Run) -> None:
    folder = write(template("my-app"), tmp_path / "it's my app")
    elsewhere = pipeline_of(Application.read(folder), folder).write(tmp_path / "a/b/c.yaml")

    found = run(run_script, "a b.txt", b"Is it SO ?", file=elsewhere.parent / "scripts/prepare.sh")

    assert found.files == {"a b.txt": b"is\nit\nso\n?"}
    with pytest.raises(Rejected, match="this is no text"):
        run(run_script, "a.txt", b"\xff\xfe", file=elsewhere.parent / "scripts/prepare.sh")


def test_parts_of_a_network_hand_over_and_end_as_the_whole_does(tmp_path: Path, run: Run) -> None:
    folder = designed(mask_application(tmp_path))
    application = Application.read(folder)
    picture = io.BytesIO()
    np.save(picture, np.random.default_rng(3).standard_normal((1, 3, 8, 8)).astype(np.float32))

    cuts = {name: parts for name, parts in designs_of(folder).items() if name != "base"}
    (name, parts), *_ = cuts.items()
    whole = services(pipeline_of(application, folder), folder)
    halves = services(pipeline_of(application, folder, deployment=name), tmp_path)
    of_whole = run(run_script, "a.npy", picture.getvalue(), file=folder / "oscar/scripts/blurry-faces-onnx.sh")
    scripts = [tmp_path / "oscar" / halves[each].script for each in sorted(halves) if "partition1" in each]
    handed = run(run_script, "a.npy", picture.getvalue(), file=scripts[0])
    of_halves = run(run_script, "a.npy.hand-over.npz", handed.files["a.npy.hand-over.npz"], file=scripts[1])

    assert len(parts) == len(halves) == len(whole) + 1
    assert of_halves.files == of_whole.files
    assert list(of_whole.files) == ["a.npy"]


def test_where_a_request_may_end_early_both_ways_lead_on(tmp_path: Path) -> None:
    found = services(made(EXITS, tmp_path), tmp_path)

    first = found["blur-partition1-1"]
    hand_over, result = (path for path in first.outputs if path.suffixes != (".failure.json",))
    assert (hand_over.takes("a.hand-over.npz"), hand_over.takes("result/a.npz")) == (True, False)
    assert (result.takes("a.hand-over.npz"), result.takes("result/a.npz")) == (False, True)
    assert found["blur-partition1-2"].inputs[0].path == hand_over.path
    assert result.path in {path.path for path in found["detect"].inputs}


def test_long_names_are_names_of_buckets_all_the_same(tmp_path: Path) -> None:
    found = services(made(DIAMOND.model_copy(update={"name": "x" * 80}), tmp_path), tmp_path)

    assert len(bucket_of("x" * 80, "left-half")) == 63
    assert len(found) == 4


@pytest.mark.parametrize("name", ["a" * 40, "\u00e4", "a.b"])
def test_a_component_that_no_service_can_be_called_like_has_no_pipeline(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="no pipeline can be made"):
        made(Dag(name="app", components=(name,)), tmp_path)


def test_a_deployment_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    folder = designed(write(template("my-app"), tmp_path / "my-app"))

    with pytest.raises(Rejected, match="no deployment deployment2; did you mean deployment1"):
        pipeline_of(Application.read(folder), folder, deployment="deployment2")


def test_a_pipeline_that_a_person_wrote_or_took_over_is_left_alone(tmp_path: Path) -> None:
    folder = designed(write(template("my-app"), tmp_path / "my-app"))
    ours = folder / "oscar/my-app.yaml"
    text = ours.read_text()

    ours.write_text(text.replace("512Mi", "2Gi"))
    designed(folder)
    again = ours.read_text()
    ours.write_text(text.replace(f"{HEADER}\n", "").replace("512Mi", "2Gi"))
    designed(folder)

    assert again == text
    assert "2Gi" in ours.read_text()


@pytest.mark.parametrize("place", ["oscar", "aisprint", "aisprint/designs"])
def test_a_file_where_the_design_goes_is_refused(tmp_path: Path, place: str) -> None:
    folder = write(template("my-app"), tmp_path / "my-app")
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text("mine")

    with pytest.raises(Rejected, match=f"{place} is a file, not a folder"):
        designed(folder)


def test_a_folder_with_a_pipelines_name_is_no_pipeline(tmp_path: Path) -> None:
    folder = write(template("my-app"), tmp_path / "my-app")
    (folder / "oscar/old.yaml").mkdir(parents=True)

    designed(folder)

    assert (folder / "oscar/my-app.yaml").is_file()
