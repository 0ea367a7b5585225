"""The real faas-supervisor, one process an event. ``python -m tests.performance.peers.supervisor PYTHON``."""

import asyncio
import os
import sys
from base64 import b64encode
from pathlib import Path

import yaml
from nats.aio.msg import Msg

from tests.performance.peers.given import Given
from tests.performance.peers.pulling import pull

AT_A_TIME = 2
SCRIPT = """#!/bin/sh
result="$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH").copy"
date +%s.%6N > "$result"
cat "$INPUT_FILE_PATH" >> "$result"
"""


def environment(given: Given) -> dict[str, str]:
    """Give the service's definition and its script as OSCAR does."""
    store = {"endpoint": given.store_url, "access_key": given.access_key, "secret_key": given.secret_key}
    definition = {
        "name": given.name,
        "log_level": "INFO",
        "input": [{"storage_provider": "minio.default", "path": f"{given.source}/in"}],
        "output": [{"storage_provider": "minio.default", "path": f"{given.target}/out"}],
        "storage_providers": {"minio": {"default": store | {"verify": False, "region": "us-east-1"}}},
    }
    encoded = b64encode(yaml.safe_dump(definition).encode()).decode()
    return {"FUNCTION_CONFIG": encoded, "SCRIPT": b64encode(SCRIPT.encode()).decode()}


async def run(given: Given, python: Path) -> None:
    """Start a supervisor for every event."""
    environ = {**os.environ, **environment(given)}

    async def handle(message: Msg) -> None:
        process = await asyncio.create_subprocess_exec(
            python, "-m", "faassupervisor.supervisor", stdin=asyncio.subprocess.PIPE, env=environ
        )
        await process.communicate(message.data)
        await (message.ack() if process.returncode == 0 else message.nak(delay=1))

    await pull(given, AT_A_TIME, handle)


if __name__ == "__main__":
    asyncio.run(run(Given.read(), Path(sys.argv[1])))
