import pytest

from functions.continuum.annotations import read_annotations, write_annotations
from functions.continuum.reading import MalformedError
from tests.continuum_samples import ANNOTATIONS


def refusal(text: str) -> str:
    with pytest.raises(MalformedError) as failure:
        read_annotations(text, source="annotations.yaml")
    return failure.value.message


def test_annotations_are_read_by_component() -> None:
    annotations = read_annotations(ANNOTATIONS)

    assert list(annotations.components) == ["filter", "classifier"]
    assert annotations.throughput == ("filter", 0.5)
    assert annotations.components["classifier"].path == ("filter", "classifier")
    security = annotations.components["filter"].security
    assert security is not None
    assert security.trusted_execution
    assert not security.confidential_rest


def test_what_is_written_is_read_as_the_same() -> None:
    annotations = read_annotations(ANNOTATIONS)

    assert read_annotations(write_annotations(annotations)) == annotations


def test_the_guides_example_is_written_as_the_guide_prints_it() -> None:
    printed = (
        "mask_detection_v1/src/blurry-faces-onnx/main.py:\n  component_name:\n    name: blurry-faces-onnx\n"
        "  exec_time:\n    local_time_thr: 20\n  partitionable_model:\n    onnx_file: version-RFB-640.onnx\n"
    )

    assert write_annotations(read_annotations(printed)) == printed


def test_an_empty_exec_time_is_one() -> None:
    text = "a/main.py: {component_name: {name: a}, exec_time: {}}\n"

    assert read_annotations(text).components["a"].exec_time is not None


def test_each_wrong_rule_has_its_own_line_and_the_nearest_name() -> None:
    text = ANNOTATIONS.replace("prev_components: [filter]", "prev_components: [filtre]").replace("rate: 0.5", "rate: 0")

    message = refusal(text)

    assert "annotations.yaml: line 7: app/src/filter/main.py.expected_throughput.rate must be greater than 0" in message
    assert "filtre" in refusal(ANNOTATIONS.replace("[filter]", "[filtre]"))
    assert "did you mean filter?" in refusal(ANNOTATIONS.replace("[filter]", "[filtre]"))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    prev_components: [filter]\n", "", "line 19: .*global_time_thr holds for a path"),
        ("    global_time_thr: 30\n", "", "prev_components list a path, and global_time_thr does not say"),
        ("[filter]\n", "[filter, filter]\n", r"prev_components\.1 is filter, a second time"),
        ("[filter]\n", "[filter, classifier]\n", "is classifier, the component itself"),
        ("  exec_time:\n    local_time_thr: 20\n", "", "is filter, which has no exec_time of its own"),
        ("    name: classifier\n", "    name: filter\n", "is filter, as in app/src/filter/main.py"),
        (
            "  early_exits_model:\n",
            "  partitionable_model: {onnx_file: a.onnx}\n  early_exits_model:\n",
            "exclude each other",
        ),
        ("metric: average_f1", "metric: average_f2", "did you mean average_f1"),
        ("[dnn, pre]", "[dnn, prae]", "did you mean pre"),
        ("rate: 0.5", "rate: .nan", "finite"),
        ("onnx_file: filter.onnx", "onnx_file: ../filter.onnx", "a path below the application's folder"),
        ("app/src/filter/main.py", "/app/src/filter/main.py", "a path below the application's folder"),
        ("local_time_thr: 20", "local_time_thr: twenty", "must be a number, not 'twenty'"),
        ("trustedExecution: true", "trustedExecution: 1", "true or false"),
        ("condition_function: sure_enough", "condition_function: os.system", "must be of the form"),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in ANNOTATIONS

    with pytest.raises(MalformedError, match=sentence):
        read_annotations(ANNOTATIONS.replace(old, new), source="annotations.yaml")


def test_a_path_that_the_graph_does_not_have_is_named() -> None:
    annotations = read_annotations(ANNOTATIONS)

    assert list(annotations.breaks({("filter", "classifier")})) == []
    (fault,) = annotations.breaks({("classifier", "filter")})
    assert fault.sentence == "is filter, and classifier does not follow it in the application's graph"


def test_a_threshold_that_looks_like_milliseconds_is_doubted() -> None:
    warnings: list[str] = []

    read_annotations(ANNOTATIONS.replace("local_time_thr: 20", "local_time_thr: 20000"), warnings=warnings)

    assert len(warnings) == 1
    assert "were milliseconds meant?" in warnings[0]
