"""Lambda's real runtime interface emulator with awslambdaric, and a queue as SQS is to a function."""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.ports import free_port
from tests.contract.driver import Answer, begin, kill, parsed
from tests.contract.world import SERVICE, World

EMULATOR = Path(sys.prefix) / "bin/aws-lambda-rie"
MISSING = "" if EMULATOR.exists() else "no aws-lambda-rie beside Python (it lies in the wheel of aws-sam-cli)"
MISSING = MISSING or ("" if find_spec("awslambdaric") else "no awslambdaric")
HANDLER = "functions.runtime.hosts.aws_lambda.handler"
TIMEOUT = 30
"""Seconds of one invocation."""
VISIBILITY = 0.2
"""Seconds until a queue shows a message again that an invocation has named as failed."""


class LambdaDriver:
    """One function with a queue before it; invoked once at a time, as an emulator wants it (more at once end it)."""

    host = "aws_lambda"
    width = 2

    def __init__(self, world: World, *, timeout: int = TIMEOUT, handler: str = HANDLER, **environ: str) -> None:
        self._handler = handler
        self._port = free_port()
        runtime = free_port([self._port])
        self.log = world.folder / "aws_lambda.log"
        self._environ = {
            **world.environ("aws_lambda"),
            "PATH": str(Path(sys.executable).parent),
            "AWS_LAMBDA_FUNCTION_NAME": SERVICE,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
            "NORIA_FDL": str(world.pipeline_file("aws_lambda")),
            **environ,
        }
        self._addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        self._addresses += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Start the emulator, for the first time or again."""
        runs = [sys.executable, "-m", "awslambdaric", self._handler]
        self.process = begin([EMULATOR, *self._addresses, *runs], self._environ, log=self.log)

    def lose(self) -> None:
        """Let the machine fail, and another one take its place."""
        kill(self.process)
        self.start()

    def deliver(self, document: bytes) -> Answer:
        """Put a message into the queue, and take part in it until no invocation names it any more."""
        name = str(uuid.uuid4())
        for times in range(1, 100):
            failed, verdicts = self._batch({name: document})
            if not failed:
                return Answer("dead" if "dead" in verdicts else "done", times)
            time.sleep(VISIBILITY)
        raise AssertionError(f"delivered {times} times, {verdicts}")

    def _batch(self, messages: dict[str, bytes]) -> tuple[list[str], list[str]]:
        with self._lock:
            begin = self.log.stat().st_size
            answer = self.invoke(queue_event(messages))
            assert set(answer) == {"batchItemFailures"}, answer
            verdicts = self._counted(begin)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]], verdicts

    def _counted(self, begin: int) -> list[str]:
        """Give the verdicts that the invocation has counted; what it said comes after its answer, from a container."""
        deadline = time.monotonic() + 60
        while True:
            lines = self.log.read_bytes()[begin:].decode(errors="replace").splitlines()
            for metrics in filter(None, map(parsed, lines)):
                if "_aws" in metrics:
                    return [name for name in ("done", "dead", "wait", "retry") if name in metrics]
            assert time.monotonic() < deadline, lines
            time.sleep(0.01)

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke the function; errors too have the status 200."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=TIMEOUT + 10) as response:
                    found: dict[str, Any] = json.loads(response.read())
                    return found
            except urllib.error.URLError as error:  # it does not listen yet
                if time.monotonic() > deadline or not isinstance(error.reason, ConnectionRefusedError):
                    raise
            time.sleep(0.1)

    def close(self) -> None:
        """End the emulator and what it has started."""
        kill(self.process)


def queue_event(messages: dict[str, bytes]) -> dict[str, Any]:
    """Give what Lambda hands to a function whose event source is a queue."""
    records = [
        {
            "messageId": name,
            "receiptHandle": name,
            "body": body.decode(),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1763902800000"},
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:contract",
            "awsRegion": "us-east-1",
        }
        for name, body in messages.items()
    ]
    return {"Records": records}
