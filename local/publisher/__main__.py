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

from functions.runtime.configuration import Configuration
from functions.runtime.settings import SettingsError
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
        broker = _broker(arguments.nats, arguments.credentials)
    except (OSError, ValueError, KeyError, SettingsError) as error:
        logging.getLogger("local.publisher").error("credentials", extra={"error": str(error)})
        return WRONG_USAGE
    settings = Settings(arguments.filer, broker, tuple(dict.fromkeys(arguments.bucket)))
    try:
        asyncio.run(_until_told(settings))
    except (RefusedError, SettingsError) as error:
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


def _broker(url: str, file: Path | None) -> Configuration:
    """How to reach the broker: as ``NORIA_NATS_*`` says, which is then forgotten; name and password from the file.

    Raises:
        ValueError: somebody else can read the file, or it is not ``{"user": ..., "password": ...}``.
        SettingsError: a variable is wrong.
    """
    told = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("NORIA_NATS_")}
    told.pop("NORIA_NATS_SERVER_BINARY", None)
    if file is not None:
        if file.stat().st_mode & 0o077:
            raise ValueError(f"{file} is readable by others: chmod 600 {file}")
        known = json.loads(file.read_text())
        told |= {"NORIA_NATS_USER": known["user"], "NORIA_NATS_PASSWORD": known["password"]}
    return Configuration.read(told | {"NORIA_NATS_URL": url})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.publisher",
        description="Announce new objects of an embedded SeaweedFS on JetStream, in MinIO's format.",
        epilog="Name and password for the broker: NORIA_NATS_*, or --credentials.",
    )
    parser.add_argument("--filer", required=True, metavar="HOST:PORT", help="the filer's gRPC service")
    parser.add_argument("--nats", required=True, metavar="URL", help="the broker")
    parser.add_argument("--bucket", required=True, action="append", help="a bucket to watch; repeat for more")
    parser.add_argument("--credentials", type=Path, metavar="FILE", help="JSON with user and password, mode 0600")
    parser.add_argument("--verbose", action="store_true", help="log more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
