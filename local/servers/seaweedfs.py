"""SeaweedFS as somebody else runs it: who may do what, and the publisher that announces for it."""

import json
from collections.abc import Iterable, Mapping, Sequence

from fdl import Service
from local.credentials import Keys
from local.permissions import grants, store_actions
from local.servers.cluster import OPERATOR, PUBLISHER

_BY = "Written by python -m local.servers"


def identities(services: Sequence[Service], ledger: str, keys: Mapping[str, Keys]) -> str:
    """Write ``s3.json``: each function reads and writes its own folders alone.

    Who has no keys in ``keys`` has none in it; ``weed shell`` gives them some (``s3.configure``).
    """
    actions: dict[str, tuple[str, ...]] = {OPERATOR: ("Admin",)}
    actions |= {each.name: store_actions(grants(each, services, ledger)) for each in services}
    made = [
        {"name": name, "credentials": _credentials(keys.get(name)), "actions": list(allowed)}
        for name, allowed in actions.items()
    ]
    return json.dumps({"identities": made}, indent=1) + "\n"


def publisher(buckets: Iterable[str], url: str) -> str:
    """Write ``publisher.sh``: SeaweedFS tells nobody of objects, so a process of ours follows its filer's log."""
    watched = "".join(f" \\\n  --bucket {bucket}" for bucket in buckets)
    return f"""\
#!/bin/sh
# Announce what is put into the watched buckets: sh publisher.sh FILER:GRPC-PORT, NORIA_NATS_PASSWORD set.
# {_BY}. One is enough: a second one announces all again, which counts once.
set -eu
export NORIA_NATS_USER={PUBLISHER} NORIA_NATS_CA="${{NORIA_NATS_CA:-/etc/nats/tls/ca.pem}}"
exec python -m local.publisher --filer "${{1:?the filer}}" --nats {url}{watched}
"""


def _credentials(keys: Keys | None) -> list[dict[str, str]]:
    return [{"accessKey": keys.access_key, "secretKey": keys.secret_key}] if keys else []
