"""An OTLP/HTTP collector: takes what workers send, decodes the real protobuf, and keeps the spans."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.listening import Listener, listening


@dataclass(frozen=True)
class Told:
    """One span as it was told; ids in hex, times in nanoseconds, ``service`` and ``attributes`` as text."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begin: int
    end: int
    status: int
    message: str
    attributes: dict[str, str]
    events: list[str]


@dataclass
class Collector:
    """What has come in so far."""

    endpoint: str
    spans: list[Told] = field(default_factory=list)

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            about = {each.key: each.value.string_value for each in resource.resource.attributes}
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                self.spans.append(
                    Told(
                        about["service.name"],
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.code,
                        span.status.message,
                        {a.key: a.value.string_value or str(a.value.int_value) for a in span.attributes},
                        [event.name for event in span.events],
                    )
                )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a loopback port."""

    class Handler(Listener):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Handler) as address:
        collector = Collector(address)
        yield collector
