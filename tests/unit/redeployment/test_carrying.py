"""Steps carried out on clusters that pass objects on: each object comes out once, whatever happens on the way."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from functions.redeployment import deployment as deployments
from functions.redeployment.carrying import Carrier
from functions.redeployment.clusters import Access, read_clusters
from functions.redeployment.deployment import Deployment
from functions.redeployment.journal import FILE_NAME, Entry, Journal, alone
from functions.redeployment.reading import read_steps
from functions.redeployment.steps import Drain, Start, Step, Stop
from functions.runtime.errors import Rejected, TryAgain
from tests.unit.provisioning.oscar_server import USER
from tests.unit.redeployment.clusters import Landscape, World, between, landscape, save
from tests.waiting import eventually

SCALE = '{"action": "scale", "resource": "a", "before": 1, "after": 2}'
STAY, MOVED = ("VM1", "VM1", "VM1"), ("VM1", "VM2", "Rack")
FEW = 20
"""Objects that come before a redeployment, and again after it."""


class KilledError(Exception):
    """The process is no more."""


class Mortal(Journal):
    """A journal whose program is killed with its ``life``-th write, before or after that."""

    life = 0.0

    def _save(self) -> None:
        self.life -= 1
        if 0.25 < self.life < 0.75:
            super()._save()
        if self.life < 1:
            raise KilledError
        super()._save()


def carrier(made: Landscape, folders: Sequence[Path], steps: Sequence[Step], journal: Journal | None = None) -> Carrier:
    """What noria deploy carries out steps with."""
    old, new = (Deployment.read(folder) for folder in folders)
    places = deployments.places(new, old, read_clusters(made.access()), settle=0.2)
    return Carrier(steps, places, journal or opened(folders, steps), patience=60, look=0.01)


def opened(folders: Sequence[Path], steps: Sequence[Step], kind: type[Journal] = Journal) -> Journal:
    return kind.open(folders[1] / FILE_NAME, steps)


def begin(made: Landscape, folders: Sequence[Path], steps: Sequence[Step]) -> None:
    """Let the old deployment run."""
    old = Deployment.read(folders[0])
    places = deployments.places(old, None, read_clusters(made.access()))
    for part, resource in old.resources.items():
        places.sites[resource].put(places.definitions[part])


@contextmanager
def arriving(made: Landscape, resource: str = "VM1") -> Iterator[list[str]]:
    """Write an object every few milliseconds into the first component's folder; all that were come out at the end."""
    written: list[str] = []
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.004):
            written.append(f"{len(written)}.png")
            made.world.write(made.names[resource], "aaa/input", written[-1])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        eventually(lambda: len(written) > FEW)
        yield written
        enough = len(written) + FEW
        eventually(lambda: len(written) > enough)
    finally:
        ended.set()
        thread.join()
    await_quiet(made.world)


def await_quiet(world: World) -> None:
    eventually(world.quiet)


def running(made: Landscape) -> dict[str, list[str]]:
    return {resource: sorted(made.cluster(resource).services) for resource in made.names}


def check_each_once(made: Landscape, written: Sequence[str]) -> None:
    assert made.world.lost == []
    assert made.stranded == []
    assert made.results == Counter(written)


def test_objects_that_arrive_while_services_move_come_out_once_each(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)

        with arriving(made) as written:
            left = carrier(made, folders, steps).carry()

        check_each_once(made, written)
        assert running(made) == {"VM1": ["aaa"], "VM2": ["bbb"], "Rack": ["ccc"]}
        assert opened(folders, steps).finished
        assert len(written) > 30
        assert any("VM2 is to have 1 node" in each for each in left)


def test_taking_all_back_loses_nothing_either(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        before = {name: dict(each.services) for name, each in made.world.clusters.items()}

        with arriving(made) as written:
            carrier(made, folders, steps).carry()
            carrier(made, folders, steps).undo()

        check_each_once(made, written)
        assert {name: each.services for name, each in made.world.clusters.items()} == before
        assert opened(folders, steps).entries == ()


@pytest.mark.parametrize("half", [0, 0.5])
def test_a_program_killed_at_any_write_of_its_journal_is_gone_on_with(tmp_path: Path, half: float) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)

        with arriving(made) as written:
            kills = 0
            while True:
                journal = opened(folders, steps, Mortal)
                assert isinstance(journal, Mortal)
                journal.life = 1 + kills % 5 + half  # at each write in turn
                try:
                    carrier(made, folders, steps, journal).carry()
                except KilledError:
                    kills += 1
                    assert kills < 100
                    continue
                break

        check_each_once(made, written)
        assert kills >= len(steps) // 2
        assert running(made) == {"VM1": ["aaa"], "VM2": ["bbb"], "Rack": ["ccc"]}


@pytest.mark.parametrize("number", [2, 4, 6, 8])
def test_a_cluster_that_does_not_answer_ends_it_with_its_state_kept(tmp_path: Path, number: int) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        broken = carrier(made, folders, steps)
        broken.say = lambda each: _break(made) if each.number == number else None

        with arriving(made) as written:
            with pytest.raises(TryAgain, match="503"):
                broken.carry()
            done = len([entry for entry in opened(folders, steps).entries if entry.done])
            _mend(made)
            carrier(made, folders, steps).carry()

        check_each_once(made, written)
        assert done >= number - 1


def _break(made: Landscape) -> None:
    for each in made.world.clusters.values():
        each.broken = 503


def _mend(made: Landscape) -> None:
    for each in made.world.clusters.values():
        each.broken = 0


@pytest.mark.parametrize("number", range(2, 9, 2))
def test_half_of_the_steps_can_be_taken_back(tmp_path: Path, number: int) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        before = {name: dict(each.services) for name, each in made.world.clusters.items()}
        stopped = carrier(made, folders, steps)
        stopped.say = lambda each: _die() if each.number == number else None

        with arriving(made) as written:
            with pytest.raises(KilledError):
                stopped.carry()
            carrier(made, folders, steps).undo()

        check_each_once(made, written)
        assert {name: each.services for name, each in made.world.clusters.items()} == before


def _die() -> None:
    raise KilledError


def test_where_what_arrives_must_go_elsewhere_others_are_waited_for(tmp_path: Path) -> None:
    moved = ("VM2", "VM1", "VM1")
    steps = between(STAY, moved)
    with landscape(tmp_path, STAY, moved) as (made, folders):
        begin(made, folders, steps)

        with arriving(made) as first, pytest.raises(TryAgain, match="aaa/input in the store of oscar-cluster") as told:
            carrier(made, folders, steps).carry()
        with arriving(made, "VM2") as second:
            going_on = carrier(made, folders, steps)
            going_on.moved = True
            going_on.carry()

        assert "--arrivals-moved" in told.value.hint
        check_each_once(made, [*first, *second])
        assert running(made) == {"VM1": ["bbb", "ccc"], "VM2": ["aaa"]}


def test_a_first_deployment_is_put_onto_its_clusters_and_says_where_to_write_to(tmp_path: Path) -> None:
    steps = between((), MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        places = deployments.places(Deployment.read(folders[1]), None, read_clusters(made.access()), settle=0.2)

        left = Carrier(steps, places, opened(folders, steps), patience=60, look=0.01).carry()
        with arriving(made) as written:
            pass

        check_each_once(made, written)
        assert running(made) == {"VM1": ["aaa"], "VM2": ["bbb"], "Rack": ["ccc"]}
        assert any(each.startswith("what arrives is to be written to aaa/input in the store of") for each in left)


def test_a_service_with_a_job_that_does_not_end_is_not_stopped(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        made.world.write(made.names["VM1"], "bbb/output", "slow.png")
        await_quiet(made.world)
        with made.world.lock:
            made.cluster("VM1").work[-1].ends = time.monotonic() + 600
            made.cluster("VM1").work[-1].status = "Running"
            made.world.unread.clear()
        impatient = carrier(made, folders, steps)
        impatient.patience = 0.5

        with pytest.raises(TryAgain, match=r"ccc/ccc on VM1 still has 1 job after 0\.5 s"):
            impatient.carry()
        there = running(made)
        made.cluster("VM1").work[-1].ends = 0
        carrier(made, folders, steps).carry()
        await_quiet(made.world)

        assert "ccc" in there["VM1"]
        assert made.results == Counter(["slow.png"])
        assert "ccc" not in running(made)["VM1"]


def test_a_service_that_a_cluster_refuses_leaves_what_ran_and_can_be_taken_back(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        made.cluster("VM2").change = lambda *_: (400, "no such image")  # type: ignore[method-assign]

        with arriving(made) as written:
            with pytest.raises(Rejected, match="no such image"):
                carrier(made, folders, steps).carry()
            del made.cluster("VM2").change
            carrier(made, folders, steps).undo()

        check_each_once(made, written)
        assert running(made) == {"VM1": ["aaa", "bbb", "ccc"], "VM2": [], "Rack": []}


def test_of_two_resources_in_one_cluster_the_service_is_changed_and_not_stopped(tmp_path: Path) -> None:
    old, new = ("Pi", "Pi", "Pi"), ("Pi", "Jetson", "Pi")
    steps = between(old, new)
    with landscape(tmp_path, old, new) as (made, folders):
        begin(made, folders, steps)

        with arriving(made, "Pi") as written:
            carrier(made, folders, steps).carry()
        check_each_once(made, written)
        assert running(made)["Pi"] == ["aaa", "bbb", "ccc"]

        carrier(made, folders, steps).undo()
        assert running(made)["Pi"] == ["aaa", "bbb", "ccc"]


def test_a_folder_that_old_and_new_would_both_read_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)
    with landscape(tmp_path, STAY, MOVED) as (made, folders):
        begin(made, folders, steps)
        taken = carrier(made, folders, steps)
        other = {**taken.places.definitions["bbb"], "name": "other"}
        taken.places = replace(
            taken.places,
            definitions={**taken.places.definitions, "other": other},
            resources={**taken.places.resources, "other": "VM1"},
        )
        asked = len(made.cluster("VM1").asked)

        with pytest.raises(Rejected, match=r"bbb/bbb on VM1 and the new other both read aaa/output there"):
            taken.carry()

        assert len(made.cluster("VM1").asked) == asked


def test_other_steps_are_not_begun_before_the_first_ones_are_through(tmp_path: Path) -> None:
    steps, others = between(STAY, MOVED), between(STAY, ("VM1", "VM2", "VM2"))
    path = tmp_path / FILE_NAME
    Journal.open(path, steps).write(Entry(number=1))

    with pytest.raises(Rejected, match="1 other steps were carried out from here"):
        Journal.open(path, others)
    Journal.open(path, steps).turn(back=False, finished=True)

    assert Journal.open(path, others).entries == ()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_journal_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"steps": 3')

    with pytest.raises(Rejected, match=r"deploy\.json cannot be read"):
        Journal.open(tmp_path / FILE_NAME, ())


def test_two_at_once_are_one_too_many(tmp_path: Path) -> None:
    with alone(tmp_path / "lock"), pytest.raises(TryAgain, match="another noria deploy"), alone(tmp_path / "lock"):
        pass


def test_steps_of_an_unknown_resource_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    steps = between(("Jetson", "Jetson", "VM1"), STAY)
    with landscape(tmp_path, STAY, STAY) as (made, folders):
        with pytest.raises(
            Rejected, match="nothing is known of Jetson, where aaa/aaa on Jetson is to be found"
        ) as told:
            carrier(made, folders, steps)

        assert "--from" in told.value.hint


def test_a_cluster_without_a_password_is_named(tmp_path: Path) -> None:
    with landscape(tmp_path, ("Pi", "Pi", "Pi")) as (_, folders):
        with pytest.raises(Rejected, match="the address of edge-cluster is not known") as told:
            deployments.places(Deployment.read(folders[0]), None, {})

        assert "clusters.yaml" in told.value.hint


def test_a_cluster_that_was_made_is_known_by_the_deployment_s_own_files(tmp_path: Path) -> None:
    with landscape(tmp_path, STAY) as (made, folders):
        found = Deployment.read(folders[0])
        access = found.accesses[made.names["VM1"]]

        assert access.endpoint == f"https://{made.names['VM1']}.im.grycap.net"
        assert access.auth_user == USER
        assert access.auth_password is not None
        assert access.auth_password.get_secret_value() in made.drawn.values()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    steps = between(STAY, MOVED)

    assert read_steps(save(steps, tmp_path / "steps.json")) == steps
    assert {type(step.do) for step in steps} >= {Start, Drain, Stop}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is no JSON|Invalid JSON"),
        ("[]", "steps.json"),
        ('{"version": 2}', "version"),
        ('{"steps": [{"number": 1, "do": {"action": "burn"}, "undo": []}]}', r"steps\.0\.do"),
        (f'{{"steps": [{{"number": 2, "do": {SCALE}, "undo": []}}]}}', "number is 2"),
    ],
)
def test_a_file_that_is_no_steps_is_refused_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "steps.json").write_text(text)

    with pytest.raises(Rejected, match=told) as refused:
        read_steps(tmp_path / "steps.json")

    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("oscar:\n  one: {endpoint: https://one.example, auth_pasword: x}\n", "did you mean auth_password"),
        ("oscar:\n  one: {endpoint: https://one.example, auth_password: 987654}\n", "auth_password"),
        ("oscar:\n  one: {endpoint: https://one.example, ssl_verify: false}\n", "ssl_verify is false"),
        ("clusters: {}\n", "oscar"),
        ("oscar: &a [*a]\n", "access.yaml"),
    ],
)
def test_a_file_of_addresses_that_cannot_be_used_is_refused_without_its_secrets(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "access.yaml").write_text(text)

    with pytest.raises(Rejected, match=told) as refused:
        read_clusters(tmp_path / "access.yaml")

    assert "987654" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("names.json", "[1]", "names.json is no mapping of names"),
        ("names.json", "{", "names.json is no mapping of names"),
        ("result.json", '{"placement": 3}', "result.json: placement"),
        ("oscar/scripts/aaa.sh", None, "aaa.sh"),
        ("oscar/wrong.yaml", "functions: {oscar: [{x: {name: y, script: ../../names.json, image: z}}]}", "beside it"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_sentence(tmp_path: Path, name: str, text: str | None, told: str) -> None:
    with landscape(tmp_path, STAY) as (_, (folder,)):
        path = folder / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)

        with pytest.raises(Rejected, match=told):
            Deployment.read(folder)


def test_an_address_without_encryption_is_not_told_the_password(tmp_path: Path) -> None:
    with landscape(tmp_path, STAY) as (made, (folder,)):
        access = {made.names["VM1"]: Access(endpoint="http://cluster.example")}

        with pytest.raises(Rejected, match="would send the password for all to read"):
            deployments.places(Deployment.read(folder), None, access)
