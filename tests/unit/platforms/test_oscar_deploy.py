"""``noria deploy --to oscar``, run as a person runs it, on a cluster that answers as OSCAR does."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from functions.runtime.errors import Rejected
from local.credentials import Keys
from local.platforms.keys import read_keys
from local.platforms.oscar.users import user_of
from tests import pipelines
from tests.pipeline.noria import ROOT, Noria
from tests.unit.platforms.oscar_place import FLOWS, SCRIPT, Place, place, with_secret
from tests.unit.provisioning.oscar_client import Client
from tests.unit.provisioning.oscar_server import PASSWORD, USER

PIPELINE = ROOT / "fdl/mask-detection.yaml"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def test_services_come_with_buckets_notifications_and_keys_of_their_own(there: Place) -> None:
    said = there.noria(*there.options())

    oscar = there.oscar
    assert "first, second run on oscar" in said
    assert [*oscar.services] == ["second", "first"]
    assert set(oscar.buckets) == {"noria-ledger", "photos", "copies", "again"}
    assert oscar.triggers("photos", "in/a.jpg") == ["first"]
    assert oscar.triggers("copies", "out/a.jpg.copy") == ["second"]
    first = oscar.services["first"]
    assert (first["image"], first["script"], first["file_stage_in"]) == ("ghcr.io/you/copy:0.1.0", SCRIPT, True)
    assert first["environment"]["variables"]["NORIA_LEDGER"] == "noria-ledger"
    assert set(first["environment"]["secrets"].values()) == {""}
    secret = there.keys()["first"]["secret_key"]
    assert oscar.secrets["first"] == {
        "NORIA_STORE_ACCESS_KEY": "noria-first",
        "NORIA_STORE_SECRET_KEY": secret,
    }
    assert oscar.admin.users["noria-first"] == secret
    assert oscar.admin.may["noria-first"] == "noria-first"
    written = next(each for each in oscar.admin.policies["noria-first"]["Statement"] if each["Sid"] == "Write")
    assert "arn:aws:s3:::copies/out/*" in written["Resource"]
    assert not [each for each in written["Resource"] if "again" in each]
    assert stat.S_IMODE((there.noria.home / "oscar/edge.json").stat().st_mode) == 0o600


def test_deploying_again_updates_what_is_there_and_keeps_its_keys(there: Place) -> None:
    there.deploy()
    keys = there.keys()
    there.oscar.buckets["copies"] += ["out/a.jpg.copy"]
    there.fdl.write_text(there.fdl.read_text().replace("256Mi", "512Mi"))

    there.deploy(tag="0.2.0")

    first = there.oscar.services["first"]
    assert (first["memory"], first["image"]) == ("512Mi", "ghcr.io/you/copy:0.2.0")
    assert there.keys() == keys
    assert there.oscar.buckets["copies"] == ["out/a.jpg.copy"]
    assert [len(told) for told in there.oscar.told.values()] == [1, 1]
    assert not [method for method, _, _ in there.oscar.asked if method == "DELETE"]


def test_a_dry_run_says_what_then_is_done_and_asks_nobody(there: Place) -> None:
    dry = there.noria.json(*there.options("--dry-run"))

    asked = list(there.oscar.asked)
    done = there.noria.run(*there.options())
    assert asked == []
    assert there.oscar.asked != []
    assert [line for line in done.stderr.splitlines() if line] == dry["steps"]
    definition = yaml.safe_load(dry["files"]["edge/first.yaml"])["functions"]["oscar"][0]["edge"]
    assert {**definition, "script": SCRIPT} == there.oscar.services["first"]


def test_no_secret_is_in_what_a_dry_run_prints(there: Place) -> None:
    there.deploy()

    dry = there.noria(*there.options("--dry-run"))

    assert "NORIA_STORE_SECRET_KEY" in dry
    assert not [keys for keys in there.keys().values() if keys["secret_key"] in dry]


def test_oscar_s_own_client_reads_what_was_written_and_what_was_created(there: Place, tmp_path: Path) -> None:
    there.noria(*there.options("--output", tmp_path / "made"))
    theirs = Client(
        {"cluster_id": "edge", "endpoint": there.oscar.endpoint, "user": USER, "password": PASSWORD, "ssl": True}
    )

    read = theirs._check_fdl_definition(str(tmp_path / "made/edge/first.yaml"))
    services = json.loads(theirs.list_services().text)

    assert read == there.oscar.services["first"]
    assert [each["name"] for each in services] == ["second", "first"]
    assert json.loads(theirs.get_service("first").text) == read
    assert "noria-ledger" in [each["bucket_name"] for each in json.loads(theirs.list_buckets().text)]


def test_a_service_that_oscar_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    with place(tmp_path) as there:
        there.oscar.refused = {"first": (400, "no worker has so many processors")}
        done = there.noria.run(*there.options())

    assert done.returncode == 3
    assert 'no worker has so many processors"; first and second are as before' in done.stderr
    assert there.oscar.services == {}
    assert "Traceback" not in done.stderr


def test_a_service_that_was_refused_once_can_be_created_afterwards(there: Place) -> None:
    there.oscar.refused = {"first": (400, "no worker has so many processors")}
    with pytest.raises(Rejected, match="no worker has so many processors"):
        there.deploy()
    there.oscar.refused = {}

    there.deploy()

    assert {*there.oscar.services} == {"first", "second"}
    assert there.oscar.secrets["first"]["NORIA_STORE_ACCESS_KEY"] == "noria-first"


def test_a_refused_change_leaves_all_services_as_they_were(there: Place) -> None:
    there.deploy()
    before, secrets = dict(there.oscar.services), dict(there.oscar.secrets)
    there.fdl.write_text(there.fdl.read_text().replace("256Mi", "512Mi"))
    there.oscar.refused = {"first": (400, "too much memory")}

    with pytest.raises(Rejected, match="second is as before"):
        there.deploy()

    assert there.oscar.services["second"]["memory"] == before["second"]["memory"]
    assert there.oscar.secrets == secrets


def test_a_cluster_that_is_away_is_exit_code_4_and_the_next_call_goes_on(there: Place) -> None:
    there.oscar.broken = 503
    away = there.noria.run(*there.options())
    there.oscar.broken = 0

    there.deploy()

    assert away.returncode == 4
    assert "answers GET /system/services with 503" in away.stderr
    assert [*there.oscar.services] == ["second", "first"]


def test_a_cluster_with_rustfs_is_told_of_new_objects_by_rustfs_s_own_names(there: Place) -> None:
    there.oscar.admin.make = "rustfs"
    there.oscar.buckets["photos"] = ["in/old.jpg"]

    there.deploy()
    there.deploy()

    assert there.oscar.triggers("photos", "in/a.jpg") == ["first"]
    assert [each.arn for each in there.oscar.told["photos"]] == ["arn:rustfs:sqs:us-east-1:first:webhook"]


def test_keys_that_are_given_are_taken_and_no_users_are_made(there: Place, tmp_path: Path) -> None:
    keys = {name: {"access_key": f"ak-{name}", "secret_key": f"sk-of-{name}"} for name in FLOWS}
    (tmp_path / "keys.json").write_text(json.dumps(keys))

    there.deploy(keys=read_keys(tmp_path / "keys.json"))

    assert there.oscar.admin.users == {}
    assert there.oscar.secrets["first"]["NORIA_STORE_ACCESS_KEY"] == "ak-first"


def test_keys_that_somebody_else_draws_take_the_place_of_those_before(there: Place, tmp_path: Path) -> None:
    there.deploy()
    before = there.oscar.admin.users["noria-first"]
    there.noria.home = tmp_path / "another"

    there.deploy()

    assert {*there.oscar.admin.users} == {"noria-first", "noria-second"}
    assert there.oscar.admin.users["noria-first"] != before
    assert there.oscar.secrets["first"]["NORIA_STORE_SECRET_KEY"] == there.oscar.admin.users["noria-first"]


def test_a_service_of_any_name_has_a_user_that_minio_takes() -> None:
    names = ["a", "blur-faces", "watch-constraints-of-the-shop", "watch-constraints-of-the-port", "x" * 39]

    users = [user_of(name) for name in names]

    assert users[1] == "noria-blur-faces"
    assert len({*users}) == len(names)
    assert all(3 <= len(user) <= 20 for user in users)


def test_a_file_of_keys_that_lacks_a_service_is_refused_before_anything_is_done(there: Place) -> None:
    keys = {"first": Keys("ak-first", "sk-of-first", ""), "secnd": Keys("ak-second", "sk-of-second", "")}

    with pytest.raises(Rejected, match="the file of keys has none of second; did you mean secnd"):
        there.deploy(keys=keys)

    assert there.oscar.asked == []


def test_a_store_that_makes_no_users_is_one_sentence_with_the_way_out(there: Place) -> None:
    there.oscar.admin.refuses = "AccessDenied"

    with pytest.raises(Rejected, match="answers add-canned-policy with 403: AccessDenied") as refusal:
        there.deploy()

    assert "--keys FILE" in refusal.value.hint
    assert there.oscar.services == {}


def test_keys_in_files_come_as_text_and_are_files_again_before_the_function_starts(tmp_path: Path) -> None:
    text = with_secret(pipelines.pipeline("signer", "photos/in", "signed/out"), "SIGNER_KEY_FILE")
    (tmp_path / "key.pem").write_text("-----KEY-----\nline\n")
    with place(tmp_path, text) as there:
        with pytest.raises(Rejected, match="signer wants a file in SIGNER_KEY_FILE, and nobody says which"):
            there.deploy()
        assert there.oscar.asked == []
        there.noria.environ["SIGNER_KEY_FILE"] = str(tmp_path / "key.pem")
        there.deploy()

        assert there.oscar.secrets["signer"]["TEXT_OF_SIGNER_KEY_FILE"] == "-----KEY-----\nline\n"
        script = there.oscar.services["signer"]["script"]
        assert script.index('export SIGNER_KEY_FILE="$keys/SIGNER_KEY_FILE"') < script.index("exec python")


def test_a_variable_that_is_a_secret_by_its_name_is_kept_as_one(tmp_path: Path) -> None:
    text = pipelines.pipeline("teller", "photos/in", "told/out", TELLER_API_TOKEN="tok-en-42", TELLER_MODE="loud")
    with place(tmp_path, text) as there:
        there.deploy()
        shown = there.noria(*there.options("--dry-run"))

    service = there.oscar.services["teller"]
    assert service["environment"]["variables"]["TELLER_MODE"] == "loud"
    assert "TELLER_API_TOKEN" not in service["environment"]["variables"]
    assert there.oscar.secrets["teller"]["TELLER_API_TOKEN"] == "tok-en-42"
    assert "tok-en-42" not in shown


def test_what_a_dry_run_prints_is_this_word_for_word(tmp_path: Path) -> None:
    golden = Path(__file__).parent / "golden/oscar.txt"
    told = ["--cluster", "edge", "--registry", "ghcr.io/you", "--tag", "1.2.3", "--dry-run"]

    shown = Noria(tmp_path / ".noria", {"HOME": str(tmp_path)})("deploy", "--to", "oscar", PIPELINE, *told)

    assert shown == golden.read_text()


def test_a_script_that_is_not_ours_runs_as_it_does_everywhere(tmp_path: Path) -> None:
    with place(tmp_path, pipelines.pipeline("theirs", "photos/in", "copies/out")) as there:
        (tmp_path / "run.sh").write_text("#!/bin/sh\ncp $INPUT_FILE_PATH $TMP_OUTPUT_DIR\n")
        there.deploy()

    service = there.oscar.services["theirs"]
    assert "file_stage_in" not in service
    assert "NORIA_LEDGER" not in service["environment"]["variables"]
    assert there.oscar.secrets == {}
    assert "noria-ledger" not in there.oscar.buckets


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--to", "oscr"], 2, "Invalid value for '--to'"),
        (["--to", "oscar", "--cluster", "edgy"], 3, "has no cluster edgy; did you mean edge"),
        (["--to", "oscar", "--undo"], 2, "--undo is for the steps of a deployment, not for --to"),
        (["--registry", "ghcr.io/you"], 2, "--registry needs --to"),
        (["--to", "oscar", "--plain"], 2, "--plain is for --to knative, not for --to oscar"),
        (["--to", "oscar", "--cluster", "../../out", "--output", "here", "--dry-run"], 3, "is no name of a cluster"),
    ],
)
def test_what_cannot_be_deployed_is_one_sentence(there: Place, arguments: list[str], code: int, sentence: str) -> None:
    more: list[str | Path] = ["--clusters", there.clusters] if code == 3 else []

    done = there.noria.run("deploy", there.fdl, *arguments, *more)

    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert there.oscar.asked == []
