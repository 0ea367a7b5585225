"""Other people's verifiers agree: model-signing, securesystemslib, openssl; and ours agrees with model-signing."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._crypto_signer import CryptoSigner
from securesystemslib.signer._key import SSlibKey

from functions.trust.dsse import Envelope
from functions.trust.evidence import BOM, BOM_ENVELOPE, BOM_SIGNATURE, MODEL_SIGNATURE, PROVENANCE
from functions.trust.keys import ALGORITHMS, Algorithm
from functions.trust.keyset import KeySet
from functions.trust.pem import PemSigner
from functions.trust.verification import Anchors, verify
from functions.trust.verification.models import verify_model
from tests.trust.authority import Authority, pem
from tests.trust.conftest import NOW
from tests.trust.signing import Signed, signed


def model_signing(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "model_signing", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def theirs_accepts(folder: Path, *how: object) -> bool:
    done = model_signing("verify", *how, "--signature", folder / MODEL_SIGNATURE, folder)
    return done.returncode == 0 and "Verification succeeded" in done.stdout


@pytest.fixture
def public(genuine: Signed, tmp_path: Path) -> Path:
    path = tmp_path / "signer.pub.pem"
    path.write_text(genuine.signer.public.pem)
    return path


def test_model_signing_accepts_our_folder_and_no_tampered_one(genuine: Signed, public: Path) -> None:
    assert theirs_accepts(genuine.folder, "key", "--public_key", public)

    for name in ("trained_model.safetensors", BOM, "added.txt"):
        folder = shutil.copytree(genuine.folder, public.parent / name)
        (folder / name).write_bytes(b"another")
        assert not theirs_accepts(folder, "key", "--public_key", public), name
        assert not verify(folder, Anchors(keys=genuine.keys, now=NOW)).is_good


def test_model_signing_accepts_a_p384_key_and_a_chain_of_certificates(tmp_path: Path) -> None:
    large = signed(tmp_path / "large", PemSigner.new("ecdsa-p384"))
    (tmp_path / "large.pem").write_text(large.signer.public.pem)
    root = Authority.root()
    chained = signed(tmp_path / "chained", root.below("between").leaf("signer"))
    ca = pem(tmp_path / "ca.pem", root.anchor)
    stranger = pem(tmp_path / "stranger.pem", Authority.root().anchor)

    assert theirs_accepts(large.folder, "key", "--public_key", tmp_path / "large.pem")
    assert theirs_accepts(chained.folder, "certificate", "--certificate_chain", ca)
    assert not theirs_accepts(chained.folder, "certificate", "--certificate_chain", stranger)


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "ecdsa-p384"])
def test_we_accept_what_model_signing_signs_with_a_key(tmp_path: Path, algorithm: Algorithm) -> None:
    signer, folder = PemSigner.new(algorithm), tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.bin", "sub/b.bin"):
        (folder / name).write_bytes(name.encode())
    (tmp_path / "key.pem").write_bytes(signer.pem())
    signature = tmp_path / "model.sig"
    done = model_signing("sign", "key", "--private_key", tmp_path / "key.pem", "--signature", signature, folder)
    assert done.returncode == 0, done.stderr

    anchors, stranger = Anchors(keys=KeySet.of(signer.public)), Anchors(keys=KeySet.of(PemSigner.new().public))
    assert verify_model(folder, signature, anchors).is_good
    assert verify_model(folder, signature, stranger).codes == ("E_KEY_UNKNOWN",)
    (folder / ".gitignore").write_text("x")
    verdict = verify_model(folder, signature, anchors)
    assert (verdict.is_good, verdict.checks[-1].code) == (True, "N_IGNORED")
    for change, code in (
        (lambda: (folder / "c.bin").write_bytes(b"c"), "E_FILE_ADDED"),
        (lambda: (folder / "a.bin").write_bytes(b"b"), "E_FILE_CHANGED"),
        (lambda: (folder / "sub/b.bin").unlink(), "E_FILE_MISSING"),
    ):
        change()
        assert code in verify_model(folder, signature, anchors).codes


def test_we_accept_what_model_signing_signs_with_a_certificate(tmp_path: Path) -> None:
    root = Authority.root()
    signer, folder = root.leaf("signer"), tmp_path / "model"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"a")
    (tmp_path / "key.pem").write_bytes(signer.pem())
    leaf, ca = pem(tmp_path / "leaf.pem", *signer.certificates), pem(tmp_path / "ca.pem", root.anchor)
    key = ("--private_key", tmp_path / "key.pem", "--signing_certificate", leaf, "--certificate_chain", ca)
    done = model_signing("sign", "certificate", *key, "--signature", tmp_path / "model.sig", folder)
    assert done.returncode == 0, done.stderr

    now = replace(Anchors(authorities=(root.anchor,)), now=NOW)
    assert verify_model(folder, tmp_path / "model.sig", now).is_good
    assert verify_model(folder, tmp_path / "model.sig", replace(now, identity="another")).codes == ("E_IDENTITY",)
    assert verify_model(folder, tmp_path / "model.sig", Anchors(now=NOW)).codes == ("E_KEY_UNKNOWN",)
    late = replace(now, now=NOW + timedelta(days=1000))
    assert verify_model(folder, tmp_path / "model.sig", late).codes == ("E_CERTIFICATE_EXPIRED",)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_securesystemslib_accepts_our_envelopes_and_we_accept_its(tmp_path: Path, algorithm: Algorithm) -> None:
    ours = signed(tmp_path, PemSigner.new(algorithm))
    key = SSlibKey.from_crypto(ours.signer.public.key)
    assert isinstance(ours.signer, PemSigner)

    for name in (BOM_ENVELOPE, PROVENANCE):
        envelope = TheirEnvelope.from_dict(json.loads((ours.folder / name).read_bytes()))
        assert list(envelope.verify([key], 1)) == [ours.signer.key_id]
        envelope.payload += b" "
        with pytest.raises(VerificationError):
            envelope.verify([key], 1)
    made = TheirEnvelope(b"{}", "application/vnd.in-toto+json", {})
    made.sign(CryptoSigner(ours.signer.private, key))
    parsed = Envelope.parse(json.dumps(made.to_dict()).encode(), "theirs")
    assert parsed.verified({ours.signer.key_id: ours.signer.public}, "theirs") == (ours.signer.public,)


def test_securesystemslib_accepts_the_envelope_within_our_model_signature(genuine: Signed) -> None:
    bundle = json.loads((genuine.folder / MODEL_SIGNATURE).read_bytes())

    envelope = TheirEnvelope.from_dict(bundle["dsseEnvelope"])
    assert envelope.verify([SSlibKey.from_crypto(genuine.signer.public.key)], 1)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_verifies_the_raw_signature_of_the_bill(tmp_path: Path, algorithm: Algorithm) -> None:
    made = signed(tmp_path, PemSigner.new(algorithm))
    folder = made.folder
    (tmp_path / "key.pem").write_text(made.signer.public.pem)

    assert _openssl(algorithm, tmp_path / "key.pem", folder)
    with (folder / BOM).open("ab") as file:
        file.write(b" ")
    assert not _openssl(algorithm, tmp_path / "key.pem", folder)


def _openssl(algorithm: Algorithm, key: Path, folder: Path) -> bool:
    bill, signature = folder / BOM, folder / BOM_SIGNATURE
    if algorithm == "ed25519":
        how: list[str | Path] = ["-verify", "-rawin", "-pubin", "-inkey", key, "-sigfile", signature, "-in", bill]
        words: list[str | Path] = ["pkeyutl", *how]
    else:
        digest = "-sha256" if algorithm == "ecdsa-p256" else "-sha384"
        words = ["dgst", digest, "-verify", key, "-signature", signature, bill]
    return subprocess.run(["openssl", *words], capture_output=True, check=False).returncode == 0
