"""``python -m local.servers FOLDER FDL...``: write servers' configuration for pipelines, as in ``infra/``."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from fdl import FdlError, Service
from functions.runtime.errors import Rejected
from local.credentials import Keys, load_or_generate
from local.platforms.target import read
from local.servers import seaweedfs, stores
from local.servers.cluster import ACCOUNTS, PASSWORDS, Cluster, Node, accounts, names, passwords
from local.service import write_private

REJECTED = 3
LEDGER = "noria-ledger"
SIZES = (3, 5)
NODES = ("nats-0", "nats-1", "nats-2")


def main() -> int:
    """Write the files; gives the exit code."""
    given = _parser().parse_args()
    try:
        services = [service for pipeline in read(given.fdl) for service in pipeline.services]
        cluster = Cluster(_nodes(given.node or NODES), monitoring=given.monitoring)
        keys = load_or_generate(given.keys, names(services)) if given.keys else {}
        written = texts(services, cluster, ledger=given.ledger, keys=keys)
        secret = secrets(services, keys)
    except (FdlError, Rejected) as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return REJECTED
    for name, text in {**written, **secret}.items():
        path = Path(given.folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in secret or (keys and name == "seaweedfs/s3.json"):
            write_private(path, text)
        else:
            path.write_text(text)
    return 0


def _nodes(hosts: Sequence[str]) -> list[Node]:
    """Name the servers by the first words of their hosts, or by these if that is not enough."""
    if len(hosts) not in SIZES:
        hint = "half of them and one more must live: with two or four no more may be away than with one or three"
        raise Rejected(f"{len(hosts)} NATS servers, not {' or '.join(map(str, SIZES))}", hint=hint)
    short = [host.partition(".")[0] for host in hosts]
    if repeated := {host for host in hosts if hosts.count(host) > 1}:
        raise Rejected(f"{', '.join(sorted(repeated))} is named twice")
    return [
        Node(name, host) for name, host in zip(short if len(set(short)) == len(short) else hosts, hosts, strict=True)
    ]


def texts(services: Sequence[Service], cluster: Cluster, *, ledger: str, keys: Mapping[str, Keys]) -> dict[str, str]:
    """Give each file's name and text; keys are in SeaweedFS's alone, which knows no other place for them."""
    watched = stores.watched(services)
    found = {f"nats/{node.name}.conf": cluster.configuration(node) for node in cluster.nodes}
    found[f"nats/{ACCOUNTS}"] = accounts(services)
    address = f"{cluster.nodes[0].host}:{cluster.nodes[0].client}"
    for bell in (stores.MINIO, stores.RUSTFS):
        folder = bell.kind.lower()
        found[f"{folder}/{folder}.env"] = bell.environment(watched, address)
        found[f"{folder}/notifications.sh"] = stores.script(bell.kind, watched)
        for bucket, folders in watched.items():
            found[f"{folder}/notifications/{bucket}.json"] = bell.notification(bucket, folders)
    found["seaweedfs/s3.json"] = seaweedfs.identities(services, ledger, keys)
    found["seaweedfs/publisher.sh"] = seaweedfs.publisher(watched, cluster.url)
    return found


def secrets(services: Sequence[Service], keys: Mapping[str, Keys]) -> dict[str, str]:
    """Give the files that nobody but servers may read; none without keys."""
    if not keys:
        return {}
    watched = stores.watched(services)
    found = {f"nats/{PASSWORDS}": passwords({name: keys[name].password for name in names(services)})}
    for bell in (stores.MINIO, stores.RUSTFS):
        found[f"{bell.kind.lower()}/secret.env"] = bell.secrets(watched, keys["store"].password)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.servers",
        description="Write the configuration of a NATS cluster, MinIO, RustFS and SeaweedFS for pipelines.",
    )
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("fdl", type=Path, nargs="+", help="the pipelines")
    parser.add_argument("--node", action="append", metavar="HOST", help="a NATS server; three times, or five")
    parser.add_argument("--monitoring", default="127.0.0.1", metavar="ADDRESS", help="of the NATS servers' figures")
    parser.add_argument("--ledger", default=LEDGER, metavar="BUCKET", help="the bucket of commit records")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="passwords and keys, made there where they are missing"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
