"""DSSE envelopes and what is refused of them."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from functions.trust.documents import decoded, parsed, safe_name, written
from functions.trust.dsse import Envelope, pae
from functions.trust.errors import TrustError
from functions.trust.keys import PublicKey
from functions.trust.pem import PemSigner

Json = dict[str, Any]


def test_the_encoding_that_is_signed_is_that_of_the_specification() -> None:
    # https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_specifications_own_envelope_verifies() -> None:
    # Same place: key and signature of its test vector, ECDSA over P-256 and SHA-256, r and s side by side.
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    key = PublicKey(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    raw = base64.b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))

    assert key.verify(signature, pae(b"hello world", "http://example.com/HelloWorld"))


def test_an_envelope_with_two_signatures_names_both_signers() -> None:
    one, two = PemSigner.new(), PemSigner.new("ed25519")
    envelope = Envelope.parse(Envelope.seal(b"{}", [one, two]).data, "a.json")

    both = {each.key_id: each.public for each in (one, two)}
    assert {each.key_id for each in envelope.verified(both, "a.json")} == set(both)
    assert envelope.verified({two.key_id: two.public}, "a.json") == (two.public,)


def test_a_second_signature_that_names_a_trusted_key_and_does_not_fit_is_not_passed_over() -> None:
    one, two = PemSigner.new(), PemSigner.new()
    document = json.loads(Envelope.seal(b"{}", [one, two]).data)
    document["signatures"][1]["sig"] = document["signatures"][0]["sig"]
    envelope = Envelope.parse(written(document), "a.json")

    with pytest.raises(TrustError, match="does not fit"):
        envelope.verified({each.key_id: each.public for each in (one, two)}, "a.json")


def _other_hash(document: Json, signer: PemSigner) -> None:
    assert isinstance(signer.private, ec.EllipticCurvePrivateKey)
    signature = signer.private.sign(pae(b"{}"), ec.ECDSA(hashes.SHA1()))
    document["signatures"][0]["sig"] = base64.b64encode(signature).decode()


REFUSED: dict[str, tuple[str, Callable[[Json, PemSigner], object]]] = {
    "another payload type": ("E_PAYLOAD_TYPE", lambda d, _: d.update(payloadType="text/plain")),
    "another payload": ("E_SIGNATURE", lambda d, _: d.update(payload=base64.b64encode(b"{ }").decode())),
    "no signatures": ("E_NO_SIGNATURE", lambda d, _: d.update(signatures=[])),
    "a key id removed": ("E_KEY_ID_REMOVED", lambda d, _: d["signatures"][0].pop("keyid")),
    "a key id emptied": ("E_KEY_ID_REMOVED", lambda d, _: d["signatures"][0].update(keyid="")),
    "another key's id": ("E_KEY_UNKNOWN", lambda d, _: d["signatures"][0].update(keyid="0" * 64)),
    "the same signature twice": ("E_DUPLICATE_SIGNATURE", lambda d, _: d["signatures"].append(d["signatures"][0])),
    "a weaker hash": ("E_ALGORITHM", _other_hash),
    "an algorithm of its own": ("E_UNSIGNED_FIELD", lambda d, _: d["signatures"][0].update(alg="none")),
    "a field beside": ("E_UNSIGNED_FIELD", lambda d, _: d.update(note="approved")),
    "no payload": ("E_NOT_AN_ENVELOPE", lambda d, _: d.pop("payload")),
    "a payload that is no text": ("E_NOT_AN_ENVELOPE", lambda d, _: d.update(payload=1)),
    "a payload with a line end": ("E_BASE64", lambda d, _: d.update(payload=d["payload"] + "\n")),
    "signatures that are none": ("E_NOT_AN_ENVELOPE", lambda d, _: d.update(signatures=["a"])),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_envelope_that_was_meddled_with_is_refused_with_a_reason_of_its_own(what: str) -> None:
    code, change = REFUSED[what]
    signer = PemSigner.new()
    document = json.loads(Envelope.seal(b"{}", [signer]).data)
    change(document, signer)

    with pytest.raises(TrustError) as error:
        Envelope.parse(written(document), "a.json").verified({signer.key_id: signer.public}, "a.json")
    assert error.value.code == code
    assert "a.json" in error.value.message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a": 1, "a": 2}', "E_DUPLICATE_KEY"),
        (b'{"a": {"b": 1, "b": 1}}', "E_DUPLICATE_KEY"),
        (b'{"a": NaN}', "E_NOT_JSON"),
        (b'{"a": -Infinity}', "E_NOT_JSON"),
        (b"[1]", "E_NOT_JSON"),
        (b"", "E_NOT_JSON"),
        (b"\xff\xfe{", "E_NOT_JSON"),
        (b'{"a":' * 100_000, "E_NOT_JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "E_NOT_JSON"),
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(TrustError) as error:
        parsed(data, "a.json")
    assert error.value.code == code


def test_two_texts_never_stand_for_the_same_bytes() -> None:
    assert decoded("AA==", "it") == b"\0"
    for text in ("AB==", "AA", "AA=", "A A==", "AA==\n", "-_==", None):
        with pytest.raises(TrustError, match="it is not base64"):
            decoded(text, "it")


@pytest.mark.parametrize("name", ["", ".", "..", "/etc/passwd", "a/../b", "a//b", "./a", "a/", "a\\b", "a\0b", 1, None])
def test_a_name_that_could_lead_out_of_the_folder_is_no_name(name: object) -> None:
    with pytest.raises(TrustError) as error:
        safe_name(name)
    assert error.value.code == "E_PATH"
