"""``python -m functions.runtime.hosts.jetstream FDL SERVICE``: one worker of one service."""

import asyncio
import os
import signal
import sys

from functions.runtime.assembly import Assembled, arguments, assemble, exit_code_of
from functions.runtime.hosts.jetstream.host import JetStreamHost


async def serve(assembled: Assembled) -> None:
    """Work until SIGTERM or SIGINT, then drain."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await JetStreamHost(assembled, stop).serve()
    finally:
        assembled.engine.close()


def main() -> None:
    """Run one worker; exit code 3 when the settings or the FDL are wrong."""
    path, name = arguments(sys.argv[1:], "python -m functions.runtime.hosts.jetstream")
    sys.exit(exit_code_of(lambda: asyncio.run(serve(assemble(path, name, os.environ, host="jetstream")))))


if __name__ == "__main__":
    main()
