"""Statements as other people's tools read them, and lineage back to the first uploads."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from functions.runtime.runs import Run, StoredObject
from functions.trust.errors import TrustError
from functions.trust.lineage import Lineage
from functions.trust.statements import CYCLONEDX, LINK, PROVENANCE, Statement, link, provenance
from tests.trust.signing import examined
from tests.trust.trainings import Training, sha256, trained

Json = dict[str, Any]
Link = import_module("in_toto_attestation.predicates.link.v0.link_pb2").Link
Provenance = import_module("in_toto_attestation.predicates.provenance.v1.provenance_pb2").Provenance
TheirStatement = import_module("in_toto_attestation.v1.statement").Statement


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return trained(tmp_path)


def test_the_provenance_is_one_that_in_totos_library_reads(training: Training) -> None:
    lineage = Lineage.of(training.run, lambda _: None)
    made = json.loads(provenance(training.record, lineage, examined(training).digests).data)

    read = json_format.ParseDict(made["predicate"], Provenance())
    _valid(made)
    assert made["predicateType"] == PROVENANCE
    assert {each.name: each.digest["sha256"] for each in read.build_definition.resolved_dependencies} == {
        each.name: each.sha256 for each in training.record.inputs
    }
    assert read.build_definition.resolved_dependencies[0].uri == "s3://training/in/job/dataset.csv"
    assert read.run_details.metadata.invocation_id == training.run.name


def test_a_link_is_one_that_in_totos_library_reads(training: Training) -> None:
    made = json.loads(link(Lineage.of(training.run, lambda _: None).steps[-1]).data)

    read = json_format.ParseDict(made["predicate"], Link())
    _valid(made)
    assert made["predicateType"] == LINK
    assert len(read.materials) == 3
    assert {each["name"]: each["digest"]["sha256"] for each in made["subject"]} == {
        f"{one.bucket}/{one.key}": one.sha256 for one in training.run.outputs
    }


def _valid(made: Json) -> None:
    read = json_format.ParseDict(made, TheirStatement([], "", {}).pb)
    TheirStatement.copy_from_pb(read).validate()


CHANGES: dict[str, tuple[str, Json]] = {
    "another kind of statement": ("E_PREDICATE_TYPE", {"predicateType": LINK}),
    "an older statement": ("E_STATEMENT", {"_type": "https://in-toto.io/Statement/v0.1"}),
    "about nothing": ("E_STATEMENT", {"subject": []}),
    "a file twice": ("E_STATEMENT", {"subject": [{"name": "a", "digest": {"sha256": "0" * 64}}] * 2}),
    "a digest too short": ("E_DIGEST", {"subject": [{"name": "a", "digest": {"sha256": "0" * 63}}]}),
    "a weaker digest": ("E_DIGEST", {"subject": [{"name": "a", "digest": {"md5": "0" * 32}}]}),
    "two digests": ("E_DIGEST", {"subject": [{"name": "a", "digest": {"sha256": "0" * 64, "md5": "0" * 32}}]}),
    "no predicate": ("E_STATEMENT", {"predicate": None}),
    "something else": ("E_UNSIGNED_FIELD", {"else": 1}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_statement_that_is_none_is_refused(what: str) -> None:
    code, change = CHANGES[what]
    document = json.loads(Statement({"a": "0" * 64}, CYCLONEDX, {"b": 1}).data)

    with pytest.raises(TrustError) as error:
        Statement.parse(json.dumps({**document, **change}).encode(), "a.json", CYCLONEDX)
    assert error.value.code == code


def _stored(key: str) -> StoredObject:
    return StoredObject(bucket="b", key=key, etag=key, size=1, sha256=sha256(key.encode()))


def _run(name: str, reads: str, makes: tuple[str, ...], parent: str = "") -> Run:
    outputs = tuple(map(_stored, makes))
    return Run(
        state="committed", id=name, function="f", input=_stored(reads), outputs=outputs, parent=parent, trace="t"
    )


def test_a_lineage_goes_back_to_the_first_upload() -> None:
    runs = {"f/1": _run("1", "a", ("b",)), "f/2": _run("2", "b", ("c",), parent="f/1")}

    lineage = Lineage.of(_run("3", "c", ("d",), parent="f/2"), runs.get)

    assert [each.run for each in lineage.steps] == ["f/1", "f/2", "f/3"]
    assert [one.key for one in lineage.uploads] == ["a"]
    assert lineage.is_complete


def test_a_maker_that_the_ledger_has_no_commit_of_is_named_as_missing() -> None:
    failed = _run("2", "b", ("c",)).model_copy(update={"state": "failed"})

    for find in (lambda _: None, {"f/2": failed}.get):
        lineage = Lineage.of(_run("3", "c", ("d",), parent="f/2"), find)
        assert (lineage.missing, lineage.is_complete) == (("f/2",), False)


def test_a_lineage_in_a_circle_ends() -> None:
    runs = {"f/1": _run("1", "b", ("a",), parent="f/2"), "f/2": _run("2", "a", ("b",), parent="f/1")}

    assert [each.run for each in Lineage.of(runs["f/2"], runs.get).steps] == ["f/1", "f/2"]
