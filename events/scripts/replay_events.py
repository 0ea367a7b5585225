"""Publish recorded events to a NATS JetStream once more: what a store sent, from files or from stdin.

  python -m events.scripts.replay_events recorded.jsonl.gz --nats nats://127.0.0.1:4222
  nats sub --raw 'events.>' | python -m events.scripts.replay_events - --nats nats://elsewhere:4222

Files may hold documents of MinIO, RustFS, S3, SQS, EventBridge or CloudEvents: one, an array, or one a line; gzip too.
Each event goes to events.<bucket> in MinIO's form, and its message is named by the event: what the broker has taken
lately it takes no second time, unless --again says so. SSL_CERT_FILE names who signs the certificate of a broker that
is named by tls://. Exit codes: 0 done, 2 wrong usage, 3 a document could not be
read (the others were published), 4 the broker is away or no stream takes the events.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from events import ObjectCreated
from events.recordings import read_files
from events.scripts.courier import DONE, REJECTED, UNAVAILABLE, CourierError, add_options, publish, say


class Documents:
    """The events of some files; what cannot be read is named on stderr and counted."""

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self.unreadable = 0

    def __iter__(self) -> Iterator[ObjectCreated]:
        for recording in read_files(self._files):
            for problem in recording.problems:
                say(f"left out: {recording.where}: {problem}")
            self.unreadable += len(recording.problems)
            yield from recording.events


def main() -> int:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser(
        prog="replay_events", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="recorded documents; - for stdin")
    add_options(parser, required=True)
    given = parser.parse_args()
    missing = [str(file) for file in given.files if str(file) != "-" and not file.is_file()]
    if missing:
        parser.error(f"there is no file {', '.join(missing)}")
    documents = Documents(given.files)
    try:
        count = publish(documents, given)
    except CourierError as error:
        say(f"error: {error}")
        return UNAVAILABLE
    say(f"{count['published']} published, {count['known']} known to the broker, {documents.unreadable} unreadable")
    return REJECTED if documents.unreadable else DONE


if __name__ == "__main__":
    sys.exit(main())
