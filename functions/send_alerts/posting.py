"""One POST to a webhook, and what its answer means."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from functions.runtime.errors import Rejected, TryAgain

WORTH_TRYING_AGAIN = {408, 409, 425, 429}
MOST_READ = 4096


def post(url: str, body: bytes, *, headers: Mapping[str, str], timeout: float) -> int:
    """Send JSON to a webhook, and give the status that it answers with.

    A redirection is not followed: the address is the operator's to say.

    Raises:
        TryAgain: It cannot be reached, is overloaded or broken.
        Rejected: It does not want this.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("POST", path, body=body, headers={"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read(MOST_READ)
    except (OSError, http.client.HTTPException) as error:
        said = "" if isinstance(error, http.client.HTTPException) else getattr(error, "strerror", None) or str(error)
        reason = said or type(error).__name__  # an HTTPException may cite the path, in which there may be a secret
        raise TryAgain(f"the webhook at {parts.hostname} does not answer: {reason.lower()}") from None
    finally:
        connection.close()
    if answer.status < 300:
        return answer.status
    said = f"the webhook at {parts.hostname} answered {answer.status}"
    if answer.status >= 500 or answer.status in WORTH_TRYING_AGAIN:
        raise TryAgain(said)
    raise Rejected(said, hint="correct SEND_ALERTS_URLS or what listens there, then noria failed retry")
