"""``python -m tests.performance [NAME]... [--count N] [--seconds S] [--json F]``; all benchmarks without a name."""

import argparse
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.performance.bench import Bench, BenchError
from tests.performance.burst import COUNT as BURST
from tests.performance.burst import SECONDS as BURST_S
from tests.performance.burst import burst
from tests.performance.contestants import ALL, NORIA, Contestant, chosen
from tests.performance.event_path import event_path
from tests.performance.figures import notes, out
from tests.performance.idle import idle
from tests.performance.load import SECONDS as LOAD_S
from tests.performance.load import load
from tests.performance.machine import load_average, machine, steal_seconds
from tests.performance.supervised import SupervisedBench

NAMES = (
    "event-path", "idle", "load", "burst", "vision", "cold-start", "workers", "trust", "scheduling", "placement",
    "modelling", "dashboard", "dashboard-cost", "metrics", "dead-letters", "alerts", "hosts", "images",
    "cluster", "walls",
)  # fmt: skip
LAZY: dict[str, Sequence[str]] = {
    "vision": (), "cold-start": (), "workers": (), "trust": ("count",), "scheduling": (),
    "placement": ("count", "seconds"), "modelling": (), "dashboard": ("count",), "dashboard-cost": ("count",),
    "metrics": ("count",), "dead-letters": ("count",), "alerts": ("count",), "hosts": ("count",), "images": ("count",),
    "cluster": ("count",), "walls": ("count",),
}  # fmt: skip
"""Those that need packages of their own, in modules and functions of the same names, and which options they take."""
EVENTS = 500


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
            document[name] = run(name, given)
    except BenchError as error:
        notes.print(f"[red]{error}")
        return 4
    document["load_average_after"], document["stolen_seconds"] = load_average(), round(steal_seconds() - stolen, 1)
    out.print(f"load average {load_average()} at the end, {document['stolen_seconds']} s stolen by the host")
    if given.json:
        given.json.write_text(json.dumps(document, indent=1) + "\n")
    return 0


def run(name: str, given: argparse.Namespace) -> dict[str, object]:
    """Run one benchmark; it prints its tables and gives its figures."""
    if name in LAZY:
        module = importlib.import_module(f"tests.performance.{name.replace('-', '_')}")
        figures: dict[str, object] = getattr(module, name.replace("-", "_"))(**_told(given, LAZY[name]))
        return figures
    if name in {"load", "burst"}:
        with SupervisedBench() as supervised:
            if name == "load":
                return load(supervised, given.seconds or LOAD_S)
            return burst(supervised, given.count or BURST, given.seconds or BURST_S)
    contestants: list[Contestant] = [NORIA] if name == "idle" else chosen(given.only)
    with Bench(contestants) as bench:
        return idle(bench) if name == "idle" else event_path(bench, given.count or EVENTS)


def _told(given: argparse.Namespace, options: Sequence[str]) -> dict[str, object]:
    """Give what was said of these options; who is not told has a default of its own."""
    return {name: getattr(given, name) for name in options if getattr(given, name) is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES), help="default: all")
    counts = f"objects a contestant (default: {EVENTS}), of a burst ({BURST}), megabytes of a model, runs of a ledger"
    parser.add_argument("--count", type=int, help=counts)
    parser.add_argument("--seconds", type=float, help=f"of load (default: {LOAD_S:g}) or of a burst ({BURST_S:g})")
    parser.add_argument(
        "--only", action="append", default=[], choices=[each.name for each in ALL], help="repeat for more"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
