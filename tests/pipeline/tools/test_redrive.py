"""Dead letters are sent round again, purged, or say why they cannot be."""

import asyncio
import json

import pytest

import fdl
from functions.runtime.dead_letters import DeadLetter
from functions.runtime.runs import Failure
from local.connection import operator
from local.letters import read_letter
from local.reconcile import Reconciler
from local.redrive import Redrive
from tests.pipeline.noria import Noria
from tests.pipeline.tools.duty import Duty
from tests.waiting import eventually


def test_a_dead_letters_event_succeeds_once_its_cause_is_gone(noria: Duty) -> None:
    objects = noria.put_all("in/gone", *(f"{number}.txt" for number in range(5)))
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/gone/")
    noria.door.touch()

    document = noria.json("failed", "retry", "--function", "flaky", "--rate", "50")

    assert document == {"retried": letters, "left": []}
    noria.await_state("flaky", objects, "committed")
    assert (len(letters), noria.letters("in/gone/")) == (5, [])


def test_dead_letters_are_listed_and_sent_again_the_oldest_first(noria: Duty) -> None:
    names = ["c.txt", "a.txt", "b.txt"]
    for name in names:
        noria.await_state("flaky", noria.put_all("in/order", name), "failed")
    before = noria.letters("in/order/")

    document = noria.json("failed", "retry", *reversed(before), "--rate", "500")
    noria.await_state("flaky", [f"inbox/in/order/{name}" for name in names], "failed")

    assert [letter.split("/")[-1].split(".")[0] for letter in before] == ["c", "a", "b"]
    assert document["retried"] == before
    assert sorted(noria.letters("in/order/")) == sorted(before)
    assert noria.run_of("flaky", "in/order/a.txt").reopened  # type: ignore[union-attr]
    noria("failed", "purge", *before)


def test_a_retry_that_was_cut_off_is_finished_by_the_next_one(noria: Duty) -> None:
    objects = noria.put_all("in/cut", "1.txt", "2.txt")
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/cut/")
    for each in objects:  # as far as a retry comes that is killed after its first step
        run = noria.run_of("flaky", each.removeprefix("inbox/"))
        assert run
        noria.ledger.reopen(run.name)
    noria.door.touch()

    document = noria.json("failed", "retry", *letters)

    assert document["retried"] == letters
    noria.await_state("flaky", objects, "committed")
    assert noria.letters("in/cut/") == []


def test_a_retry_that_was_killed_before_it_rang_is_found_by_reconcile(noria: Duty) -> None:
    objects = noria.put_all("in/silent", "1.txt")
    noria.await_state("flaky", objects, "failed")
    letter = noria.letters("in/silent/")[0]
    noria.door.touch()
    services = fdl.load(noria.home.parent / "flaky.yaml").services
    given = operator({"NORIA_HOME": str(noria.home)})

    Redrive(noria.store, noria.ledger, services).release(read_letter(noria.store, *letter.split("/", 1)))
    between = noria.run_of("flaky", "in/silent/1.txt")
    letters = noria.letters("in/silent/")
    reconciler = Reconciler(given, services, 1)

    def committed() -> bool:
        asyncio.run(reconciler.once())
        run = noria.run_of("flaky", "in/silent/1.txt")
        return run is not None and run.state == "committed"

    assert between
    assert (between.state, letters) == ("retrying", [])
    eventually(committed)


def test_a_letter_left_beside_a_committed_run_goes_and_nothing_runs_twice(noria: Duty) -> None:
    noria.door.touch()
    objects = noria.put_all("in/beside", "1.txt")
    noria.await_state("flaky", objects, "committed")
    run = noria.run_of("flaky", "in/beside/1.txt")
    assert run
    letter = DeadLetter(function="flaky", run=run.name, input=run.input, reason="left")
    key = f"out/flaky-failed/left.{run.id[:12]}.failure.json"
    noria.store.write("outbox", key, letter.model_dump_json().encode())

    document = noria.json("failed", "retry", f"outbox/{key}")
    noria.await_quiet()

    assert document["retried"] == [f"outbox/{key}"]
    assert noria.run_of("flaky", "in/beside/1.txt") == run
    assert noria.letters("in/beside/") == []


def test_a_letter_that_is_just_being_written_is_left_to_its_run(noria: Duty) -> None:
    objects = noria.put_all("in/writing", "hang.txt")
    noria.await_state("flaky", objects, "running")
    run = noria.run_of("flaky", "in/writing/hang.txt")
    assert run
    failures = (Failure(reason="the last one"),)  # the worker writes the letter first, and then the ledger
    letter = DeadLetter(function="flaky", run=run.name, input=run.input, reason="the last one", failures=failures)
    address = f"outbox/out/flaky-failed/writing.{run.id[:12]}.failure.json"
    noria.store.write("outbox", address.removeprefix("outbox/"), letter.model_dump_json().encode())

    done = noria.run("failed", "retry", address)

    assert (done.returncode, f"left: {address}: its run has not ended yet" in done.stderr) == (3, True)
    assert noria.letters("in/writing/") == [address]
    noria("failed", "purge", address)
    noria.door.touch()
    noria.await_state("flaky", objects, "committed")


@pytest.mark.parametrize(
    ("ending", "metadata", "why"),
    [
        ("", {}, "it is not called after the run that it tells of"),
        (".{}", {}, "the ledger names another one for flaky/"),
        (".{}", {"noria-parent": "copy/0"}, "it is a result of copy/0"),
    ],
)
def test_a_forged_letter_is_neither_listed_nor_obeyed(
    noria: Duty, ending: str, metadata: dict[str, str], why: str
) -> None:
    objects = noria.put_all("in/forged", f"{len(why)}.txt")
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/forged/")
    before = noria.run_of("flaky", objects[0].removeprefix("inbox/"))
    assert before
    key = f"out/flaky-failed/forged{ending.format(before.id[:12])}.failure.json"
    body = noria.store.read(*letters[0].split("/", 1))[0]
    noria.store.write("outbox", key, body, metadata=metadata)

    listed = noria.letters("in/forged/")
    said = [noria.run("failed", verb, f"outbox/{key}") for verb in ("show", "retry", "purge")]

    noria.store.delete("outbox", key)
    assert listed == letters
    assert {done.returncode for done in said} == {3}
    assert all(f"outbox/{key} is not a dead letter: {why}" in done.stderr for done in said)
    assert noria.run_of("flaky", objects[0].removeprefix("inbox/")) == before
    noria("failed", "purge", *letters)


def test_purged_letters_are_gone_and_their_runs_stay_failed(noria: Duty) -> None:
    objects = noria.put_all("in/purge", "1.txt", "2.txt")
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/purge/")
    noria.door.touch()

    listed = noria.json("failed", "purge", *letters, "--dry-run")
    between = noria.letters("in/purge/")
    purged = noria.json("failed", "purge", *letters)
    noria("replay", "--prefix", "inbox/in/purge/")
    noria.await_quiet()

    assert listed == purged == {"purged": letters, "left": []}
    assert between == letters
    assert noria.letters("in/purge/") == []
    noria.await_state("flaky", objects, "failed")


def test_what_cannot_be_retried_stays_and_says_why_while_the_others_go_on(noria: Duty) -> None:
    objects = noria.put_all("in/mixed", "deleted.txt", "overwritten.txt", "there.txt")
    noria.await_state("flaky", objects, "failed")
    noria.publish(b"no event at all")
    noria.await_quiet()
    everything = {each["letter"]: each.get("input") for each in noria.json("failed", "list")}
    mixed = [address for address, one in everything.items() if one is None or one["key"].startswith("in/mixed/")]
    noria.store.delete("inbox", "in/mixed/deleted.txt")
    noria.store.write("inbox", "in/mixed/overwritten.txt", b"newer")
    noria.door.touch()

    looked = noria.json("failed", "retry", *mixed, "--dry-run")
    done = noria.run("failed", "retry", *mixed, "--json")
    nothing = noria.run("failed", "retry", *(each["letter"] for each in looked["left"]))

    assert looked == json.loads(done.stdout)
    assert [address.split("/")[-1][:9] for address in looked["retried"]] == ["there.txt"]
    assert sorted(each["reason"] for each in looked["left"]) == [
        "it tells of a message that was no event",
        "it tells of a message that was no event",  # of each function that watches the bucket
        "its object was deleted",
        "its object was overwritten; the newer version has an event of its own",
    ]
    assert (done.returncode, nothing.returncode) == (0, 3)
    assert len([line for line in nothing.stderr.splitlines() if line.startswith("left: ")]) == 4
    noria.await_state("flaky", ["inbox/in/mixed/there.txt"], "committed")
    noria("failed", "purge", *(each["letter"] for each in looked["left"]))


def test_with_the_broker_away_a_retry_and_a_replay_change_nothing(noria: Duty) -> None:
    objects = noria.put_all("in/away", "1.txt")
    noria.await_state("flaky", objects, "failed")
    run, letters = noria.run_of("flaky", "in/away/1.txt"), noria.letters("in/away/")
    away = Noria(noria.home, {**noria.environ, "NORIA_NATS_URL": "nats://127.0.0.1:9"})

    done = [away.run("failed", "retry", *letters), away.run("replay", "--since", "1h", "--force"), away.run("status")]

    assert {each.returncode for each in done} == {4}
    assert all("error: the broker does not answer" in each.stderr for each in done)
    assert (noria.run_of("flaky", "in/away/1.txt"), noria.letters("in/away/")) == (run, letters)
    noria("failed", "purge", *letters)


def test_a_broker_that_goes_away_in_the_middle_is_one_sentence_and_the_rest_is_sent_the_next_time(noria: Duty) -> None:
    objects = noria.put_all("in/middle", *(f"{number}.txt" for number in range(30)))
    noria.await_state("flaky", objects, "failed")
    letters = noria.letters("in/middle/")
    noria.door.touch()
    with noria.begin("failed", "retry", *letters, "--rate", "1") as retrying:
        eventually(lambda: 0 < len(noria.letters("in/middle/")) < 30)
        noria.await_restart("nats-server", noria.kill("nats-server"))
        said = retrying.communicate(timeout=60)[1]

    eventually(lambda: noria.run("failed", "retry", *noria.letters("in/middle/")).returncode == 0)

    assert retrying.returncode == 4
    assert "were sent again before this" in said
    assert "error: the broker went away" in said
    assert [line.split(" ")[0] for line in said.splitlines()][-2:] == ["error:", "hint:"]
    assert "Traceback" not in said
    assert "never retrieved" not in said
    services = fdl.load(noria.home.parent / "flaky.yaml").services
    reconciler = Reconciler(operator({"NORIA_HOME": str(noria.home)}), services, 1)

    def committed() -> bool:
        asyncio.run(reconciler.once())  # for the one whose run was reopened, and whose bell was not heard
        runs = [noria.run_of("flaky", address.removeprefix("inbox/")) for address in objects]
        return all(run is not None and run.state == "committed" for run in runs)

    eventually(committed)
    assert noria.letters("in/middle/") == []
