"""Sends the spans of a worker's attempts to an OTLP/HTTP collector, from a thread beside; a lost one costs nothing."""

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar, Self

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, Sampler, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from functions.runtime.attempts import Attempt
from functions.runtime.settings import SettingsError
from functions.runtime.tracing import identifiers
from functions.runtime.tracing.spans import UNTOLD, spans_of

BATCH = 128
"""Attempts, of five or so spans, in one request."""
PATIENCE = 3.0
"""Seconds that the end of a worker waits for its last spans to be taken."""
QUIET = 60.0
"""Seconds between two complaints of one kind about a collector."""


@dataclass(frozen=True)
class Ended:
    """An attempt in the batch processor's queue, which asks a span for no more than whether it is wanted."""

    attempt: Attempt
    context: ClassVar[SpanContext] = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class Sender(OTLPSpanExporter):
    """OpenTelemetry's own exporter, for spans that are messages of the protocol already."""

    def send(self, request: ExportTraceServiceRequest) -> SpanExportResult:
        """Send a request, again and again where the collector asks for that, as its variables say."""
        taken = self._client.export(request.SerializeToString())
        return SpanExportResult.SUCCESS if taken.success else SpanExportResult.FAILURE


class AttemptExporter(SpanExporter):
    """Makes spans of attempts and sends them: in the batch processor's thread, not on an event's way."""

    def __init__(self, sender: Sender, resource: Resource, sampler: Sampler) -> None:
        self._sender = sender
        self._sampler = sampler
        nothing = ReadableSpan(
            "", Ended.context, resource=resource, instrumentation_scope=InstrumentationScope("noria")
        )
        self._empty = encode_spans([nothing])
        del self._empty.resource_spans[0].scope_spans[0].spans[:]

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans of attempts whose traces are wanted."""
        attempts = [each.attempt for each in spans if isinstance(each, Ended)]
        request = ExportTraceServiceRequest()
        request.CopyFrom(self._empty)
        made = request.resource_spans[0].scope_spans[0].spans
        made.extend(span for each in attempts if self._is_wanted(each) for span in spans_of(each))
        return self._sender.send(request) if made else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """End the connection."""
        self._sender.shutdown()  # type: ignore[no-untyped-call]

    def _is_wanted(self, attempt: Attempt) -> bool:
        run = attempt.run
        if run is None or self._sampler is ALWAYS_ON:
            return run is not None
        return self._sampler.should_sample(None, identifiers.trace_id(run), "").decision is not Decision.DROP


class TracingWatcher:
    """Hands attempts to OpenTelemetry's batch processor; what does not fit into its queue is dropped."""

    def __init__(self, processor: BatchSpanProcessor) -> None:
        self._processor = processor
        self._flush: threading.Thread | None = None

    @classmethod
    def of(cls, function: str, worker: str, environ: Mapping[str, str]) -> Self:
        """Begin to send, as OpenTelemetry's variables (``OTEL_*``) say.

        Raises:
            SettingsError: One of them is wrong.
        """
        sampler = sampler_of(environ)
        for name in ("opentelemetry.sdk", "opentelemetry.exporter"):
            for handler in logging.getLogger().handlers:
                handler.addFilter(Seldom(name))
        about = {"service.namespace": "noria", "service.version": version("noria"), "service.instance.id": worker}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            about["service.name"] = function
        exporter = AttemptExporter(Sender(), Resource.create(about), sampler)
        batch = None if "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in os.environ else BATCH
        try:
            return cls(BatchSpanProcessor(exporter, max_export_batch_size=batch))
        except ValueError as error:
            raise SettingsError(f"what OTEL_BSP_... say does not fit: {error}") from None

    def began(self) -> None:
        """Nothing is told before the end."""

    def saw(self, attempt: Attempt) -> None:
        """Have the spans of an attempt sent."""
        if attempt.outcome not in UNTOLD:
            self._processor.on_end(Ended(attempt))  # type: ignore[arg-type]

    def flush(self, seconds: float) -> None:
        """Send what there is; a collector that has not answered the last time yet is not waited for again."""
        if self._flush is not None and self._flush.is_alive():
            return
        # OpenTelemetry's own time limit is ignored by its batch processor.
        self._flush = threading.Thread(target=self._processor.force_flush, name="traces", daemon=True)
        self._flush.start()
        self._flush.join(max(seconds, 0))

    def close(self) -> None:
        """Send what is left, if that can be done soon."""
        last = threading.Thread(target=self._processor.shutdown, name="traces", daemon=True)
        last.start()
        last.join(PATIENCE)


class Seldom(logging.Filter):
    """Lets a message of a logger, and of those below it, through once in ``QUIET`` seconds."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be written."""
        if not record.name.startswith(f"{self._name}."):
            return True
        now = time.monotonic()
        if now - self._last.get(str(record.msg), -QUIET) < QUIET:
            return False
        self._last[str(record.msg)] = now
        return True


def sampler_of(environ: Mapping[str, str]) -> Sampler:
    """Give the sampler that ``OTEL_TRACES_SAMPLER`` names; all hosts decide alike, by the trace alone.

    A variable that is set and empty counts as not set, as OpenTelemetry has it.

    Raises:
        SettingsError: There is none of that name, or its argument is no share.
    """
    name = (environ.get("OTEL_TRACES_SAMPLER") or "always_on").removeprefix("parentbased_")
    if name in {"always_on", "always_off"}:
        return ALWAYS_ON if name == "always_on" else ALWAYS_OFF
    if name != "traceidratio":
        hint = "always_on, always_off or traceidratio"
        raise SettingsError(f"OTEL_TRACES_SAMPLER names {name!r}, which is no sampler here", hint=hint)
    try:
        return TraceIdRatioBased(float(environ.get("OTEL_TRACES_SAMPLER_ARG") or "1"))
    except ValueError:
        raise SettingsError("OTEL_TRACES_SAMPLER_ARG is no share between 0 and 1", hint="0.1") from None
