"""``python -m functions.runtime.hosts.jetstream FDL SERVICE``: one worker of one service."""

import asyncio
import os
import signal
import sys

from functions.runtime.assembly import Assembled, arguments, assemble, exit_code_of
from functions.runtime.hosts.jetstream.host import JetStreamHost
from functions.runtime.hosts.jetstream.work import EngineWork


async def serve(assembled: Assembled) -> None:
    """Work until SIGTERM, SIGINT or SIGUSR1, then drain; what is in flight has all the time it needs after SIGUSR1."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def end() -> None:
        stop.set()
        hurry.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGUSR1, stop.set)
    try:
        await JetStreamHost(EngineWork(assembled.engine), assembled.configuration, stop, hurry).serve()
    finally:
        assembled.engine.close()


def main() -> None:
    """Run one worker; exit code 3 when the settings or the FDL are wrong."""
    path, name = arguments(sys.argv[1:], "python -m functions.runtime.hosts.jetstream")
    sys.exit(exit_code_of(lambda: asyncio.run(serve(assemble(path, name, os.environ, host="jetstream")))))


if __name__ == "__main__":
    main()
