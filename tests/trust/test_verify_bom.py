"""verify-bom: a verdict on what somebody uploads."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from events import ObjectCreated
from functions.runtime import Context
from functions.runtime.desk import Beside
from functions.runtime.errors import NotYetError, Rejected
from functions.runtime.invoke import invoke
from functions.runtime.local_desk import LocalDesk
from functions.runtime.settings import SettingsError
from functions.trust.keyset import KeySet
from functions.verify_bom.handler import VerifyBom, verify_bom
from tests.trust.signing import SIGNED, Signed


@pytest.fixture
def environ(genuine: Signed, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "signer.pem").write_text(genuine.signer.public.pem)
    return {"VERIFY_BOM_KEYS_FILE": str(tmp_path / "signer.pem")}


def _verdict(source: Path, environ: dict[str, str]) -> dict[str, Any]:
    done = invoke(verify_bom, source, source.parent / "verdicts", environ=environ)
    verdict: dict[str, Any] = json.loads(done.outputs[0].read_text())
    return verdict


def _zipped(folder: Path, path: Path, *, below: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, below + each.name)
    return path


@pytest.mark.parametrize("below", ["", "results/"])
def test_a_zip_of_a_signed_folder_is_verified(
    genuine: Signed, environ: dict[str, str], tmp_path: Path, below: str
) -> None:
    verdict = _verdict(_zipped(genuine.folder, tmp_path / "results.zip", below=below), environ)

    assert verdict["verdict"] == "verified"
    assert verdict["job"] == genuine.training.record.job
    assert (tmp_path / "verdicts/results.zip.verdict.json").exists()


def test_a_model_with_its_evidence_beside_it_is_verified(genuine: Signed, environ: dict[str, str]) -> None:
    assert _verdict(genuine.folder, environ)["verdict"] == "verified"


def test_a_tampered_set_has_a_verdict_that_names_the_file(
    genuine: Signed, environ: dict[str, str], tmp_path: Path
) -> None:
    (genuine.folder / "metrics.json").write_text("{}")

    verdict = _verdict(_zipped(genuine.folder, tmp_path / "results.zip"), environ)
    failed = [each for each in verdict["checks"] if each["status"] == "failed"]
    assert verdict["verdict"] == "failed"
    assert [(each["subject"], each["code"]) for each in failed] == [("metrics.json", "E_FILE_CHANGED")]


def test_a_model_alone_is_not_verified_and_the_verdict_says_what_is_missing(
    genuine: Signed, environ: dict[str, str], tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(genuine.folder / "trained_model.safetensors", alone)

    verdict = _verdict(alone, environ)
    assert verdict["verdict"] == "failed"
    assert ("bom.dsse.json", "E_FILE_MISSING") in {(each["subject"], each["code"]) for each in verdict["checks"]}


class Young(LocalDesk):
    """A folder to which something was uploaded half a second ago."""

    def beside(self, up: int = 0) -> tuple[Beside, ...]:
        first, *others = super().beside(up)
        return (first.model_copy(update={"age": 0.5}), *others)


def test_the_rest_of_a_set_is_waited_for(genuine: Signed, environ: dict[str, str], tmp_path: Path) -> None:
    event = ObjectCreated(bucket="verify", key="in/metrics.json", etag="e")
    desk = Young(genuine.folder / "metrics.json")
    settings = VerifyBom.from_environment("verify_bom", environ)

    with pytest.raises(NotYetError, match="the rest of the set") as error:
        verify_bom(event, Context(settings=settings, folder=tmp_path, desk=desk))
    assert error.value.delay == pytest.approx(1.5)


HOSTILE = {
    "a path out of the folder": ("../evil.txt", b"x"),
    "an absolute path": ("/etc/evil.txt", b"x"),
    "a backslash": ("a\\b.txt", b"x"),
    "a bomb": ("zeros.bin", b"\0" * 20_000_000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_sentence(environ: dict[str, str], tmp_path: Path, what: str) -> None:
    name, content = HOSTILE[what]
    with zipfile.ZipFile(tmp_path / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)

    with pytest.raises(Rejected):
        invoke(verify_bom, tmp_path / "evil.zip", tmp_path / "verdicts", environ=environ)
    assert not list((tmp_path / "verdicts").iterdir())


def test_an_archive_with_a_link_in_it_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        link = zipfile.ZipInfo("bom.cdx.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(Rejected, match="is a link"):
        invoke(verify_bom, tmp_path / "evil.zip", tmp_path / "verdicts", environ=environ)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b/c", "a-b", "a"), ("x/a", "x/a b", "x/a/b/")])
def test_an_archive_with_a_file_that_is_a_folder_too_is_refused(
    environ: dict[str, str], tmp_path: Path, names: tuple[str, ...]
) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else b"x")

    with pytest.raises(Rejected, match="is a file in the archive and the folder of"):
        invoke(verify_bom, tmp_path / "evil.zip", tmp_path / "verdicts", environ=environ)


def test_an_archive_that_names_its_folders_too_is_verified(
    genuine: Signed, environ: dict[str, str], tmp_path: Path
) -> None:
    (genuine.folder / "inputs").mkdir()
    shutil.copyfile(genuine.training.inputs / "dataset.csv", genuine.folder / "inputs/dataset.csv")
    with zipfile.ZipFile(tmp_path / "results.zip", "w") as archive:
        for path in sorted(genuine.folder.rglob("*")):
            archive.write(path, path.relative_to(genuine.folder))

    assert _verdict(tmp_path / "results.zip", environ)["verdict"] == "verified"


def test_without_a_trusted_key_there_are_no_verdicts(genuine: Signed, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no key is trusted"):
        invoke(verify_bom, genuine.folder, tmp_path / "verdicts", environ={})


def test_a_key_that_was_revoked_between_two_uploads_is_not_trusted_for_the_second(
    genuine: Signed, tmp_path: Path
) -> None:
    keys, environ = tmp_path / "keys.json", {"VERIFY_BOM_KEYS_FILE": str(tmp_path / "keys.json")}
    keys.write_text(genuine.keys.json_text)
    assert _verdict(genuine.folder, environ)["verdict"] == "verified"
    revoked = genuine.keys.keys[0].model_copy(update={"revoked_at": SIGNED, "reason": "stolen"})
    keys.write_text(KeySet(keys=(revoked,)).json_text)

    failed = [each["code"] for each in _verdict(genuine.folder, environ)["checks"] if each["status"] == "failed"]
    assert failed == ["E_KEY_REVOKED"]
