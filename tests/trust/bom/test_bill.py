"""What the bill of one training says."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.runtime.runs import StoredObject
from functions.training.record import TrainingRecord
from functions.training.stated import MAIL, URL, Stated
from functions.trust.bom import BomError, Spec, bill, check
from functions.trust.lineage import Lineage, Step
from tests.trust.bom.samples import ABOUT, DEFINITION, STATED, lineage, record, sha

MODEL = "output/trained_model.keras"


def made(of: TrainingRecord, stated: Stated | None = None, **more: Any) -> dict[str, Any]:
    """Give a checked bill as JSON."""
    bom = bill(of, lineage(of), stated=stated, **more)
    check(bom)
    document: dict[str, Any] = json.loads(bom)
    return document


def part(document: dict[str, Any], ref: str) -> dict[str, Any]:
    files = document["metadata"]["component"]["components"]
    return next(each for each in (*document["components"], *files) if each["bom-ref"] == ref)


def values(holder: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in holder["properties"]}


def workflow(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["formulation"][0]["workflows"][0]
    return found


@pytest.mark.parametrize(("spec", "version"), [("1.6", SchemaVersion.V1_6), ("1.7", SchemaVersion.V1_7)])
@pytest.mark.parametrize("stated", [None, STATED])
def test_the_librarys_strict_validator_accepts_it(spec: Spec, version: SchemaVersion, stated: Stated | None) -> None:
    of = record(about=ABOUT)

    bom = bill(of, lineage(of), spec=spec, stated=stated)

    assert json.loads(bom)["specVersion"] == spec
    assert JsonStrictValidator(version).validate_str(bom.decode()) is None


def test_the_same_record_gives_the_same_bytes() -> None:
    of = record(about=ABOUT)

    again = TrainingRecord.from_json(of.to_json())

    assert bill(of, lineage(of), stated=STATED) == bill(again, lineage(of), stated=STATED)


def test_it_is_made_when_the_training_ended_unless_somebody_says_when() -> None:
    of = record()

    assert made(of)["metadata"]["timestamp"] == "2026-11-23T01:02:06.500000+00:00"
    later = made(of, made=datetime(2026, 11, 24, tzinfo=UTC))
    assert later["metadata"]["timestamp"] == "2026-11-24T00:00:00+00:00"


def test_it_does_not_grow_with_the_epochs_or_the_data() -> None:
    short = record(epochs=5)
    columns = {f"c{i}": "float" for i in range(5_000)}
    classes = {f"class {i}": {"train": 1, "validation": 1} for i in range(1_000)}
    data = short.data.model_copy(update={"columns": columns, "classes": classes})

    base = len(bill(short, lineage(short)))
    epochs = record(epochs=500)
    assert len(bill(epochs, lineage(epochs))) - base < 50
    wide = record(data=data)
    assert len(bill(wide, lineage(wide))) - base < 400


def test_without_its_packages_it_has_less_than_fifteen_kilobytes() -> None:
    of = record()
    alone = of.model_copy(update={"environment": of.environment.model_copy(update={"packages": ()})})

    assert len(bill(alone, lineage(alone))) < 15_000


def test_every_file_of_the_job_is_in_it_with_its_digest() -> None:
    of = record()

    document = made(of)

    files = {f"input/{each.name}": each.sha256 for each in of.inputs}
    files |= {f"output/{each.name}": each.sha256 for each in of.outputs}
    files |= {"output/run.json": lineage(of).steps[-1].outputs[-1].sha256}
    assert {ref: part(document, ref)["hashes"] for ref in files} == {
        ref: [{"alg": "SHA-256", "content": digest}] for ref, digest in files.items()
    }


def test_the_model_card_is_what_the_record_measured() -> None:
    card = made(record())["components"][0]["modelCard"]

    assert card["modelParameters"] == {
        "approach": {"type": "supervised"},
        "task": "binary classification",
        "architectureFamily": "feed-forward neural network",
        "modelArchitecture": "Dense > Dense",
        "datasets": [{"ref": "input/dataset.csv"}],
        "inputs": [{"format": "float32[N, 13]"}],
        "outputs": [{"format": "float32[N, 1]"}],
    }
    assert {(m["type"], m["slice"]): m["value"] for m in card["quantitativeAnalysis"]["performanceMetrics"]} == {
        ("loss", "training"): "0.31",
        ("accuracy", "training"): "0.88",
        ("loss", "validation"): "0.35",
        ("accuracy", "validation"): "0.86",
        ("accuracy", "test"): "0.85",
        ("loss", "validation, best"): "0.35",
    }
    pictures = [each["name"] for each in card["quantitativeAnalysis"]["graphics"]["collection"]]
    assert pictures == ["learning_curve.png", "learning_curve.svg", "confusion_matrix.png"]


def test_effective_and_requested_parameters_are_both_in_it() -> None:
    of = record()
    recipe = of.recipe.model_copy(update={"batch_size": 16})

    document = made(of.model_copy(update={"recipe": recipe}))

    asked = {each["name"]: each["value"] for each in workflow(document)["tasks"][-1]["inputs"][-1]["parameters"]}
    effective = json.loads(values(document["components"][0])["hyperparameter"])
    assert (asked["batch_size"], effective["batch_size"]) == ("32", 16)
    assert json.loads(asked["optimizer"]) == DEFINITION["optimizer"]


def test_the_uploaded_model_is_a_component_and_the_trained_ones_ancestor() -> None:
    of = record()

    document = made(of)

    uploaded = part(document, "input/model.keras")
    ancestor = document["components"][0]["pedigree"]["ancestors"][0]
    assert {key: ancestor[key] for key in ("type", "name", "version")} == {
        key: uploaded[key] for key in ("type", "name", "version")
    }
    needs = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    assert set(needs[MODEL]) == {*(f"input/{each.name}" for each in of.inputs), "environment"}


def test_what_the_data_sets_owner_says_is_told_from_what_was_counted() -> None:
    said, silent = (part(made(record(about=about)), "input/dataset.csv") for about in (ABOUT, None))

    assert said["data"][0]["governance"]["owners"] == [{"organization": {"name": ABOUT["owner"]}}]
    assert said["licenses"] == [{"license": {"acknowledgement": "declared", "id": "CC-BY-4.0"}}]
    assert said["externalReferences"] == [{"type": "source-distribution", "url": ABOUT["source"]}]
    assert said["description"] == f"{ABOUT['description']} (400 rows, 14 columns, label 'label')"
    assert silent["description"] == "400 rows, 14 columns, label 'label'"
    assert not {"licenses", "supplier", "externalReferences"} & silent.keys()
    assert "governance" not in silent["data"][0]


def test_the_environment_has_image_system_processor_and_packages_with_digests() -> None:
    of = record()

    document = made(of)

    image = part(document, "environment")
    assert image["hashes"] == [{"alg": "SHA-256", "content": sha("image")}]
    assert (part(document, "os")["name"], part(document, "cpu")["name"]) == (of.environment.os, of.environment.cpu)
    numpy = part(document, "package/numpy")
    assert (numpy["purl"], numpy["version"]) == ("pkg:pypi/numpy@1.2.3", "1.2.3")
    assert numpy["externalReferences"] == [
        {
            "type": "build-meta",
            "url": "numpy-1.2.3.dist-info/RECORD",
            "hashes": [{"alg": "SHA-256", "content": sha("numpy")}],
        }
    ]
    needs = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    assert len(needs["environment"]) == 3 + len(of.environment.packages)


def test_energy_is_given_where_it_was_measured_and_its_absence_explained_where_not() -> None:
    measured, unmeasured = (
        made(record(energy_joules=joules, energy_source=source))["components"][0]["modelCard"]["considerations"]
        for joules, source in ((7_200.0, "RAPL"), (None, "no counter is readable"))
    )

    cost = measured["environmentalConsiderations"]["energyConsumptions"][0]
    assert (cost["activity"], cost["activityEnergyCost"]) == ("training", {"value": 0.002, "unit": "kWh"})
    assert "energyConsumptions" not in unmeasured["environmentalConsiderations"]
    assert values(unmeasured["environmentalConsiderations"]) == {
        "noria:energy": "not measured (no counter is readable); 4.2 s of CPU time in 3.5 s"
    }


def test_each_input_is_led_to_its_first_upload() -> None:
    of = record()

    inputs = workflow(made(of))["inputs"]

    assert [(each["resource"]["ref"], each["source"]["externalReference"]["url"]) for each in inputs] == [
        (f"input/{name}", f"s3://training/in/heart/{name}")
        for name in ("dataset.csv", "dataset_definition.yaml", "model.keras")
    ]


def test_a_data_set_that_another_function_made_is_led_through_it_to_its_upload() -> None:
    of = record()
    direct = lineage(of)
    raw = StoredObject(bucket="raw", key="in/a b%.csv", etag="e1", sha256=sha("raw"))
    cleaning = Step(run="clean/1", function="clean", inputs=(raw,), outputs=direct.uploads[:1])
    training = direct.steps[0].model_copy(update={"parents": ("clean/1",)})
    chain = Lineage(steps=(cleaning, training), uploads=(raw, *direct.uploads[1:]), trace=direct.trace)

    bom = bill(of, chain)
    check(bom)

    flow = workflow(json.loads(bom))
    clean, train = flow["tasks"]
    upload = {
        "type": "distribution",
        "url": "s3://raw/in/a%20b%25.csv",
        "comment": "ETag e1",
        "hashes": [{"alg": "SHA-256", "content": sha("raw")}],
    }
    assert flow["inputs"][0] == {"resource": {"externalReference": upload}}
    assert clean["inputs"] == [{"resource": {"externalReference": upload}}]
    assert clean["outputs"] == [{"type": "artifact", "resource": {"ref": "input/dataset.csv"}}]
    assert {"resource": {"ref": "input/dataset.csv"}} in train["inputs"]
    assert {"ref": train["bom-ref"], "dependsOn": [clean["bom-ref"]]} in flow["taskDependencies"]


def test_training_a_trained_model_again_does_not_take_the_input_for_the_output() -> None:
    inputs = tuple(
        each.model_copy(update={"name": "trained_model.keras"}) if each.role == "model" else each
        for each in record().inputs
    )
    document = made(record(inputs=inputs))

    task = workflow(document)["tasks"][-1]
    assert {"resource": {"ref": "input/trained_model.keras"}} in task["inputs"]
    assert {"type": "artifact", "resource": {"ref": "output/trained_model.keras"}} in task["outputs"]


def test_a_lineage_with_gaps_is_said_to_be_incomplete() -> None:
    of = record()

    whole, gap = (json.loads(bill(of, lineage(of, missing=missing))) for missing in ((), ("clean/7",)))

    found = [[c["aggregate"] for c in d["compositions"] if c.get("dependencies") == [MODEL]] for d in (whole, gap)]
    assert found == [["complete"], ["incomplete"]]
    assert values(gap["metadata"])["noria:lineage:missing"] == "clean/7"


def test_repeatability_is_claimed_only_of_deterministic_training() -> None:
    of = record()
    loose = of.model_copy(update={"recipe": of.recipe.model_copy(update={"deterministic": False})})

    claims = [[each["bom-ref"] for each in made(one)["declarations"]["claims"]] for one in (of, loose)]

    assert claims == [["claim/trained", "claim/repeatable"], ["claim/trained"]]


def test_attestations_that_were_there_before_it_are_named_with_their_digest() -> None:
    references = made(record(), attestations={"provenance.dsse.json": sha("p")})["externalReferences"]

    assert {
        "type": "attestation",
        "url": "provenance.dsse.json",
        "hashes": [{"alg": "SHA-256", "content": sha("p")}],
    } in references


def test_a_commit_record_that_contradicts_the_training_record_gives_no_bill() -> None:
    of = record()
    swapped = of.outputs[0].model_copy(update={"sha256": sha("other")})

    with pytest.raises(BomError, match=r"another digest of trained_model\.keras"):
        bill(of.model_copy(update={"outputs": (swapped, *of.outputs[1:])}), lineage(of))


def test_a_commit_record_without_the_training_record_gives_no_bill() -> None:
    of = record()
    step = lineage(of).steps[0]
    bare = Lineage(steps=(step.model_copy(update={"outputs": step.outputs[:-1]}),), uploads=step.inputs)

    with pytest.raises(BomError, match=r"no digest of run\.json"):
        bill(of, bare)


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@example(about={}, word="/", key=" ")
@example(about={}, word=" /\x1f/ ", key="/")
@given(about=st.fixed_dictionaries({}, optional=dict.fromkeys(ABOUT, words)), word=words, key=words)
def test_whatever_people_write_the_bill_is_valid(about: dict[str, str], word: str, key: str) -> None:
    of = record(about=about, notes=(word,), sandbox=word, energy_source=word)
    data = of.data.model_copy(update={"classes": {word: {"train": 1}}, "label": word})
    inputs = tuple(
        each.model_copy(update={"name": f"{word}.csv"}) if each.role == "dataset" else each for each in of.inputs
    )
    of = of.model_copy(update={"data": data, "inputs": inputs})
    found = lineage(of)
    uploads = tuple(each.model_copy(update={"key": f"in/{key}/{each.key}"}) for each in found.uploads)

    bom = bill(of, found.model_copy(update={"uploads": uploads}), stated=Stated(name=word, license=word))

    check(bom)


TEXTS = tuple(name for name, field in Stated.model_fields.items() if field.annotation is str and not field.metadata)
LISTS = tuple(name for name, field in Stated.model_fields.items() if "tuple" in str(field.annotation))
MAPS = tuple(name for name, field in Stated.model_fields.items() if "Mapping" in str(field.annotation))
statements = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TEXTS, words),
        **dict.fromkeys(LISTS, st.lists(words, max_size=3)),
        **dict.fromkeys(MAPS, st.dictionaries(words, words, max_size=3)),
        "contact": st.from_regex(MAIL, fullmatch=True),  # what does not match is refused where it was written
        **dict.fromkeys(
            ("supplier_url", "website", "repository", "security_policy"), st.from_regex(URL, fullmatch=True)
        ),
    },
)


@settings(max_examples=40, deadline=None)
@given(stated=statements)
def test_whatever_people_state_the_bill_is_valid(stated: dict[str, Any]) -> None:
    of = record()

    check(bill(of, lineage(of), stated=Stated.model_validate(stated)))
