"""The AWS Lambda host: ``functions.runtime.hosts.aws_lambda.handler`` in a container image with ``awslambdaric``.

A queue's messages are answered one by one: what is to be tried again is named in ``batchItemFailures``, so the event
source needs ``ReportBatchItemFailures``. An event that comes from S3 itself is an error where it is to be tried again:
Lambda delivers it twice more, and then to the function's destination for failures.

``NORIA_FDL`` names the pipeline's file in the image, ``NORIA_SERVICE`` the service if not ``AWS_LAMBDA_FUNCTION_NAME``.
"""

import json
import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.runtime.assembly import Assembled, assemble
from functions.runtime.endings import Verdict
from functions.runtime.errors import TryAgain
from functions.runtime.hosts.heartbeat import beating
from functions.runtime.limits import Term
from functions.runtime.reception import receive
from functions.runtime.settings import SettingsError

RESERVE = 1.0
"""Seconds before Lambda stops everything in which a run's state is still written."""
LEAST = 0.5
"""Seconds that a record must have before it to be begun with; or as many as the longest one of its batch has taken."""

LAST = 2.0
"""Seconds at most for sending spans before an answer."""


class Invocation(Protocol):
    """What of Lambda's context is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Say how long it is until Lambda stops everything."""


class LambdaHost:
    """Answers for one engine."""

    def __init__(self, assembled: Assembled) -> None:
        self._assembled = assembled
        self._engine = assembled.engine
        name = self._engine.service.name
        self._longest = LEAST
        self._buckets = {path.bucket for path in self._engine.service.inputs}
        self._log = Logger(service=name)
        self._tracer = Tracer(service=name, auto_patch=False)
        self._metrics = Metrics(namespace="noria", service=name)
        self._processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def __call__(self, event: Mapping[str, Any], context: Invocation) -> dict[str, Any]:
        """Bring what Lambda hands over to its end.

        Raises:
            TryAgain: It came from no queue, and is to be tried again.
        """
        self._engine.term = Term.of(context.get_remaining_time_in_millis() / 1000 - RESERVE)
        self._longest = LEAST
        try:
            with beating(self._assembled):
                answer = self._answer(dict(event))
            told = {"request": context.aws_request_id, "again": len(answer.get("batchItemFailures", ()))}
            self._log.info("invoked", extra={**told, "left": context.get_remaining_time_in_millis()})
            return answer
        finally:
            if any(self._metrics.metric_set):
                self._metrics.flush_metrics()
            left = context.get_remaining_time_in_millis() / 1000 - RESERVE / 2
            self._engine.watchers.flush(min(left, LAST))  # Lambda freezes the process as soon as it has its answer

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        if not _is_of_queue(event):
            self._process(json.dumps(event).encode())
            return {}
        answer = process_partial_response(
            event=event, record_handler=self._record, processor=self._processor, context=None
        )
        return dict(answer)

    def _record(self, record: SQSRecord) -> None:
        self._process(record.body.encode())

    def _process(self, document: bytes) -> Verdict:
        left = self._engine.term.left
        if left < self._longest:  # what would be stopped in its middle has cost the time for nothing
            raise TryAgain("the invocation is almost over")
        try:
            return self._received(document)
        finally:
            self._longest = max(self._longest, left - self._engine.term.left)

    def _received(self, document: bytes) -> Verdict:
        with self._tracer.provider.in_subsegment(name="## event") as segment:
            verdict = receive(self._engine, document, shared=self._buckets)
            segment.put_annotation("verdict", verdict.kind)
        self._metrics.add_metric(name=verdict.kind, unit=MetricUnit.Count, value=1)
        if verdict.kind in {"retry", "wait"}:
            raise TryAgain(verdict.reason, delay=verdict.delay)
        return verdict


def _is_of_queue(event: Mapping[str, Any]) -> bool:
    records = event.get("Records")
    return (
        isinstance(records, list)
        and all(isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs" for record in records)
        and bool(records)
    )


@cache
def host() -> LambdaHost:
    """Start the function once a process.

    Raises:
        SettingsError: The environment or the FDL is wrong.
        BrokenChildError: The function cannot start.
    """
    path = os.environ.get("NORIA_FDL")
    name = os.environ.get("NORIA_SERVICE") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    if not path or not name:
        hint = "set it to the pipeline's file in the image; and NORIA_SERVICE, unless the function is called so"
        raise SettingsError("NORIA_FDL is not set" if name else "nobody says which service this is", hint=hint)
    return LambdaHost(assemble(path, name, os.environ, host="aws_lambda"))


def handler(event: Mapping[str, Any], context: Invocation) -> dict[str, Any]:
    """Answer one invocation."""
    return host()(event, context)


if "AWS_LAMBDA_RUNTIME_API" in os.environ:  # models are loaded before the first event, in the time that Lambda gives
    logging.getLogger("aws_lambda_powertools").setLevel(logging.WARNING)
    host()
