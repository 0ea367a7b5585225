"""A store and a broker of somebody else's, named by their URLs."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local.broker import Broker, User
from local.weed import Identity, Weed
from tests.pipeline.conftest import s3_client
from tests.pipeline.noria import Noria
from tests.pipelines import pipeline


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[Noria]:
    admin, user = Identity.generate("somebody", ["Admin"]), User("somebody", "secret-password")
    weed, broker = Weed(tmp_path / "s3", [admin]), Broker(tmp_path / "nats", [user])
    for service in (weed, broker):
        service.start()
    for service in (weed, broker):
        service.wait_until_ready()
    key = tmp_path / "key"
    key.write_text(admin.secret_key)
    noria = Noria(
        tmp_path / ".noria",
        {
            "NORIA_STORE_URL": weed.endpoint,
            "NORIA_STORE_ACCESS_KEY": admin.access_key,
            "NORIA_STORE_SECRET_KEY_FILE": str(key),
            "NORIA_NATS_URL": broker.url,
            "NORIA_NATS_USER": user.name,
            "NORIA_NATS_PASSWORD": user.password,
            "NORIA_RECONCILE": "0.5",
        },
    )
    fdl = tmp_path / "copy.yaml"
    fdl.write_text(pipeline("copy", "inbox/in", "outbox/out"))
    try:
        noria("up", "--detach", fdl)
        yield noria
    finally:
        noria("down")
        broker.kill()
        weed.kill()


def test_a_store_that_announces_nothing_is_served_all_the_same(noria: Noria, tmp_path: Path) -> None:
    file = tmp_path / "hello.txt"
    file.write_text("hello")

    document = noria.json("put", file, "inbox/in/", "--wait")

    assert [run["state"] for run in document["runs"]] == ["committed"]
    assert [each["key"] for each in noria.json("ls", "outbox/out")] == ["out/hello.txt.copy"]
    assert not (noria.home / "store").exists()
    assert not (noria.home / "broker").exists()


def test_an_empty_folder_is_no_event_and_an_empty_object_is(noria: Noria, tmp_path: Path) -> None:
    secret = Path(noria.environ["NORIA_STORE_SECRET_KEY_FILE"]).read_text()
    who = Identity("somebody", noria.environ["NORIA_STORE_ACCESS_KEY"], secret, ())
    with closing(s3_client(noria.environ["NORIA_STORE_URL"], who)) as s3:
        s3.put_object(Bucket="inbox", Key="in/folder/")
    file = tmp_path / "empty.txt"
    file.touch()

    noria("put", file, "inbox/in/", "--wait")
    time.sleep(1.5)  # three more looks

    assert [run["input"]["key"] for run in noria.json("runs")] == ["in/empty.txt"]


def test_one_event_that_waits_for_its_next_attempt_keeps_no_other_from_being_found(
    noria: Noria, tmp_path: Path
) -> None:
    waiting, file = tmp_path / "waiting.txt", tmp_path / "hello.txt"
    waiting.write_text("segfault")  # tried again after 1, 5, 30 seconds and more
    file.write_text("hello")
    noria("put", waiting, "inbox/in/", "--wait", "--timeout", "3", code=4)

    document = noria.json("put", file, "inbox/in/", "--wait", "--timeout", "60")

    assert [run["state"] for run in document["runs"]] == ["committed"]


def test_a_key_that_a_listing_spoils_is_not_rung_under_a_name_that_nobody_gave(noria: Noria, tmp_path: Path) -> None:
    # The store by URL announces nothing, so an object that only a spoilt listing names has no event and no letter.
    given = noria.environ
    secret = Path(given["NORIA_STORE_SECRET_KEY_FILE"]).read_text()
    who = Identity("somebody", given["NORIA_STORE_ACCESS_KEY"], secret, ("Admin",))
    with closing(s3_client(given["NORIA_STORE_URL"], who)) as client:
        client.put_object(Bucket="inbox", Key="in/a\x01b.txt", Body=b"odd")
    file = tmp_path / "plain.txt"
    file.write_text("plain")

    noria("put", file, "inbox/in/", "--wait")

    assert [run["input"]["key"] for run in noria.json("runs")] == ["in/plain.txt"]
    assert noria.json("failed", "list") == []
