import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions.placement import system_json
from functions.placement.evaluation import evaluate
from functions.placement.system import ColdStarts, Domain, Measured, Queue
from functions.runtime.errors import Rejected
from tests.unit.placement.systems import cut, described, published, small, system_of

FOLDERS = published()


def refused(text: dict[str, Any] | str, **options: Any) -> str:
    """Give the sentence with which a file is refused."""
    given = text if isinstance(text, str) else json.dumps(text)
    with pytest.raises(Rejected) as failure:
        system_json.parse(given, source="system.json", **options)
    assert "\n" not in failure.value.message
    return failure.value.message


def changed(*place: str | int, to: Any) -> dict[str, Any]:
    """Give the small system's file with one value replaced, or left out where ``to`` is none."""
    text = described()
    inner: Any = text
    for name in place[:-1]:
        inner = inner[name]
    if to is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = to
    return text


def older(text: dict[str, Any]) -> dict[str, Any]:
    """Write a system as SPACE4AI-D did before 2023: single values, memory in the partition, lists of names."""
    for component, deployments in text["Components"].items():
        for parts in deployments.values():
            for name, part in parts.items():
                part["next"] = part["next"][0] if part["next"] else ""
                part["data_size"] = part["data_size"][0]
                part["memory"] = text["CompatibilityMatrix"][component][name][0]["memory"]
    for parts in text["CompatibilityMatrix"].values():
        for name, candidates in parts.items():
            parts[name] = [each["resource"] for each in candidates]
    for domain in text["NetworkTechnology"].values():
        domain["computationallayers"] = domain.pop("computationalLayers")
    return text


def oldest(text: dict[str, Any]) -> dict[str, Any]:
    """Write it as at first: stop_probability, DemandMatrix, one transition cost for all functions."""
    text = older(text)
    for deployments in text["Components"].values():
        for parts in deployments.values():
            for part in parts.values():
                part["stop_probability"] = part.pop("early_exit_probability")
    text["DemandMatrix"] = {
        component: {
            part: {
                name: each.get("demand") or each.get("meanTime") or [each["demandWarm"], each["demandCold"]]
                for name, each in models.items()
            }
            for part, models in parts.items()
        }
        for component, parts in text.pop("Performance").items()
    }
    for section in ("EdgeResources", "CloudResources"):
        for layer in text[section].values():
            for node in layer.values():
                del node["n_cores"]
    text["FaaSResources"]["transition_cost"] = text["FaaSResources"]["functions"].pop("transition_cost")
    return text


def test_today_s_form_is_read() -> None:
    system = small()

    camera = system.components["camera"]
    assert list(system.components) == ["camera", "sensor", "fuse"]
    assert camera.deployments == {"whole": ("w",), "cut": ("a", "b")}
    assert camera.next == {"fuse": 0.5}
    assert camera.partitions["a"].early_exit == 0.25
    assert camera.partitions["a"].sizes == {"b": 40.0}
    assert camera.partitions["a"].candidates["pi"].behaviour == Queue(0.1)
    assert camera.partitions["b"].candidates["lambda"].behaviour == ColdStarts(0.5, 2.0)
    assert system.components["sensor"].partitions["s"].candidates["jetson"].behaviour == Measured((0.7,))
    assert system.resources["pi"].nodes == 2
    assert system.resources["lambda"].idle_time == 600
    assert system.domains[0] == Domain("lan", frozenset({"near"}), 0.001, 1000)
    assert (system.load, system.hours, system.local) == (2.0, 3.0, {"camera": 5.0})


def test_behind_the_last_partition_nothing_is_left_to_skip() -> None:
    assert small().components["camera"].partitions["b"].early_exit == 0.0


def test_what_is_written_is_read_again_as_the_same_system(tmp_path: Path) -> None:
    system_json.write(small(), tmp_path / "small.json")

    assert system_json.read(tmp_path / "small.json") == small()


@pytest.mark.skipif(not FOLDERS, reason="../shared is not here")
def test_published_systems_keep_every_field_when_they_are_written_again() -> None:
    for folder in FOLDERS[::16]:
        system = system_of(folder)

        assert system_json.parse(json.dumps(system_json.as_json(system)), source=f"{system.name}.json") == system


def test_the_older_form_is_the_same_system_but_for_memory_that_differs_by_resource() -> None:
    system = system_json.parse(json.dumps(older(described())), source="small.json", sizes="KB")

    assert system == small()


def test_the_oldest_form_is_read_too() -> None:
    text = described()
    text["Performance"]["sensor"]["s"]["jetson"] = {"model": "QTedge", "demand": 0.7}
    cores = {**text["EdgeResources"]["near"], **text["CloudResources"]["far"]}
    expected = json.loads(json.dumps(text))
    for node in cores.values():
        node["n_cores"] = 1
    expected["EdgeResources"], expected["CloudResources"] = text["EdgeResources"], text["CloudResources"]

    system = system_json.parse(json.dumps(oldest(json.loads(json.dumps(text)))), source="small.json", sizes="KB")

    assert system == small(**json.loads(json.dumps(expected)))


def test_before_2023_sizes_were_kilobits() -> None:
    old = system_json.parse(json.dumps(older(described())), source="small.json")

    assert old.components["camera"].partitions["a"].sizes == {"b": 5.0}


def test_the_load_that_is_asked_for_is_taken_instead_of_the_file_s() -> None:
    assert system_json.parse(json.dumps(described()), source="s.json", load=7.5).load == 7.5
    assert system_json.parse(json.dumps(changed("Lambda", to=None)), source="s.json", load=7.5).load == 7.5


def test_a_learnt_model_is_asked_for_every_number_of_nodes_at_the_load_of_the_partition() -> None:
    text = changed("Performance", "sensor", "s", "vm", to={"model": "LambdaBasedPredictor", "demand": 0.3})

    def model(component: str, partition: str, resource: str, *, nodes: int, load: float) -> float:
        assert (component, partition) == ("sensor", "s")
        return load / nodes if resource == "vm" else 9.0

    system = system_json.parse(json.dumps(text), source="s.json", load=4.0, predictor=model)

    candidates = system.components["sensor"].partitions["s"].candidates
    assert candidates["vm"].behaviour == Measured((4.0, 2.0, 4 / 3, 1.0), occupancy=0.3)
    assert candidates["jetson"].behaviour == Measured((9.0,))


def test_a_time_that_a_file_says_is_held_once_however_many_nodes_there_are() -> None:
    text = changed("EdgeResources", "near", "jetson", "number", to=100_000)

    system = system_json.parse(json.dumps(text), source="s.json")

    assert system.components["sensor"].partitions["s"].candidates["jetson"].behaviour == Measured((0.7,))
    assert evaluate(system, cut()) == evaluate(small(), cut())


def test_of_very_many_nodes_a_learnt_model_is_asked_for_the_first_thousand() -> None:
    text = changed("EdgeResources", "near", "jetson", "number", to=100_000)

    system = system_json.parse(json.dumps(text), source="s.json", predictor=lambda *_, nodes, load: load / nodes)

    behaviour = system.components["sensor"].partitions["s"].candidates["jetson"].behaviour
    assert behaviour == Measured(tuple(2.0 / nodes for nodes in range(1, 1001)))


@pytest.mark.parametrize("number", [100_001, 200_000_000, 2**53])
def test_more_nodes_than_anybody_has_are_refused(number: int) -> None:
    sentence = refused(changed("CloudResources", "far", "vm", "number", to=number))

    assert sentence == f"system.json: CloudResources.far.vm.number must be at most 100000, not {number}"


def test_a_learnt_model_of_a_function_is_paid_for_its_warm_time_or_the_time_that_it_tells() -> None:
    text = described()
    models = text["Performance"]["camera"]["b"]
    models["lambda"] = {"model": "MLLIBfaas", "meanTime": 0.9, "demandWarm": 0.8, "demandCold": 2.0}
    text["Performance"]["fuse"]["f"]["lambda"] = {"model": "AMLFAAS", "meanTime": 0.9}

    system = small(**text)

    assert system.components["camera"].partitions["b"].candidates["lambda"].behaviour == Measured((0.9,), 0.8)
    assert system.components["fuse"].partitions["f"].candidates["lambda"].behaviour == Measured((0.9,), 0.9)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (("Lambda",), None, "Lambda is missing: requests a second that arrive"),
        (("Time",), -1, "Time must be greater than 0"),
        (("Components",), None, "Components is missing"),
        (("LobalConstraints",), {}, "LobalConstraints is not a field; did you mean LocalConstraints?"),
        (("EdgeResources", "near", "pi", "number"), 0, "EdgeResources.near.pi.number must be at least 1, not 0"),
        (("EdgeResources", "near", "pi", "cost"), "free", "EdgeResources.near.pi.cost must be a number, not 'free'"),
        (("EdgeResources", "near", "pi", "numbre"), 1, "did you mean number?"),
        (("CloudResources", "near"), described()["EdgeResources"]["near"], "has a name that another resource has too"),
        (("CloudResources", "near"), {"big": described()["CloudResources"]["far"]["vm"]}, "near is a layer of cloud"),
        (("FaaSResources", "functions", "lambda", "memory"), 0, "FaaSResources.functions.lambda.memory must be great"),
        (
            ("Components", "camera", "cut", "a", "early_exit_probability"),
            1.5,
            "early_exit_probability must be at most 1",
        ),
        (("Components", "camera", "cut", "a", "next"), ["c"], "names 'c', which is no partition or component"),
        (("Components", "camera", "cut", "a", "next"), ["b", "b"], "it ends with a"),
        (("Components", "camera", "cut", "b", "next"), ["a"], "no chain of partitions"),
        (("Components", "camera", "cut", "b", "next"), ["fus"], "names 'fus', which is no partition or component; did"),
        (("Components", "camera", "whole", "w", "next"), [], "has other components than DirectedAcyclicGraph"),
        (("Components", "camera", "whole", "w", "data_size"), [], "has 1 next and 0 data_size"),
        (("Components", "camera", "whole"), {}, "Components.camera.whole is no chain of partitions"),
        (("Components", "camera"), {}, "Components.camera has no entries; it takes at least 1"),
        (("Components", "camera", "third"), {"a": described()["Components"]["camera"]["whole"]["w"]}, "another deploy"),
        (("CompatibilityMatrix", "camera", "a"), None, "CompatibilityMatrix.camera.a is missing"),
        (("CompatibilityMatrix", "camra"), {}, "names 'camra', which is no component; did you mean camera?"),
        (("CompatibilityMatrix", "camera", "aa"), [], "names 'aa', which is no partition; did you mean a?"),
        (
            ("CompatibilityMatrix", "fuse", "f", 0, "resource"),
            "pie",
            "names 'pie', which is no resource; did you mean pi",
        ),
        (("Performance", "camera", "a", "pi"), None, "Performance.camera.a.pi is missing, though Compatib"),
        (
            ("Performance", "camera", "a", "pie"),
            {"model": "QTedge", "demand": 1},
            "which is no resource; did you mean pi",
        ),
        (("Performance", "camera", "a", "pi", "model"), "QTedg", "which is no performance model; did you mean QTedge?"),
        (("Performance", "camera", "a", "pi", "demand"), None, "which needs demand and a resource that is not FaaS"),
        (("Performance", "camera", "b", "lambda", "model"), "QTedge", "which needs demand and a resource that is not"),
        (("Performance", "camera", "a", "pi", "model"), "PACSLTK", "needs demandWarm, demandCold and a FaaS resource"),
        (
            ("Performance", "sensor", "s", "jetson", "meanTime"),
            None,
            "no meanTime, and there is no learnt model to ask",
        ),
        (("LocalConstraints", "cam"), {"local_res_time": 1}, "LocalConstraints.cam names 'cam', which is no component"),
        (
            ("GlobalConstraints", "p", "components"),
            ["camera", "sensor"],
            "has sensor after camera, which does not lead",
        ),
        (("GlobalConstraints", "p", "components"), ["camera", "fusion"], "names 'fusion', which is no component"),
        (
            ("NetworkTechnology", "lan", "computationalLayers"),
            ["nera"],
            "names 'nera', which is no layer; did you mean",
        ),
        (("NetworkTechnology", "lan", "Bandwidth"), 0, "NetworkTechnology.lan.Bandwidth must be greater than 0"),
        (
            ("DirectedAcyclicGraph", "camera", "next"),
            ["fuze"],
            "names 'fuze', which is no component; did you mean fuse?",
        ),
        (("DirectedAcyclicGraph", "camra"), {"next": [], "transition_probability": []}, "which is no component"),
        (("DirectedAcyclicGraph", "camera", "transition_probability"), [], "has 1 next and 0 transition_probability"),
        (("DirectedAcyclicGraph", "camera", "next"), ["fuse", "fuse"], "names a component twice"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_the_nearest_right_name(
    place: tuple[Any, ...], value: Any, sentence: str
) -> None:
    assert sentence in refused(changed(*place, to=value))


def test_a_cycle_is_named() -> None:
    text = described()
    text["DirectedAcyclicGraph"]["fuse"] = {"next": ["sensor"], "transition_probability": [1]}

    assert "DirectedAcyclicGraph has a cycle: sensor -> fuse -> sensor" in refused(text)


def test_of_many_problems_five_are_told() -> None:
    text = described()
    for node in text["EdgeResources"]["near"].values():
        node.update(number=0, cost=-1, memory=0, n_cores=0)

    message = refused(text)

    assert message.count(";") == 5
    assert message.endswith("; and 3 more")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "system.json: it is not JSON"),
        ("[]", "system.json: it is not an object"),
        ('{"Lambda": NaN}', "NaN"),
        ('{"Lambda": 1, "Lambda": 2}', "twice"),
        pytest.param('{"a":' * 100_000, "system.json: it is", id="deep"),
        pytest.param("{" + " " * (17 * 2**20) + "}", "system.json: it is larger than 16384 KiB", id="large"),
        ('{"Components": {"c": "x", "d": {"s": [1]}}, "CompatibilityMatrix": [], "FaaSResources": 1}', "must be"),
        ('{"Components": {"c": {"s": {"h": 1}}}, "CompatibilityMatrix": {"c": 1, "d": {"h": 2}}}', "must be"),
        ('{"NetworkTechnology": {"n": 1}, "DemandMatrix": {"c": {"h": 3}}, "Components": null}', "must be"),
    ],
)
def test_what_is_no_system_at_all_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    assert sentence in refused(text)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(b'{"Lambda": "\xff"}')

    with pytest.raises(Rejected, match=r"s\.json: it is not UTF-8 text"):
        system_json.read(tmp_path / "s.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"s\.json cannot be opened"):
        system_json.read(tmp_path / "s.json")


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the place of everything in a file."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*place, name)
        yield from places(each, (*place, name))


def inside(value: Any, place: tuple[str | int, ...]) -> Any:
    """Give what stands at a place; nothing where there is no such place any more."""
    for name in place:
        known = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if name not in known:
            return None
        value = value[name]
    return value


def mutated(random: Random) -> Any:
    """Give the small system's file with one to three values replaced or left out."""
    strange = [None, -1, 0, 1e308, 2**70, "x", "", "ä" * 300, [], {}, [None], {"a": 1}, True, ["camera"], [["b"]]]
    text: Any = described()
    for place in random.sample(list(places(text)), random.choice([1, 1, 2, 3])):
        if (around := inside(text, place[:-1])) is not None and inside(around, place[-1:]) is not None:
            if random.random() < 0.3:
                del around[place[-1]]
            else:
                around[place[-1]] = random.choice(strange)
    return text


def outcome(text: Any) -> str:
    """Give the sentence with which a file is refused; nothing where it is read, and can be judged."""
    try:
        evaluate(system_json.parse(json.dumps(text), source="system.json"), cut())
    except Rejected as error:
        return error.message
    return ""


def test_whatever_is_changed_in_a_file_it_is_read_or_refused_in_one_sentence() -> None:
    random = Random(20261123)

    sentences = [outcome(mutated(random)) for _ in range(600)]

    refused_ones = [each for each in sentences if each]
    assert len(refused_ones) > 400
    assert all(each.startswith("system.json: ") and "\n" not in each for each in refused_ones)
