"""Placing with learnt models: what they say of nodes and load, and what is said of how far they can be trusted."""

import json
import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from functions.modelling.predictor import FittedModel
from functions.optimize.by_hand import Done, by_hand
from functions.optimize.checking import checked
from functions.optimize.manifest import sha256_of
from functions.optimize.problem import read_application
from functions.optimize.request import Request
from functions.optimize.result import Predicted, Result
from functions.optimize.settings import Optimize
from functions.placement.system import Measured
from functions.runtime.errors import Rejected
from tests.unit.optimize.samples import DEGRADED, DEMANDS, write


@pytest.fixture
def app(learnt_application: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(learnt_application, tmp_path / "masks"))


def optimised(app: Path, output: Path | None = None, *, load: float = 1.2) -> Done:
    def place(name: str) -> Path:
        assert output is not None
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        return output / name

    options = {"load": load, "front": False}
    return by_hand(
        app,
        options,
        settings=Optimize(),
        current=None,
        before=None,
        place=place if output else None,
        progress=lambda _: None,
    )


def result_of(app: Path, *, load: float = 1.2) -> Result:
    result = optimised(app, load=load).result
    assert result is not None
    return result


def _most_load(app: Path, each: Predicted) -> float:
    """Give the greatest load that a model was fitted to."""
    card = FittedModel(app / "oscarp" / each.file).card
    return next(one.most for one in card.inputs if one.role == "load")


def times(app: Path, component: str, resource: str, *, load: float) -> tuple[float, ...]:
    partition = read_application(app, "masks", Request(load=load)).system.components[component].partitions[component]
    behaviour = partition.candidates[resource].behaviour
    assert isinstance(behaviour, Measured)
    return behaviour.seconds


def test_more_nodes_are_quicker_and_more_load_is_slower(app: Path) -> None:
    quiet, busy = (times(app, "blur", "Pi", load=load) for load in (0.5, 1.4))

    assert len(quiet) == 4
    assert busy[0] > busy[1] > busy[2] >= busy[3]
    assert busy[0] > 1.5 * quiet[0]
    assert quiet[3] == pytest.approx(DEMANDS["blur"]["Pi"], rel=0.1)


def test_the_time_of_a_part_in_a_queue_is_near_that_of_the_queue(app: Path) -> None:
    demand, load = DEMANDS["blur"]["Pi"], 1.0
    full = demand * load

    found = times(app, "blur", "Pi", load=load)

    assert found[0] == pytest.approx(demand + demand * full / (2 * (1 - full)), rel=0.2)  # Pollaczek and Khinchine


def test_each_part_has_its_prediction_with_bounds_at_its_own_load(app: Path) -> None:
    result = result_of(app, load=1.0)

    found = {each.partition: each for each in result.predictions}
    assert [found[name].load for name in ("blur", "detect")] == pytest.approx([1.0, 0.8])
    for each in result.predictions:
        assert each.lower <= each.seconds <= each.upper
        assert result.component_times[each.component] == pytest.approx(each.seconds)
    assert len(result.models) == 4


def test_no_more_is_promised_than_was_measured(app: Path) -> None:
    limits = app / "aisprint/deployments/base/ams/qos_constraints.yaml"
    limits.write_text(limits.read_text().replace("threshold: ", "threshold: 10"))

    done = optimised(app, load=0.4)

    assert done.result is not None
    most = [_most_load(app, each) / each.load * 0.4 for each in done.result.predictions]
    assert done.result.greatest_load == pytest.approx(min(most), rel=1e-5)
    assert "the most that was measured" in done.sentence


def test_what_was_never_measured_is_said_to_be_a_guess(app: Path) -> None:
    beyond = result_of(app, load=3.0)

    assert any("was never measured with such load" in each for each in beyond.warnings)
    assert any(each.beyond == ("load",) for each in beyond.predictions)


def test_less_load_than_was_measured_is_no_quicker(app: Path) -> None:
    assert times(app, "blur", "Pi", load=0.01) == times(app, "blur", "Pi", load=0.5)


def test_what_is_written_is_checked_with_the_models_beside_it(app: Path, tmp_path: Path) -> None:
    optimised(app, tmp_path / "out")

    found = {each.subject: each.state for each in checked(tmp_path / "out", seconds=10)}

    assert found["learnt models"] == "holds"
    assert set(found.values()) == {"holds"}
    system = json.loads((tmp_path / "out" / "system.json").read_text())
    assert len(system["Performance"]["blur"]["blur"]["Pi"]["seconds"]) == 4


@pytest.mark.parametrize("how", ["another", "gone", "table"])
def test_a_model_that_is_not_the_one_that_was_asked_is_told(app: Path, tmp_path: Path, how: str) -> None:
    out = tmp_path / "out"
    optimised(app, out)
    model, system = out / "models" / "blur.Pi.onnx", out / "system.json"
    if how == "another":
        shutil.copy(out / "models" / "detect.Pi.onnx", model)
    elif how == "gone":
        model.unlink()
    else:
        content = json.loads(system.read_text())
        content["Performance"]["blur"]["blur"]["Pi"]["seconds"][0] /= 2
        system.write_text(json.dumps(content, indent=2) + "\n")

    found = {each.subject: each for each in checked(out, seconds=10)}

    assert found["learnt models"].state == "fails"
    assert ("blur.Pi.onnx" if how != "table" else "blur on Pi") in found["learnt models"].said


def test_a_model_that_is_not_there_and_a_pickle_give_their_mean_time_with_a_warning(app: Path) -> None:
    table = app / "oscarp" / "performance_models.json"
    models = json.loads(table.read_text())
    (app / "oscarp" / "models" / "blur.Pi.onnx").unlink()
    models["blur"]["blur"]["VM1"]["regressor_file"] = "models/evil.pkl"
    (app / "oscarp" / "models" / "evil.pkl").write_bytes(pickle.dumps({"a": 1}))
    table.write_text(json.dumps(models))

    result = result_of(app)

    assert times(app, "blur", "Pi", load=1.2) == (models["blur"]["blur"]["Pi"]["meanTime"],)
    told = [each for each in result.warnings if "meanTime is taken" in each]
    assert ["blur on Pi" in each and "blur on VM1" in each for each in told] == [True]


def test_a_model_of_another_resource_is_asked_and_said_to_be_one(app: Path) -> None:
    table = app / "oscarp" / "performance_models.json"
    models = json.loads(table.read_text())
    models["blur"]["blur"]["VM1"]["regressor_file"] = "models/blur.Pi.onnx"
    table.write_text(json.dumps(models))

    result = result_of(app)

    assert "blur on VM1 is predicted by a model that was fitted to blur on Pi" in result.warnings


def test_a_file_that_is_no_performance_model_is_one_sentence(app: Path) -> None:
    (app / "oscarp" / "models" / "blur.Pi.onnx").write_bytes(b"\x80\x04 a pickle in disguise")

    with pytest.raises(Rejected, match=r"blur\.Pi\.onnx"):
        optimised(app)


def unanswering(path: Path) -> None:
    """Make a model one that opens, and fails when it is asked."""
    model = onnx.load(path)
    del model.graph.node[:]
    model.graph.initializer.append(numpy_helper.from_array(np.array([99]), "far"))
    model.graph.node.append(helper.make_node("Gather", ["features", "far"], ["found"], axis=1))
    model.graph.node.extend(helper.make_node("Squeeze", ["found"], [each.name]) for each in model.graph.output)
    onnx.save(model, path)


def test_a_model_that_fails_when_it_is_asked_is_one_sentence(app: Path) -> None:
    unanswering(app / "oscarp" / "models" / "blur.Pi.onnx")

    with pytest.raises(Rejected, match=r"^blur\.Pi\.onnx cannot be asked: "):
        optimised(app)


def test_a_model_that_fails_when_it_is_asked_again_is_what_does_not_hold(app: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    optimised(app, out)
    model, result = out / "models" / "blur.Pi.onnx", out / "result.json"
    before = sha256_of(model.read_bytes())
    unanswering(model)
    result.write_text(result.read_text().replace(before, sha256_of(model.read_bytes())))

    found = {each.subject: each for each in checked(out, seconds=10)}

    assert found["learnt models"].state == "fails"
    assert "blur.Pi.onnx cannot be asked" in found["learnt models"].said


def test_without_what_asks_models_the_group_that_installs_it_is_named(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(Rejected, match=r"blur\.Pi\.onnx is a learnt model") as refused:
        optimised(app)

    assert refused.value.hint == "pip install --group fit-performance"


def test_a_deployment_below_the_threshold_of_its_metric_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    strict = DEGRADED["deployments_performance.yaml"].replace("metric_thr: 0.5", "metric_thr: 0.7")
    folder = write({**DEGRADED, "deployments_performance.yaml": strict}, tmp_path / "app")

    problem = read_application(folder, "masks", Request(load=0.5))

    assert list(problem.degraded) == ["whole"]
    assert [each for each in problem.warnings if "small" in each] == [
        "small is not looked at: its average_f1 is 0.6, below metric_thr, 0.7"
    ]


def test_what_a_person_says_of_an_input_is_asked_and_kept(app: Path) -> None:
    request = Request(load=1.0, inputs={"parallelism": 4})

    problem = read_application(app, "masks", request)

    candidate = problem.system.components["blur"].partitions["blur"].candidates["Pi"]
    assert isinstance(candidate.behaviour, Measured)
    assert len(set(candidate.behaviour.seconds)) == 1
    assert replace(problem, warnings=()).learnt is not None
