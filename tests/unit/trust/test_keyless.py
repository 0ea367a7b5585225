"""Keyless signatures need a network, and say so; nothing else does."""

import base64
import json
import time
from pathlib import Path

import pytest

from functions.runtime.errors import Rejected
from functions.trust import keyless
from functions.trust.documents import written
from functions.trust.evidence import KEYLESS
from functions.trust.issuance import issue
from functions.trust.keyless import KeylessUnavailableError
from functions.trust.lineage import Lineage
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from tests.trust.conftest import NOW
from tests.trust.signing import SIGNED, Signed, examined
from tests.trust.trainings import VERSION, trained

pytest.importorskip("sigstore")


def token(path: Path, **claims: object) -> Path:
    """Write an identity token that nobody has signed: who needs it to be signed is on the network."""
    now = int(time.time())
    given = {"aud": "sigstore", "iss": "https://issuer.example.org", "sub": "me", "email": "me@example.org"}
    body = {**given, "iat": now, "nbf": now, "exp": now + 300, **claims}
    parts = ({"alg": "RS256", "typ": "JWT"}, body)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    path.write_text(".".join([*encoded, "c2lnbmF0dXJl"]))
    return path


def test_without_a_network_a_sentence_says_so_and_it_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    with pytest.raises(KeylessUnavailableError, match="needs a network") as error:
        keyless.countersign(b"bill", token(tmp_path / "token"))
    assert error.value.retry


def test_a_token_that_is_past_its_time_is_refused_before_any_network(tmp_path: Path) -> None:
    old = token(tmp_path / "token", iat=1, nbf=1, exp=2)

    with pytest.raises(Rejected, match=r"the identity token in .* cannot be used"):
        keyless.countersign(b"bill", old)


def test_a_keyless_signature_that_is_none_is_named_and_one_that_nobody_asked_about_is_said_to_be_unchecked(
    tmp_path: Path,
) -> None:
    training, signer = trained(tmp_path), PemSigner.new()
    lineage = Lineage.of(training.run, lambda _: None)
    folder = training.outputs
    issue(
        examined(training), lineage, folder, [signer], made=SIGNED, version=VERSION, countersign=lambda _: written({})
    )
    made = Signed(folder, signer, training)

    verdict = verify(folder, Anchors(keys=made.keys, now=NOW))
    assert verdict.is_good
    assert "N_KEYLESS" in {each.code for each in verdict.having("not_checked")}
    asked = Anchors(keys=made.keys, now=NOW, sigstore=("me@example.org", "https://issuer.example.org"))
    verdict = verify(folder, asked)
    assert [(each.subject, each.code) for each in verdict.having("failed")] == [(KEYLESS, "E_KEYLESS")]


def test_the_package_is_imported_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(keyless, "import_module", missing)

    with pytest.raises(Rejected, match="need the package sigstore"):
        keyless.countersign(b"bill", tmp_path / "token")
    with pytest.raises(Rejected, match="need the package sigstore"):
        keyless.check(b"bill", b"{}", identity="me", issuer="you")
