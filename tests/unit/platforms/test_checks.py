"""What a person says of a place is held to what can be, before anything is made of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from functions.runtime.errors import Rejected
from local.cli.deploy import deploy
from local.credentials import Keys
from local.platforms.checks import check
from local.platforms.files import left_behind, write, write_anew
from local.platforms.oscar import PLATFORM
from local.platforms.policy import s3_policy
from local.platforms.target import Target, read
from tests import pipelines
from tests.unit.platforms.oscar_place import write_pipeline


def target(folder: Path, *, source: str = "photos/in", **given: Any) -> Target:
    return Target(read([write_pipeline(folder, pipelines.pipeline("copy", source, "copies/out"))]), **given)


def run(folder: Path, *arguments: str) -> Result:
    path = write_pipeline(folder, pipelines.pipeline("copy", "photos/in", "copies/out"))
    told = {"NORIA_HOME": str(folder / ".noria"), "HOME": str(folder), "PATH": "/nowhere"}
    return CliRunner().invoke(deploy, [str(path), *arguments], env=told)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ledger": "Not_A_Bucket"}, "'Not_A_Bucket' is not a name that a bucket can have"),
        ({"ledger": "a/b"}, "'a/b' is not a name that a bucket can have"),
        ({"ledger": "photos"}, "the ledger's bucket photos is one that services use"),
        ({"tag": "a b"}, "'a b' is no tag of an image"),
        ({"registry": "https://ghcr.io/you"}, "'https://ghcr.io/you' is no place of images"),
        ({"registry": "ghcr.io/You"}, "'ghcr.io/You' is no place of images"),
        ({"store_url": "not a url"}, "--store is no address"),
        ({"store_url": "nats://here:1"}, "--store is no address"),
        ({"nats_url": "nats://here:4222,nats://[there"}, "--nats is no address"),
        ({"existing": frozenset({"photo"})}, "no service reads or writes a bucket photo; did you mean photos"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        check(target(tmp_path, **given))

    assert refusal.value.message.startswith(sentence)
    assert refusal.value.hint


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"registry": "ghcr.io/you", "tag": "0.1.0-rc.1"},
        {"registry": "registry.example:5001/team/noria/"},
        {"store_url": "https://minio.example:9000", "nats_url": "tls://one:4222,tls://two:4222"},
        {"store_url": "http://minio.storage.svc", "nats_url": "nats.messaging:4222", "existing": frozenset({"photos"})},
    ],
    ids=str,
)
def test_what_people_write_is_taken(tmp_path: Path, given: dict[str, Any]) -> None:
    check(target(tmp_path, **given))


@pytest.mark.parametrize(
    ("option", "url"),
    [
        ("--nats", "nats://worker:SECRET@broker:4222"),
        ("--nats", "nats://broker:4222,nats://SECRET@other:4222"),
        ("--store", "http://key:SECRET@minio:9000"),
    ],
)
def test_a_password_in_an_address_gets_into_no_file_and_no_message(tmp_path: Path, option: str, url: str) -> None:
    done = run(tmp_path, "--to", "knative", "--nats", "nats://b", "--store", "http://s", option, url, "--dry-run")

    assert isinstance(done.exception, Rejected)
    assert f"{option} has a name or a password in it" in done.exception.message
    assert "SECRET" not in done.output + str(done.exception) + done.exception.hint


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("localhost:5001/copy:0.1.0", "'no such image!'", "copy: 'no such image!' is no name of an image"),
        (
            "NORIA_FUNCTION: ",
            "NORIA_TIME_LIMIT: abc\n          NORIA_FUNCTION: ",
            "copy: NORIA_TIME_LIMIT has value 'abc'",
        ),
        ("NORIA_FUNCTION: ", "NORIA_TIME_LIMTI: 3\n          NORIA_FUNCTION: ", "did you mean NORIA_TIME_LIMIT"),
    ],
)
def test_what_is_wrong_in_a_service_is_named_with_file_line_and_service(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    path = write_pipeline(tmp_path, pipelines.pipeline("copy", "photos/in", "copies/out"))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    with pytest.raises(Rejected) as refusal:
        check(Target(read([path])))

    assert refusal.value.message.startswith(f"{path}:3 copy: ")
    assert sentence in refusal.value.message


@pytest.mark.parametrize(
    ("variables", "given"),
    [
        ({"NORIA_LEDGER": "other-ledger"}, {}),
        ({"NORIA_STORE_URL": "http://other:9000"}, {"store_url": "http://minio:9000"}),
        ({"NORIA_STREAM": "OTHERS"}, {}),
        ({"NORIA_SERVICE": "other"}, {}),
    ],
    ids=str,
)
def test_a_place_in_fdl_that_is_not_the_one_deployed_to_is_refused(
    tmp_path: Path, variables: dict[str, str], given: dict[str, Any]
) -> None:
    text = pipelines.pipeline("copy", "photos/in", "copies/out", **variables)
    target = Target(read([write_pipeline(tmp_path, text)]), **given)

    with pytest.raises(Rejected, match=rf"{next(iter(variables))} is not what it is deployed with"):
        check(target)


def test_a_place_in_fdl_that_is_the_one_deployed_to_is_taken(tmp_path: Path) -> None:
    text = pipelines.pipeline("copy", "photos/in", "copies/out", NORIA_LEDGER="other-ledger")

    check(Target(read([write_pipeline(tmp_path, text)]), ledger="other-ledger"))


def test_files_that_a_service_finds_in_its_image_are_not_looked_for_here(tmp_path: Path) -> None:
    text = pipelines.pipeline("copy", "photos/in", "copies/out", NORIA_STORE_CA="/etc/ca.pem")

    check(Target(read([write_pipeline(tmp_path, text)])))


def test_keys_under_a_name_that_is_nearly_a_service_s_are_refused_for_every_platform(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="the file of keys has none of copy; did you mean copi"):
        check(target(tmp_path, keys={"copi": Keys("a", "b", "c"), "operator": Keys("a", "b", "c")}))

    check(target(tmp_path, keys={"operator": Keys("a", "b", "c")}))


@pytest.mark.parametrize("cluster", ["egde", "local"])
def test_a_dry_run_refuses_a_cluster_that_the_file_does_not_know(tmp_path: Path, cluster: str) -> None:
    clusters = tmp_path / "clusters.yaml"
    clusters.write_text("oscar: {edge: {endpoint: 'https://edge'}, cloud: {endpoint: 'https://cloud'}}\n")
    options = ["--clusters", str(clusters), "--dry-run"] + (["--cluster", cluster] if cluster != "local" else [])

    done = run(tmp_path, "--to", "oscar", *options)

    assert isinstance(done.exception, Rejected)
    assert f"has no cluster {cluster}" in done.exception.message


def test_a_pipeline_that_two_clusters_would_cut_in_two_is_refused(tmp_path: Path) -> None:
    flows = {"first": ("photos/in", "copies/out"), "second": ("copies/out", "again/out")}
    whole = pipelines.pipelines(flows)
    first, second = whole.split("- local:")[1:]
    head = whole.partition("- local:")[0]
    cut = write_pipeline(tmp_path, f"{head}- edge:{first}- cloud:{second}")
    target = Target(read([cut]))

    with pytest.raises(Rejected, match="second on cloud is not told of copies/out, which first writes on edge"):
        PLATFORM.steps(target)

    assert PLATFORM.steps(replace(target, cluster="edge"))


@pytest.mark.parametrize("wild", ["*", "?", "${aws:username}"])
def test_a_folder_whose_name_a_policy_reads_otherwise_is_refused(tmp_path: Path, wild: str) -> None:
    given = target(tmp_path, source=f"photos/in{wild}")

    with pytest.raises(Rejected, match="which stands for others in a policy"):
        s3_policy(given.grants(given.services[0]))


def test_files_are_there_after_the_command_though_nobody_said_where(tmp_path: Path) -> None:
    done = run(tmp_path, "--to", "lambda", "--registry", "ghcr.io/you")

    there = {path.name for path in (tmp_path / ".noria/deploy/lambda/noria").iterdir()}
    assert done.exception is not None  # there is no SAM here
    assert "template.yaml" in there


def test_the_next_call_takes_away_what_it_has_written_and_not_what_others_keep_there(tmp_path: Path) -> None:
    folder = write_anew({"template.yaml": "1", "functions/old.json": "1"}, tmp_path, "lambda", "noria")
    (folder / "terraform.tfstate").write_text("all that there is")

    again = write_anew({"template.yaml": "2"}, tmp_path, "lambda", "noria")
    other = write_anew({"template.yaml": "3"}, tmp_path, "lambda", "other")

    assert again == folder != other
    assert (folder / "template.yaml").read_text() == "2"
    assert not (folder / "functions/old.json").exists()
    assert (folder / "terraform.tfstate").exists()


def test_what_an_earlier_call_left_in_a_folder_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "out/edge").mkdir(parents=True)
    (tmp_path / "out/edge/old.yaml").write_text("of a service that is no more")

    done = run(tmp_path, "--to", "oscar", "--cluster", "edge", "--output", str(tmp_path / "out"), "--dry-run")

    assert "there is also edge/old.yaml, which this call has not written" in " ".join(done.output.split())
    assert (tmp_path / "out/edge/old.yaml").exists()
    assert left_behind({"edge/copy.yaml": "", "edge/old.yaml": ""}, tmp_path / "out") == ()


def test_no_file_is_written_where_one_would_lie_outside(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"\.\./b would be written outside"):
        write({"a": "", "../b": ""}, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_dry_run_for_oscar_says_which_secrets_nobody_knows(tmp_path: Path) -> None:
    path = Path(__file__).parents[3] / "fdl/trusted-training.yaml"
    told = {"HOME": str(tmp_path), "SIGN_BOM_KEY_FILE": "key.pem", "VERIFY_BOM_KEYS_FILE": None}

    done = CliRunner().invoke(
        deploy, [str(path), "--to", "oscar", "--cluster", "edge", "--dry-run", "--json"], env=told
    )

    steps = json.loads(done.stdout)["steps"]
    (verify,) = [step for step in steps if "verify-bom on edge, with" in step]
    (sign,) = [step for step in steps if "sign-bom on edge, with" in step]
    assert verify.endswith("and VERIFY_BOM_KEYS_FILE as secrets; VERIFY_BOM_KEYS_FILE has to be exported for that")
    assert sign.endswith("and SIGN_BOM_KEY_FILE as secrets")
