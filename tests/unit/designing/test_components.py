"""Every rule for annotations: what is wrong is one sentence with the file, the line and the nearest right name."""

from pathlib import Path

import pytest

from functions.continuum.annotations import read_annotations
from functions.designing.design import design
from functions.designing.writing import files
from functions.runtime.errors import Rejected
from tests.unit.designing.samples import (
    BLUR,
    DAG,
    DEPLOYMENTS,
    MASKS,
    candidate,
    filter_application,
    mask_application,
    write,
)


def masks(above: str) -> str:
    return f"from functions.annotations import *\n\n{above}\ndef main(args): ...\n"


@pytest.mark.parametrize(
    ("above", "sentence"),
    [
        ("", "line 4: component_name is missing"),
        ("@component_name()", "line 3: component_name.name is missing"),
        ("@component_name(5)", "line 3: component_name.name must be text, not 5"),
        ("@component_name('')", "component_name.name must be text of at least 1 characters"),
        (
            "@component_name('blurry-faces-onnx')",
            "component_name.name is blurry-faces-onnx, as in mask_detection_v1/src/",
        ),
        ("@component_name('mask-detectr')", "is 'mask-detectr', which is no component; did you mean mask-detector?"),
        (
            "@component_name('mask-detector')\n@exec_time('20')",
            "line 4: exec_time.local_time_thr must be a number, not '20'",
        ),
        (
            "@component_name('mask-detector')\n@exec_time(True)",
            "line 4: exec_time.local_time_thr must be a number, not True",
        ),
        (
            "@component_name('mask-detector')\n@exec_time(-5)",
            "local_time_thr must be greater than 0.0, not -5",
        ),
        ("@component_name('mask-detector')\n@exec_time(1e999)", "exec_time.local_time_thr"),
        ("@component_name('mask-detector')\n@exec_time(1, 2)", "exec_time.global_time_thr holds for a path"),
        ("@component_name('mask-detector')\n@exec_time(1, 2, [])", "exec_time.global_time_thr holds for a path"),
        (
            "@component_name('mask-detector')\n@exec_time(1, 2, 'a')",
            "exec_time.prev_components must be a list, not 'a'",
        ),
        ("@component_name('mask-detector')\n@exec_time(1, 2, [7])", "exec_time.prev_components.0 must be text, not 7"),
        (
            "@component_name('mask-detector')\n@exec_time(1, 2, ['blury-faces-onnx'])",
            "line 4: exec_time.prev_components.0 is 'blury-faces-onnx', which is no component; did you mean blurry",
        ),
        (
            "@component_name('mask-detector')\n@exec_time(1, 2, ['mask-detector'])",
            "exec_time.prev_components.0 is mask-detector, the component itself",
        ),
        ("@component_name('mask-detector')\n@expected_throughput('fast')", "expected_throughput.rate must be a number"),
        (
            "@component_name('mask-detector')\n@expected_throughput(0)",
            "expected_throughput.rate must be greater than 0",
        ),
        ("@component_name('mask-detector')\n@expected_throughput()", "expected_throughput.rate is missing"),
        ("@component_name('mask-detector')\n@device_constraints(use_gpu_for=['dn'])", "did you mean dnn?"),
        ("@component_name('mask-detector')\n@model_performance('accuracy')", "did you mean average_accuracy?"),
        (
            "@component_name('mask-detector')\n@model_performance('average_f1', 50)",
            "model_performance.metric_thr must be at most 1",
        ),
        (
            "@component_name('mask-detector')\n@security('yes')",
            "security.trustedExecution must be true or false, not 'yes'",
        ),
        (
            "@component_name('mask-detector')\n@detect_metric_drift('m', 'f', 'chi-square', .05, 1, 1, 1)",
            "did you mean chi-squared?",
        ),
        (
            "@component_name('mask-detector')\n@detect_metric_drift('m', 'f')",
            "detect_metric_drift.statistical_test is missing",
        ),
        (
            "@annotation({'component_name': {'name': 'mask-detector'}, 'exec_tme': {}})",
            "line 3: exec_tme is not a field; did you mean exec_time?",
        ),
        (
            "@annotation({'component_name': {'name': 'mask-detector'},\n 'exec_time': {'local_time': 2}})",
            "line 4: exec_time.local_time is not a field; did you mean local_time_thr?",
        ),
        (
            "@component_name('mask-detector')\n@partitionable_model('masks.onnx')",
            "line 4: partitionable_model.onnx_file is 'masks.onnx', which is not in src/mask-detector/onnx",
        ),
        (
            "@component_name('mask-detector')\n@partitionable_model('../a.onnx')",
            "must be a path below the application's folder",
        ),
        ("@component_name('mask-detector')\n@partitionable_model('a.onnx', 0)", "partitionable_model.num_partitions"),
        (
            "@component_name('mask-detector')\n@partitionable_model('a.onnx')\n@early_exits_model('a.onnx', 'main')",
            "early_exits_model and partitionable_model exclude each other",
        ),
        (
            "@component_name('mask-detector')\n@early_exits_model('a.onnx', 'mainn')",
            "early_exits_model.condition_function is 'mainn', which is no function of the file; did you mean main?",
        ),
        ("@component_name('mask-detector')\n@early_exits_model('a.onnx', 'main', [2])", "transition_probabilities.0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, above: str, sentence: str) -> None:
    application = mask_application(tmp_path, masks=masks(above))

    with pytest.raises(Rejected) as refused:
        design(application)

    assert str(refused.value).startswith("src/mask-detector/main.py: line ")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_excludes_each_other_is_found_in_whichever_component_it_is(tmp_path: Path) -> None:
    above = '@early_exits_model("version-RFB-640.onnx", "main")\n@partitionable_model'
    blur = BLUR.replace("@partitionable_model", above).replace(
        "import component_name", "import early_exits_model, component_name"
    )

    with pytest.raises(Rejected, match=r"src/blurry-faces-onnx/main\.py: line 11: .* exclude each other"):
        design(mask_application(tmp_path, blur=blur))


def test_a_component_of_the_graph_that_no_file_is_is_named(tmp_path: Path) -> None:
    dag = DAG.replace("components: ['blurry-faces-onnx',", "components: ['third', 'blurry-faces-onnx',")
    candidates = DEPLOYMENTS + candidate("component3", "third")
    changed = {"common_config/application_dag.yaml": dag, "common_config/candidate_deployments.yaml": candidates}

    with pytest.raises(Rejected) as refused:
        design(mask_application(tmp_path, **changed))

    sentence = "application_dag.yaml: line 3: System.components.0 is 'third', which is no component_name"
    assert str(refused.value).startswith(sentence)


def test_a_path_that_the_graph_does_not_have_is_named(tmp_path: Path) -> None:
    blur = BLUR.replace("local_time_thr=20", "20, 30, ['mask-detector']")

    with pytest.raises(Rejected, match=r"main\.py: line 10: exec_time.prev_components.0 is mask-detector, and blurry"):
        design(mask_application(tmp_path, blur=blur))


def test_a_path_through_a_component_that_is_not_timed_is_named(tmp_path: Path) -> None:
    blur = BLUR.replace("@exec_time(local_time_thr=20)\n", "")
    above = "@component_name('mask-detector')\n@exec_time(1, 2, ['blurry-faces-onnx'])"

    with pytest.raises(Rejected, match="is blurry-faces-onnx, which has no exec_time of its own"):
        design(mask_application(tmp_path, blur=blur, masks=masks(above)))


def test_a_folder_without_a_main_is_named(tmp_path: Path) -> None:
    application = write({"src/masks/mian.py": "x = 1\n"}, mask_application(tmp_path))

    with pytest.raises(Rejected, match=r"src/masks: main\.py is missing; did you mean mian\.py\?"):
        design(application)


def test_what_is_no_component_below_src_is_passed_over(tmp_path: Path) -> None:
    application = write(
        {"src/.git/x": "", "src/__pycache__/y.pyc": "", "src/notes.txt": "-"}, mask_application(tmp_path)
    )

    assert set(design(application).components.by_name) == {"blurry-faces-onnx", "mask-detector"}


def test_a_folder_that_is_no_application_is_told_what_one_has(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"application_dag\.yaml, .* are missing") as refused:
        design(tmp_path)

    assert "noria new" in refused.value.hint
    with pytest.raises(Rejected, match="is no folder"):
        design(tmp_path / "nothing")


def test_seconds_that_look_like_milliseconds_are_doubted(tmp_path: Path) -> None:
    found = design(mask_application(tmp_path, masks=MASKS.replace("(10)", "(20000)")))

    assert [each for each in found.warnings if each.startswith("src/mask-detector/main.py: line 7: exec_time")]


def test_what_is_written_is_what_the_reader_of_annotations_reads(tmp_path: Path) -> None:
    for application in (mask_application(tmp_path), filter_application(tmp_path)):
        found = design(application)
        text = dict(files(found, application))["common_config/annotations.yaml"]

        assert isinstance(text, bytes)
        assert read_annotations(text.decode()) == found.components.annotations
