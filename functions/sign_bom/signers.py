"""Which key sign-bom signs with, by its settings: a file or a token."""

from functions.runtime.settings import SettingsError
from functions.sign_bom.settings import SignBom
from functions.trust.hardware import TokenSigner
from functions.trust.keys import Signer
from functions.trust.pem import PemSigner


def signer_of(settings: SignBom) -> Signer:
    """Open the key, and try it: a key that cannot sign is better known before the first event.

    Raises:
        SettingsError: No key is named, or two are, or a token is half named.
        KeyFileError: The key's file cannot be used.
        TokenError: The token cannot be used.
    """
    signer = _named(settings)
    if not signer.public.verify(signer.sign(b"noria"), b"noria"):
        raise SettingsError("the private key does not fit its public half", hint="look at the key's label or file")
    signer.certificates  # noqa: B018 - read now, so that a wrong one is known now
    return signer


def _named(settings: SignBom) -> Signer:
    if settings.key_file and settings.pkcs11_module:
        raise SettingsError("SIGN_BOM_KEY_FILE and SIGN_BOM_PKCS11_MODULE are both set", hint="one of them has the key")
    if settings.pkcs11_module:
        if not (settings.pkcs11_token and settings.pkcs11_key and settings.pkcs11_pin_file):
            hint = "set SIGN_BOM_PKCS11_TOKEN, SIGN_BOM_PKCS11_KEY and SIGN_BOM_PKCS11_PIN_FILE"
            raise SettingsError("SIGN_BOM_PKCS11_MODULE alone does not name a key", hint=hint)
        return TokenSigner(
            module=settings.pkcs11_module,
            token=settings.pkcs11_token,
            label=settings.pkcs11_key,
            pin_file=settings.pkcs11_pin_file,
            chain=settings.certificate_file,
        )
    if settings.key_file is None:
        raise SettingsError(
            "there is no key to sign with: SIGN_BOM_KEY_FILE is not set",
            hint="noria keys new makes one, and says where",
        )
    return PemSigner.load(
        settings.key_file, passphrase_file=settings.passphrase_file, certificates=settings.certificate_file
    )
