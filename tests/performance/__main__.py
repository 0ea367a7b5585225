"""``python -m tests.performance [event-path|idle|vision]... [--count N] [--json FILE]``."""

import argparse
import json
import logging
import os
import signal
import sys
from pathlib import Path

from tests.performance.bench import Bench, BenchError
from tests.performance.contestants import ALL, NORIA, Contestant, chosen
from tests.performance.event_path import event_path
from tests.performance.figures import notes, out
from tests.performance.idle import idle
from tests.performance.machine import load_average, machine, steal_seconds

NAMES = ("event-path", "idle", "vision")


def main() -> int:
    """Run the benchmarks that were named, or all."""
    parser = _parser()
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logging.getLogger("nats").setLevel(logging.ERROR)
    document: dict[str, object] = {"machine": machine()}
    stolen = steal_seconds()
    out.print(f"load average {load_average()} on {os.cpu_count()} processors")
    try:
        for name in given.names or NAMES:
            document[name] = run(name, given.count, given.only)
    except BenchError as error:
        notes.print(f"[red]{error}")
        return 4
    document["load_average_after"], document["stolen_seconds"] = load_average(), round(steal_seconds() - stolen, 1)
    out.print(f"load average {load_average()} at the end, {document['stolen_seconds']} s stolen by the host")
    if given.json:
        given.json.write_text(json.dumps(document, indent=1) + "\n")
    return 0


def run(name: str, count: int, only: list[str]) -> dict[str, object]:
    """Run one benchmark; it prints its tables and gives its figures."""
    if name == "vision":
        from tests.performance.vision import vision  # onnxruntime and OpenCV: the others run without

        return vision()
    contestants: list[Contestant] = [NORIA] if name == "idle" else chosen(only)
    with Bench(contestants) as bench:
        return idle(bench) if name == "idle" else event_path(bench, count)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES), help="default: all")
    parser.add_argument("--count", type=int, default=500, help="objects a contestant (default: 500)")
    parser.add_argument(
        "--only", action="append", default=[], choices=[each.name for each in ALL], help="repeat for more"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
