"""A collector that counts the spans it is sent. ``python -m tests.performance.peers.collector PORT``."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Handler(BaseHTTPRequestHandler):
    """Takes spans by POST, gives their number to GET."""

    spans = 0

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        Handler.spans += sum(len(scope.spans) for each in sent.resource_spans for scope in each.scope_spans)
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(str(Handler.spans).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
