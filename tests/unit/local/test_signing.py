"""Who is told of signing keys: the functions whose FDL asks for them, and no others."""

from pathlib import Path

import fdl
from functions.trust.keyset import KeySet
from local.cli.demo import PIPELINE, TRAINING
from local.signing import PRIVATE, PUBLIC, signing_environment


def test_only_who_signs_is_told_of_the_private_key(tmp_path: Path) -> None:
    services = [service for file in (PIPELINE, TRAINING) for service in fdl.load(file).services]

    told = {service.name: signing_environment(service, tmp_path, {}) for service in services}

    assert {name for name, environment in told.items() if environment} == {"sign-bom", "verify-bom"}
    assert told["sign-bom"] == {PRIVATE: str(tmp_path / "keys" / "sign-bom.pem")}
    assert (tmp_path / "keys" / "sign-bom.pem").stat().st_mode & 0o777 == 0o600
    assert len(KeySet.read(Path(told["verify-bom"][PUBLIC])).keys) == 1


def test_a_key_that_the_environment_names_is_taken_and_none_is_made(tmp_path: Path) -> None:
    signer = next(service for service in fdl.load(TRAINING).services if service.name == "sign-bom")

    assert signing_environment(signer, tmp_path, {PRIVATE: "/run/secrets/key.pem"}) == {}
    assert not (tmp_path / "keys").exists()


def test_the_key_is_made_once(tmp_path: Path) -> None:
    signer = next(service for service in fdl.load(TRAINING).services if service.name == "sign-bom")

    first = Path(signing_environment(signer, tmp_path, {})[PRIVATE]).read_bytes()

    assert Path(signing_environment(signer, tmp_path, {})[PRIVATE]).read_bytes() == first
