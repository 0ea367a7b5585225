"""API keys: what is kept of them, who they let in, and for how long."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from local.api.keys import ApiKey, KeyFile


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.of(tmp_path / ".noria")


def test_a_key_lets_its_bearer_do_what_it_was_made_for(keys: KeyFile) -> None:
    made, text = keys.new("ann", ["submit", "read"])

    found = keys.bearer(text)

    assert found == made
    assert [scope for scope in ("submit", "read", "cancel") if made.may(scope)] == ["submit", "read"]


def test_an_admin_may_do_everything(keys: KeyFile) -> None:
    made, _ = keys.new("root", ["admin"])

    assert made.may("cancel")


def test_what_is_kept_does_not_hold_the_key_and_only_its_owner_can_read_it(keys: KeyFile) -> None:
    _, text = keys.new("ann", ["read"])

    kept = keys.path.read_text()

    assert text.rpartition("_")[2] not in kept
    assert keys.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), str.upper, lambda _: ""]
)
def test_another_key_is_nobodys(keys: KeyFile, change: "type[str]") -> None:
    _, text = keys.new("ann", ["read"])

    assert keys.bearer(change(text)) is None


def test_a_key_ends_when_it_is_revoked_or_its_time_is_over(keys: KeyFile) -> None:
    ann, anns = keys.new("ann", ["read"])
    _, bobs = keys.new("bob", ["read"], datetime.now(UTC) - timedelta(seconds=1))

    ended = keys.revoke("ann")

    assert (ended.id, ended.revoked is None) == (ann.id, False)
    assert (keys.bearer(anns), keys.bearer(bobs)) == (None, None)


def test_another_process_that_has_read_the_keys_before_sees_a_revocation(keys: KeyFile) -> None:
    _, text = keys.new("ann", ["read"])
    serving = KeyFile(keys.path)
    before = serving.bearer(text)

    keys.revoke("ann")

    assert before is not None
    assert serving.bearer(text) is None


def test_a_revocation_is_seen_though_the_clock_of_the_files_has_not_gone_on(keys: KeyFile) -> None:
    _, text = keys.new("ann", ["read"])
    serving, written = KeyFile(keys.path), keys.path.stat().st_mtime_ns
    before = serving.bearer(text)

    keys.revoke("ann")
    os.utime(keys.path, ns=(written, written))

    assert before is not None
    assert serving.bearer(text) is None


def test_a_name_that_no_key_or_more_than_one_has_is_not_revoked(keys: KeyFile) -> None:
    for _ in range(2):
        keys.new("ann", ["read"])

    with pytest.raises(Rejected, match="2 keys are named 'ann'"):
        keys.revoke("ann")
    with pytest.raises(Rejected, match=r"there is no key 'anne'; did you mean ann\?"):
        keys.revoke("anne")


def test_keys_that_are_made_at_once_are_all_kept(keys: KeyFile) -> None:
    threads = [threading.Thread(target=keys.new, args=(f"key {n}", ["read"])) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(key.name for key in keys.all()) == [f"key {n}" for n in range(8)]


def test_a_file_of_something_else_is_one_sentence(keys: KeyFile) -> None:
    keys.path.parent.mkdir()
    keys.path.write_text('{"keys": [{"id": "x"}]}')

    with pytest.raises(Rejected, match="is not a file of API keys"):
        keys.bearer("noria_01234567_" + "x" * 43)


def test_a_key_says_whether_it_counts() -> None:
    now = datetime.now(UTC)
    key = ApiKey(id="1", name="ann", scopes=("read",), sha256="", created=now, expires=now + timedelta(days=1))

    assert key.is_valid(now)
    assert not key.is_valid(now + timedelta(days=2))
    assert not key.model_copy(update={"revoked": now}).is_valid(now)
