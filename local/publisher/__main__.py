"""``python -m local.publisher``: announce new objects of an embedded store until told to stop."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path

from functions.runtime.telemetry import log_as_json
from local.publisher.connection import RefusedError
from local.publisher.service import Publisher, Settings

OUR_FAULT = 1
WRONG_USAGE = 2
NOT_AVAILABLE = 4


def main() -> int:
    """Run until SIGTERM or SIGINT; gives the exit code."""
    arguments = _parser().parse_args()
    log_as_json(level=logging.DEBUG if arguments.verbose else logging.INFO, host="publisher")
    try:
        user, password = _credentials(arguments.credentials)
    except (OSError, ValueError, KeyError) as error:
        logging.getLogger("local.publisher").error("credentials", extra={"error": str(error)})
        return WRONG_USAGE
    settings = Settings(arguments.filer, arguments.nats, tuple(dict.fromkeys(arguments.bucket)), user, password)
    try:
        asyncio.run(_until_told(settings))
    except RefusedError as error:
        logging.getLogger("local.publisher").error("refused", extra={"error": str(error)})
        return NOT_AVAILABLE
    except BaseExceptionGroup as error:
        logging.getLogger("local.publisher").critical("our own fault", exc_info=error)
        return OUR_FAULT
    return 0


async def _until_told(settings: Settings) -> None:
    run = asyncio.create_task(Publisher(settings).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, run.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await run


def _credentials(file: Path | None) -> tuple[str | None, str | None]:
    """Name and password for the broker: from the file, else from the environment, which is then forgotten.

    Raises:
        ValueError: somebody else can read the file, or it is not ``{"user": ..., "password": ...}``.
    """
    if file is None:
        return os.environ.pop("NORIA_NATS_USER", None), os.environ.pop("NORIA_NATS_PASSWORD", None)
    if file.stat().st_mode & 0o077:
        raise ValueError(f"{file} is readable by others: chmod 600 {file}")
    known = json.loads(file.read_text())
    return known["user"], known["password"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.publisher",
        description="Announce new objects of an embedded SeaweedFS on JetStream, in MinIO's format.",
        epilog="Name and password for the broker: NORIA_NATS_USER and NORIA_NATS_PASSWORD, or --credentials.",
    )
    parser.add_argument("--filer", required=True, metavar="HOST:PORT", help="the filer's gRPC service")
    parser.add_argument("--nats", required=True, metavar="URL", help="the broker")
    parser.add_argument("--bucket", required=True, action="append", help="a bucket to watch; repeat for more")
    parser.add_argument("--credentials", type=Path, metavar="FILE", help="JSON with user and password, mode 0600")
    parser.add_argument("--verbose", action="store_true", help="log more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
