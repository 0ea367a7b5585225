"""TLS to the broker: whom to believe, who we are, and no word of ours in plain text."""

import ssl

from nats.aio.client import Client
from nats.errors import Error as NatsError

from functions.runtime.configuration import Configuration
from functions.runtime.settings import SettingsError


class NotTrustedError(NatsError):
    """The broker cannot show that it is the one that was meant, or will not be spoken to in secret."""


class EncryptedClient(Client):
    """A client that tells a broker nothing before TLS stands.

    The broker's greeting comes in plain text and says whether TLS follows; nats-py believes it, whatever the URL says,
    so somebody on the way could take the word out and would be told the password.
    """

    def _connect_command(self) -> bytes:
        if not self._server_info.get("tls_required"):
            raise NotTrustedError("the broker speaks no TLS")
        return super()._connect_command()


def tls_of(configuration: Configuration) -> ssl.SSLContext | None:
    """Give what a connection to the broker must be made with; None where neither URL nor settings ask for TLS.

    Raises:
        SettingsError: Our own certificate cannot be read.
    """
    if configuration.nats_ca is None and not configuration.nats_url.startswith("tls://"):
        return None
    context = ssl.create_default_context(cafile=configuration.nats_ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if configuration.nats_cert:
        try:
            context.load_cert_chain(configuration.nats_cert, configuration.nats_key)
        except OSError as error:  # ssl.SSLError too
            raise SettingsError(
                f"NORIA_NATS_CERT and NORIA_NATS_KEY do not fit together: {told(error)}", hint="give both as PEM files"
            ) from None
    return context


def told(error: Exception) -> str:
    """Say in words what went wrong with TLS, without OpenSSL's places in its source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be believed: {error.verify_message}"
    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    return reason.lower().replace("_", " ") if reason else str(error) or type(error).__name__
