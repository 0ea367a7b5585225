"""noria verify and noria keys, as a person runs them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.trust.pem import PemSigner
from local.cli import main
from tests.pipeline.noria import Noria
from tests.trust.signing import Signed, signed

Command = Callable[..., str]


@pytest.fixture
def noria(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process, in a home of its own; a start costs half a second."""
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))

    def run(*words: object, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["noria", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == code, printed
        assert "mistake in noria" not in printed.err
        return printed.out

    return run


@pytest.fixture
def public(genuine: Signed, tmp_path: Path) -> Path:
    path = tmp_path / "signer.pub.pem"
    path.write_text(genuine.signer.public.pem)
    return path


def test_a_copied_folder_is_verified_with_nothing_but_the_public_key(
    genuine: Signed, public: Path, tmp_path: Path
) -> None:
    noria = Noria(tmp_path / "home")
    printed = noria("verify", genuine.folder, "--key", public, "--inputs", genuine.training.inputs)

    last = printed.strip().splitlines()[-1]
    assert last.startswith(f"verified: the job {genuine.training.record.job[:12]}")
    assert last.endswith("not checked: 3")
    assert "[N_NO_REVOCATIONS]" in printed


def test_a_key_set_knows_of_revocations(genuine: Signed, noria: Command, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(genuine.keys.json_text)

    assert "[N_NO_REVOCATIONS]" not in noria("verify", genuine.folder, "--keys", tmp_path / "keys.json")


def test_a_tampered_folder_is_exit_code_5_and_the_file_is_named(genuine: Signed, public: Path, noria: Command) -> None:
    (genuine.folder / "metrics.json").write_text("{}")

    printed = noria("verify", genuine.folder, "--key", public, code=5)
    assert "FAILED      file        metrics.json is not the file that was signed [E_FILE_CHANGED]" in printed
    assert printed.strip().endswith("FAILED: E_FILE_CHANGED")


def test_machines_get_one_document_with_stable_codes(genuine: Signed, public: Path, noria: Command) -> None:
    (genuine.folder / "logs.txt").unlink()

    verdict: dict[str, Any] = json.loads(noria("verify", genuine.folder, "--key", public, "--json", code=5))
    failed = [
        (each["check"], each["subject"], each["code"]) for each in verdict["checks"] if each["status"] == "failed"
    ]
    assert verdict["schema"] == "noria.verification/1"
    assert verdict["verdict"] == "failed"
    assert failed == [("file", "logs.txt", "E_FILE_MISSING")]


def test_a_model_in_the_folder_stands_for_it(genuine: Signed, public: Path, noria: Command) -> None:
    printed = noria("verify", genuine.folder / "trained_model.safetensors", "--key", public)

    assert "it is trained_model.safetensors of the job" in printed


def test_what_is_not_there_is_rejected_and_no_trusted_key_is_wrong_usage(
    genuine: Signed, public: Path, noria: Command
) -> None:
    noria("verify", "./nowhere", "--key", public, code=3)
    noria("verify", genuine.folder, "--key", genuine.folder / "nokey.pem", code=3)
    noria("verify", genuine.folder, code=2)


def test_a_folder_in_the_store_needs_a_store(public: Path, noria: Command) -> None:
    noria("verify", "models/out/job/", "--key", public, code=4)


def test_the_keys_of_the_home_are_trusted_until_they_are_revoked(noria: Command, tmp_path: Path) -> None:
    made = json.loads(noria("keys", "new", "--json"))
    signer = PemSigner.load(Path(made["private"]))
    folder = signed(tmp_path / "job", signer).folder

    # Its signing time, of the sample, is before the key was made.
    assert "E_KEY_NOT_YET_VALID" in noria("verify", folder, code=5)
    _set_bounds(Path(made["keys"]))
    noria("verify", folder)
    noria("keys", "revoke", "sign-bom", "--reason", "stolen")
    assert "which was revoked at" in noria("verify", folder, code=5)


def _set_bounds(file: Path) -> None:
    document = json.loads(file.read_text())
    for each in document["keys"]:
        each.pop("not_before", None)
    file.write_text(json.dumps(document))


def test_a_rotated_key_leaves_the_old_one_good_for_what_it_signed(noria: Command, tmp_path: Path) -> None:
    made = json.loads(noria("keys", "new", "--json"))
    folder = signed(tmp_path / "job", PemSigner.load(Path(made["private"]))).folder
    new, old = json.loads(noria("keys", "rotate", "--json"))
    _set_bounds(Path(made["keys"]))

    noria("verify", folder)
    assert old["keyid"] == made["keyid"] != new["keyid"]
    assert PemSigner.load(Path(new["private"])).key_id == new["keyid"]
    assert [each["name"] for each in json.loads(noria("keys", "list", "--json"))][-1] == "sign-bom"
    assert "BEGIN PUBLIC KEY" in noria("keys", "show", "sign-bom")


def test_a_second_key_of_a_name_and_an_unknown_one_are_refused(noria: Command) -> None:
    noria("keys", "new", "--algorithm", "ed25519")

    noria("keys", "new", code=3)
    noria("keys", "show", "sing-bom", code=3)
    noria("keys", "new", "other", "--algorithm", "rsa", code=2)


def test_a_link_in_place_of_a_file_is_not_followed(
    genuine: Signed, public: Path, noria: Command, tmp_path: Path
) -> None:
    shutil.move(genuine.folder / "metrics.json", tmp_path / "metrics.json")
    (genuine.folder / "metrics.json").symlink_to(tmp_path / "metrics.json")

    assert "E_FILE_MISSING" in noria("verify", genuine.folder, "--key", public, code=5)


def test_a_model_signature_alone_is_checked_too(genuine: Signed, public: Path, noria: Command) -> None:
    words = ("verify", genuine.folder, "--key", public, "--oms", genuine.folder / "model.sig")

    assert noria(*words).strip().splitlines()[-1].startswith("verified: the model, signed by")
    (genuine.folder / "added.txt").write_text("x")
    assert "E_FILE_ADDED" in noria(*words, code=5)
    noria("verify", genuine.folder, "--key", public, "--oms", genuine.folder / "none.sig", code=3)
