"""Keyless: an additional signature over the bill by Sigstore, for an identity instead of a key.

It needs a network: the identity's provider, Fulcio for a certificate of ten minutes, Rekor for the public log entry.
Nothing else here depends on it. It is also the only signature with a time that somebody else vouches for.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from functions.runtime.errors import Rejected, TryAgain
from functions.trust.errors import TrustError
from functions.trust.pem import contents


class KeylessUnavailableError(TryAgain):
    """Sigstore's services do not answer."""


def countersign(data: bytes, token_file: Path) -> bytes:
    """Sign bytes for the identity in an OpenID Connect token; gives a Sigstore bundle.

    Raises:
        KeylessUnavailableError: There is no network, or Sigstore does not answer.
        Rejected: The package is missing, or the token is none or past its time.
    """
    models, sign, oidc = (_module(f"sigstore.{name}") for name in ("models", "sign", "oidc"))
    token = contents(token_file).decode().strip()
    try:
        identity = oidc.IdentityToken(token)
    except Exception as error:
        said = f"the identity token in {token_file} cannot be used: {error}"
        raise Rejected(said, hint="get a fresh one; it is good for minutes only") from error
    try:
        context = sign.SigningContext.from_trust_config(models.ClientTrustConfig.production())
        with context.signer(identity) as signer:
            return str(signer.sign_artifact(data).to_json()).encode()
    except Exception as error:
        said = f"keyless signing needs a network, and Sigstore does not answer: {type(error).__name__}: {error}"
        raise KeylessUnavailableError(said, hint="sign with a key file, or with a token") from error


def check(data: bytes, bundle: bytes, *, identity: str, issuer: str) -> None:
    """Check a Sigstore bundle over bytes, with the trust root that the package brought or fetched last.

    Raises:
        TrustError: ``E_KEYLESS``: it does not fit, or is for another identity.
    """
    models, verify, policy = (_module(f"sigstore.{name}") for name in ("models", "verify", "verify.policy"))
    try:
        wanted = policy.Identity(identity=identity, issuer=issuer)
        verify.Verifier.production(offline=True).verify_artifact(data, models.Bundle.from_json(bundle), wanted)
    except Exception as error:
        raise TrustError(
            "E_KEYLESS", f"the keyless signature does not hold: {type(error).__name__}: {error}"
        ) from error


def _module(name: str) -> Any:  # noqa: ANN401 - optional
    try:
        return import_module(name)
    except ImportError as error:
        raise Rejected("keyless signatures need the package sigstore", hint="pip install sigstore") from error
