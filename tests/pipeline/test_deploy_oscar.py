"""``noria deploy --to oscar``: what is deployed works there as here, each job by OSCAR's real supervisor."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
import skimage.data
from botocore.exceptions import ClientError

import fdl
from events import ObjectCreated
from events.wire import minio_document
from functions.runtime.store import Store
from local.connection import operator
from local.permissions import grants, store_actions
from local.weed import Identity
from tests.pipeline.noria import ROOT, Noria
from tests.pipeline.oscar_cluster import client, oscar_cluster
from tests.pipeline.oscar_platform import OscarPlatform
from tests.pipeline.oscar_pods import MISSING
from tests.unit.provisioning.oscar_client import Client
from tests.unit.provisioning.oscar_server import PASSWORD, USER
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

PIPELINE = ROOT / "fdl/mask-detection.yaml"
RESULTS = ("photos-blurred", "photos-masks", "photos-failed")


@pytest.fixture(scope="module")
def users() -> list[Identity]:
    """Who the cluster's store knows: each service, with what its FDL asks for and no more."""
    services = fdl.load(PIPELINE).services
    return [Identity.generate(s.name, store_actions(grants(s, services, "noria-ledger"))) for s in services]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, users: list[Identity]) -> Iterator[OscarPlatform]:
    with oscar_cluster(OscarPlatform, tmp_path_factory.mktemp("edge"), *users) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def arguments(
    tmp_path_factory: pytest.TempPathFactory, cluster: OscarPlatform, users: list[Identity]
) -> list[str | Path]:
    folder = tmp_path_factory.mktemp("deployer")
    clusters, keys = folder / "clusters.yaml", folder / "keys.json"
    clusters.write_text(f"oscar: {{edge: {{endpoint: '{cluster.endpoint}', auth_password: {PASSWORD}}}}}\n")
    keys.write_text(json.dumps({u.name: {"access_key": u.access_key, "secret_key": u.secret_key} for u in users}))
    return ["deploy", "--to", "oscar", PIPELINE, "--clusters", clusters, "--keys", keys, "--registry", "ghcr.io/you"]


def picture() -> bytes:
    return cv2.imencode(".jpg", skimage.data.astronaut()[..., ::-1])[1].tobytes()


def results(cluster: OscarPlatform) -> dict[str, bytes]:
    """Read all that was made of what was put there."""
    found = {}
    for bucket in RESULTS:
        for each in cluster.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            found[f"{bucket}/{each['Key']}"] = cluster.s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
    return found


def results_here(noria: Noria) -> dict[str, bytes]:
    """Read the same of the plane of this machine."""
    store = Store(operator({"NORIA_HOME": str(noria.home)}))
    return {f"{bucket}/{s.key}": store.read(bucket, s.key)[0] for bucket in RESULTS for s in store.list(bucket, "")}


def await_results(cluster: OscarPlatform, name: str, *endings: str) -> dict[str, bytes]:
    """Wait for results whose names begin and end so, and give them."""

    def found() -> dict[str, bytes]:
        return {each: content for each, content in results(cluster).items() if name in each}

    eventually(lambda: all(any(each.endswith(end) for each in found()) for end in endings))
    return found()


def invoke(cluster: OscarPlatform, path: str, token: str, document: bytes) -> tuple[int, bytes]:
    """Call a service as a program does."""
    request = urllib.request.Request(f"{cluster.endpoint}{path}", document, method="POST")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, cluster: OscarPlatform, arguments: list[str | Path]
) -> OscarPlatform:
    Noria(tmp_path_factory.mktemp("home") / ".noria")(*arguments)
    return cluster


def test_a_picture_put_there_gives_what_it_gives_here_byte_for_byte(tmp_path: Path, deployed: OscarPlatform) -> None:
    photo = tmp_path / "two words.jpg"
    photo.write_bytes(picture())
    here = Noria(tmp_path / ".noria", {"NORIA_ACK_WAIT": "3"})
    deployed.s3.put_object(Bucket="photos", Key="in/trip/two words.jpg", Body=picture())

    try:
        here("up", "--detach", PIPELINE)
        here("put", photo, "photos/in/trip/", "--wait")
        ours = results_here(here)
    finally:
        here("down")
    theirs = await_results(deployed, "two words", ".masks.json", ".masks.png")

    assert len(ours) == 4
    assert theirs == ours
    assert set(deployed.answers) == {201}


def test_what_is_no_picture_is_one_dead_letter_there_too(deployed: OscarPlatform) -> None:
    deployed.s3.put_object(Bucket="photos", Key="in/notes.jpg", Body=b"not a picture")

    found = await_results(deployed, "notes", ".failure.json")

    (letter,) = [json.loads(content) for content in found.values()]
    assert (letter["function"], letter["host"], letter["attempts"]) == ("blur-faces", "oscar", 1)
    assert next(iter(found)).startswith("photos-failed/blur-faces/")


def test_a_service_has_keys_for_its_own_folders_only(deployed: OscarPlatform, users: list[Identity]) -> None:
    _, mask_detect = users

    theirs = client(deployed.weed.endpoint, mask_detect.access_key, mask_detect.secret_key)

    assert deployed.secrets["mask-detect"]["NORIA_STORE_ACCESS_KEY"] == mask_detect.access_key
    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.put_object(Bucket="photos", Key="in/forged.jpg", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.put_object(Bucket="noria-ledger", Key="blur-faces/forged.json", Body=b"")


def test_a_synchronous_call_with_the_service_s_token_answers_with_the_verdict(deployed: OscarPlatform) -> None:
    etag = deployed.s3.put_object(Bucket="photos", Key="in/called.jpg", Body=picture())["ETag"].strip('"')
    event = ObjectCreated(bucket="photos", key="in/called.jpg", etag=etag, size=len(picture()), source="minio:s3")
    before = await_results(deployed, "called", ".masks.json", ".masks.png")

    forged = invoke(deployed, "/run/blur-faces", "0" * 64, minio_document(event))
    status, said = invoke(deployed, "/run/blur-faces", deployed.services["blur-faces"]["token"], minio_document(event))

    assert forged[0] == 401
    assert status == 200
    assert b'{"verdict": "done"' in said
    assert await_results(deployed, "called", ".masks.json") == before


def test_oscar_s_own_client_sees_services_jobs_and_what_they_said(deployed: OscarPlatform) -> None:
    theirs = Client(
        {"cluster_id": "edge", "endpoint": deployed.endpoint, "user": USER, "password": PASSWORD, "ssl": True}
    )
    deployed.s3.put_object(Bucket="photos", Key="in/seen.jpg", Body=picture())
    await_results(deployed, "seen", ".masks.json")

    services = {each["name"]: each for each in json.loads(theirs.list_services().text)}
    jobs = json.loads(theirs.list_jobs("mask-detect").text)["jobs"]
    logs = [theirs.get_job_logs("mask-detect", name).text for name in jobs]

    assert {*services} == {"blur-faces", "mask-detect"}
    assert services["blur-faces"]["image"] == "ghcr.io/you/blur-faces:0.1.0"
    assert set(services["blur-faces"]["environment"]["secrets"].values()) == {""}
    assert any('"verdict": "done"' in log for log in logs)


def test_deploying_again_changes_what_comes_after_and_nothing_that_is_there(
    tmp_path: Path, deployed: OscarPlatform, arguments: list[str | Path]
) -> None:
    deployed.s3.put_object(Bucket="photos", Key="in/before.jpg", Body=picture())
    old = await_results(deployed, "before", ".blurred.png")
    changed = tmp_path / "changed.yaml"
    text = PIPELINE.read_text().replace("../images", str(ROOT / "images"))
    setting = '      environment: {Variables: {BLUR_FACES_STRENGTH: "1.0"}}\n      input:'
    changed.write_text(text.replace("      input:", setting, 1))
    tokens = {name: each["token"] for name, each in deployed.services.items()}

    Noria(tmp_path / ".noria")(*[changed if each == PIPELINE else each for each in arguments])
    deployed.s3.put_object(Bucket="photos", Key="in/after.jpg", Body=picture())
    new = await_results(deployed, "after", ".blurred.png")

    assert {name: each["token"] for name, each in deployed.services.items()} == tokens
    blurred = "photos-blurred/out/{}.jpg.blurred.png"
    assert new[blurred.format("after")] != old[blurred.format("before")]
    assert results(deployed)[blurred.format("before")] == old[blurred.format("before")]
