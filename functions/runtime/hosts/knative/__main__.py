"""``python -m functions.runtime.hosts.knative FDL SERVICE``: a server on ``$PORT``, 8080 if nobody says.

Somebody may be waiting for it: the handler's process begins first, and the server is imported while that starts.
"""

import os
import signal
import sys

from functions.runtime.hosts.early import begin_early, described_in
from functions.runtime.kernel import hide_from_children


def main(argv: list[str]) -> int:
    """Run the server; exit code 3 when the settings or the FDL are wrong."""
    hide_from_children()
    begun = begin_early(described_in(*argv), os.environ) if len(argv) == 2 else None
    try:
        from functions.runtime.assembly import arguments, exit_code_of
        from functions.runtime.hosts.knative.server import serve
        from functions.runtime.telemetry import log_as_json

        path, name = arguments(argv, "python -m functions.runtime.hosts.knative")
        log_as_json(host="knative", function=name)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return exit_code_of(lambda: serve(path, name, begun))
    finally:
        if begun:
            begun.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
