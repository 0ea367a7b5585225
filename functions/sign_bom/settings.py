"""What can be set of sign-bom; every secret is a file's name."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from functions.runtime.settings import Settings

VERSION = version("noria")


class SignBom(Settings):
    """Set from the environment as ``SIGN_BOM_KEY_FILE`` and so on."""

    key_file: Path | None = Field(default=None, description="PEM private key: P-256, P-384 or Ed25519.")
    passphrase_file: Path | None = Field(default=None, description="Its passphrase, if it is encrypted.")
    certificate_file: Path | None = Field(default=None, description="PEM: the key's certificate, then its issuers'.")
    pkcs11_module: Path | None = Field(default=None, description="Instead of a key file: the token's PKCS#11 library.")
    pkcs11_token: str = Field(default="", description="The token's label.")
    pkcs11_key: str = Field(default="", description="The key pair's label.")
    pkcs11_pin_file: Path | None = Field(default=None, description="The user's PIN.")
    identity_token_file: Path | None = Field(
        default=None, description="OpenID Connect token; asks for a keyless signature too, which needs a network."
    )
    spec: Literal["1.7", "1.6"] = Field(default="1.7", description="Version of CycloneDX.")
    functions: str = Field(default="train-on-upload", description="Whose results are signed, with commas.")
    versions: str = Field(default=VERSION, description="Versions of theirs whose results are signed, with commas.")
    statements_file: Path | None = Field(default=None, description="JSON: supplier, licence, risks, ... for the bill.")

    @field_validator("*", mode="before")
    @classmethod
    def _unset(cls, given: object, info: ValidationInfo) -> object:
        """Take an empty variable for one that is not set: a pipeline may name a secret whose value others give."""
        return None if given == "" and str(info.field_name).endswith(("_file", "_module")) else given

    @property
    def trusted_functions(self) -> frozenset[str]:
        """Whose results are signed."""
        return _listed(self.functions)

    @property
    def trusted_versions(self) -> frozenset[str]:
        """Which versions' results are signed."""
        return _listed(self.versions)


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
