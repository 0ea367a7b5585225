"""Whether an answer that lies in a folder is right, told from the folder alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.optimize.by_hand import by_hand
from functions.optimize.checking import Check, checked
from functions.optimize.settings import Optimize
from functions.runtime.errors import Rejected
from tests.unit.optimize.samples import DEGRADED, system_text, write

Change = Callable[[Any], object]


def placed(folder: Path, source: Path, **options: object) -> Path:
    """Write what a run writes."""
    given = {"front": False, **options}
    current = given.pop("current", None)
    assert current is None or isinstance(current, Path)

    def place(name: str) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return folder / name

    by_hand(source, given, settings=Optimize(), current=current, before=None, place=place, progress=lambda _: None)
    return folder


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return write({"masks.json": system_text()}, tmp_path) / "masks.json"


@pytest.fixture
def folder(tmp_path: Path, system: Path) -> Path:
    return placed(tmp_path / "out", system)


def states(checks: tuple[Check, ...]) -> dict[str, str]:
    return {each.subject: each.state for each in checks}


def change(path: Path, how: Change) -> None:
    fields = json.loads(path.read_text())
    how(fields)
    path.write_text(json.dumps(fields))


def failed(folder: Path) -> set[str]:
    return {subject for subject, state in states(checked(folder, seconds=10)).items() if state == "fails"}


def test_everything_holds_of_what_was_just_written(folder: Path) -> None:
    found = states(checked(folder, seconds=10))

    expected = ["system", "load", "files", "placement", "rules", "cost", "response times", "greatest load", "bound"]
    assert found == dict.fromkeys(expected, "holds")


def test_an_application_a_revision_and_what_is_infeasible_hold_too(tmp_path: Path, system: Path, folder: Path) -> None:
    app = placed(tmp_path / "app-out", write(DEGRADED, tmp_path / "app"), seconds=5)
    revised = placed(tmp_path / "revised", system, load=4, current=folder / "result.json")
    tight = write({"tight.json": system_text(limit=0.2)}, tmp_path) / "tight.json"
    none = placed(tmp_path / "none", tight)

    assert set(states(checked(app, seconds=10)).values()) == {"holds", "not checked"}
    assert set(states(checked(revised, seconds=10)).values()) == {"holds"}
    assert states(checked(none, seconds=10))["infeasible"] == "holds"


def test_a_method_that_proves_nothing_claims_no_bound(tmp_path: Path, system: Path) -> None:
    folder = placed(tmp_path / "greedy", system, method="RandomGreedy", seconds=1)

    assert set(states(checked(folder, seconds=10)).values()) == {"holds"}


def both(name: str, value: object) -> Change:
    """Change a figure where it is told and in the certificate."""

    def changing(fields: Any) -> None:
        fields[name] = fields["certificate"][name] = value

    return changing


def cheaper(fields: Any) -> None:
    """Claim that the cost and the bound are half of what they are, in every place."""
    for where in (fields, fields["certificate"]):
        where["cost"] /= 2
        where["bound"] /= 2


def moved(fields: Any) -> None:
    fields["placement"]["nodes"] = {name: count + 1 for name, count in fields["placement"]["nodes"].items()}


@pytest.mark.parametrize(
    ("how", "subjects"),
    [
        (lambda fields: fields.update(cost=1.0), {"cost", "bound"}),
        (cheaper, {"cost"}),
        (lambda fields: fields.update(bound=0.5), {"bound"}),
        (both("bound", 100.0), {"bound"}),
        (both("gap", 0.0), set()),
        (both("proven", False), set()),
        (moved, {"placement", "cost"}),
        (lambda fields: fields["certificate"].update(placement="sha256:0"), {"placement"}),
        (lambda fields: fields["certificate"].update(system="sha256:0"), {"system"}),
        (lambda fields: fields.update(load=2.0), {"load"}),
        (lambda fields: fields["thresholds"][0].update(seconds=0.1), {"response times"}),
        (lambda fields: fields.update(greatest_load=100.0), {"greatest load"}),
        (lambda fields: fields.update(placement=None), {"placement"}),
        (lambda fields: fields.update(feasible=None), {"rules"}),
        (lambda fields: fields["manifest"].update({"gone.json": "sha256:0"}), {"files"}),
    ],
)
def test_what_was_changed_in_the_result_is_named(folder: Path, how: Change, subjects: set[str]) -> None:
    change(folder / "result.json", how)

    found = failed(folder)

    assert found >= subjects
    assert bool(found) == bool(subjects)


def test_a_changed_system_is_named_with_what_does_not_hold_of_it(folder: Path) -> None:
    def dearer(fields: Any) -> None:
        fields["EdgeResources"]["edge"]["Pi"]["cost"] = 0.1

    change(folder / "system.json", dearer)

    assert {"system", "files"} <= failed(folder)


def test_a_dear_placement_with_a_bound_of_its_own_is_found_out(tmp_path: Path, system: Path) -> None:
    """Every figure and digest fits, but there is a cheaper placement."""
    honest = placed(tmp_path / "honest", system)
    dear = write({"dear.json": system_text().replace('"cost": 0.4', '"cost": 40.0')}, tmp_path) / "dear.json"
    other = placed(tmp_path / "dear", dear)
    taken = json.loads((other / "result.json").read_text())
    own = json.loads((honest / "result.json").read_text())
    assert taken["cost"] > own["cost"]
    taken["certificate"]["system"] = own["certificate"]["system"]
    taken["manifest"] = {}
    (honest / "result.json").write_text(json.dumps(taken))

    found = {each.subject: each for each in checked(honest, seconds=10)}

    assert found["bound"].state == "fails"
    assert f"a placement costs {own['cost']:.9g}" in found["bound"].said


def test_a_bound_for_which_there_is_no_time_is_not_proven(folder: Path) -> None:
    found = states(checked(folder, seconds=1e-9))

    assert found["bound"] == "not proven"
    assert "fails" not in found.values()


@pytest.mark.parametrize("name", ["result.json", "system.json"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"{}", None])
def test_a_file_that_is_malformed_or_gone_is_refused_by_its_name(folder: Path, name: str, data: bytes | None) -> None:
    (folder / name).unlink()
    if data is not None:
        (folder / name).write_bytes(data)

    with pytest.raises(Rejected, match=name):
        checked(folder, seconds=1)


def test_a_certificate_without_what_is_to_be_checked_is_refused(folder: Path) -> None:
    change(folder / "result.json", lambda fields: fields["certificate"].pop("system"))

    with pytest.raises(Rejected, match=r"result\.json: certificate\.system: Field required"):
        checked(folder, seconds=1)
