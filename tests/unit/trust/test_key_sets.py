"""Key sets: who is trusted, for what, and when."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from functions.trust.errors import TrustError
from functions.trust.keyring import KEY_SET, KeyRing
from functions.trust.keys import KeyFileError
from functions.trust.keyset import Entry, KeySet, merged
from functions.trust.pem import PemSigner

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(**given: object) -> Entry:
    key = PemSigner.new().public
    return Entry.model_validate({"keyid": key.key_id, "public": key.pem, **given})


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"not_after": NOW - DAY}, "E_KEY_EXPIRED", "was valid until 2026-11-22"),
        ({"not_before": NOW + DAY}, "E_KEY_NOT_YET_VALID", "is valid from 2026-11-24"),
        (
            {"revoked_at": NOW + DAY, "reason": "stolen"},
            "E_KEY_REVOKED",
            r"revoked at 2026-11-24T00:00:00\+00:00 \(stolen\)",
        ),
        ({"roles": ("sign-model",)}, "E_KEY_ROLE", "not for sign-bom but for sign-model"),
    ],
)
def test_a_key_that_may_not_have_signed_is_refused_with_its_reason(
    given: dict[str, object], code: str, said: str
) -> None:
    with pytest.raises(TrustError, match=said) as error:
        entry(**given).judge(NOW, "sign-bom")

    assert error.value.code == code


def test_a_key_within_its_time_and_for_its_purpose_is_good() -> None:
    entry(not_before=NOW - DAY, not_after=NOW + DAY, roles=("sign-bom",)).judge(NOW, "sign-bom")


def test_a_key_set_survives_its_file(tmp_path: Path) -> None:
    keys = KeySet(keys=(entry(name="a", not_after=NOW), entry(name="b", revoked_at=NOW, reason="lost")))
    (tmp_path / "keys.json").write_text(keys.json_text)

    assert KeySet.read(tmp_path / "keys.json") == keys


def test_a_key_set_that_names_a_key_by_another_ones_id_is_refused(tmp_path: Path) -> None:
    document = json.loads(KeySet(keys=(entry(),)).json_text)
    document["keys"][0]["keyid"] = entry().keyid
    (tmp_path / "keys.json").write_text(json.dumps(document))

    with pytest.raises(KeyFileError, match=r"keys\.0: .* has the id"):
        KeySet.read(tmp_path / "keys.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keys": [{"keyid": "a"}]}, "keys.0.public"),
        ({"schema": "noria.keys/2"}, "schema"),
        ({"kyes": []}, "kyes"),
    ],
)
def test_a_key_set_with_wrong_fields_is_refused_by_the_field(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"schema": "noria.keys/1", "keys": [], **change}))

    with pytest.raises(KeyFileError, match=said):
        KeySet.read(tmp_path / "keys.json")


def test_a_time_without_a_zone_is_no_bound() -> None:
    with pytest.raises(ValueError, match="timezone"):
        entry(not_after="2026-11-23T00:00:00")


def test_of_two_sets_the_later_one_revokes() -> None:
    one = entry()

    found = merged([KeySet(keys=(one,)), KeySet(keys=(one.model_copy(update={"revoked_at": NOW}),))])

    assert [each.revoked_at for each in found.keys] == [NOW]


def test_a_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    made = ring.new("sign-bom", algorithm="ecdsa-p256", now=NOW)

    assert (ring.folder.stat().st_mode & 0o777, ring.private("sign-bom").stat().st_mode & 0o777) == (0o700, 0o600)
    assert PemSigner.load(ring.private("sign-bom")).key_id == made.keyid
    assert "PRIVATE" not in (ring.folder / KEY_SET).read_text()


def test_a_rotated_key_and_its_successor_are_both_good_for_the_overlap(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    first = ring.new("sign-bom", algorithm="ecdsa-p256", now=NOW - 30 * DAY)
    new, old = ring.rotate("sign-bom", now=NOW, overlap=7 * DAY)

    for each in (new, old):
        KeySet.read(ring.folder / KEY_SET).find(each.keyid)
        each.judge(NOW + 6 * DAY, "sign-bom")
    old.judge(NOW - DAY, "sign-bom")
    with pytest.raises(TrustError, match="was valid until"):
        old.judge(NOW + 8 * DAY, "sign-bom")
    assert old.keyid == first.keyid
    assert PemSigner.load(ring.private("sign-bom")).key_id == new.keyid
    assert PemSigner.load(ring.private(old.name)).key_id == old.keyid


def test_a_ring_replaces_a_key_only_when_asked_to(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    ring.new("sign-bom", algorithm="ed25519", now=NOW)
    before = ring.private("sign-bom").read_bytes()

    with pytest.raises(Rejected, match="there is a key sign-bom already"):
        ring.new("sign-bom", algorithm="ed25519", now=NOW)
    assert ring.private("sign-bom").read_bytes() == before


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a.pub", "Ä"])
def test_a_name_that_is_no_file_name_makes_no_key(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="is no name for a key"):
        KeyRing(tmp_path / "keys").new(name, algorithm="ecdsa-p256", now=NOW)


def test_a_key_is_revoked_once_and_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    made = ring.new("sign-bom", algorithm="ecdsa-p256", now=NOW)
    ring.revoke(made.keyid[:8], now=NOW, reason="stolen")

    assert ring.key_set.keys[0].reason == "stolen"
    with pytest.raises(Rejected, match="was revoked before"):
        ring.revoke("sign-bom", now=NOW, reason="again")
    with pytest.raises(Rejected, match=r"no key 'sing-bom' .*; did you mean sign-bom"):
        ring.revoke("sing-bom", now=NOW, reason="")


def test_a_key_that_one_set_revokes_is_not_saved_by_another_that_does_not() -> None:
    one = entry(revoked_at=NOW, reason="stolen")
    plain = KeySet.of(one.key)

    for order in ([KeySet(keys=(one,)), plain], [plain, KeySet(keys=(one,))]):
        assert [(each.revoked_at, each.reason) for each in merged(order).keys] == [(NOW, "stolen")]


def test_of_two_bounds_the_tighter_one_holds() -> None:
    wide = entry(not_before=NOW - DAY, not_after=NOW + 9 * DAY)
    tight = wide.model_copy(update={"not_before": NOW, "not_after": NOW + DAY, "roles": ("sign-model",)})

    found = merged([KeySet(keys=(wide,)), KeySet(keys=(tight,)), KeySet.of(wide.key)]).keys[0]
    assert (found.not_before, found.not_after, found.roles) == (NOW, NOW + DAY, ("sign-model",))
