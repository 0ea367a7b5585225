"""Where a plane's metrics are found: the workers' snapshots, and the file that names the exporter to Prometheus."""

import json
from pathlib import Path

from functions.runtime.configuration import OFF, Configuration
from functions.runtime.metrics.address import Address
from local.connection import Home
from local.ports import HOST, remembered_ports

TARGETS = "plane.json"
PORT = "metrics"


def folder_of(home: Home) -> Path:
    """Give the folder of snapshots and targets."""
    return home.run / "metrics"


def environment_of(part: str, home: Home, given: Configuration) -> dict[str, str]:
    """Tell the worker ``part`` where to leave its numbers; it has no address of its own."""
    if given.metrics == OFF:
        return {"NORIA_METRICS": OFF}
    folder = folder_of(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {"NORIA_METRICS": OFF, "NORIA_METRICS_SNAPSHOT": str(folder.absolute() / f"{part}.prom")}


def address_of(home: Home, given: Configuration) -> Address:
    """Give the exporter's address: what a person said, else the loopback port that it had before, if that is free."""
    if said := given.metrics_address:
        return said
    folder = folder_of(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Address(HOST, remembered_ports(folder / "ports", [PORT])[PORT])


def url_of(home: Home) -> str | None:
    """Give where the metrics of a plane are served now; None where they are not."""
    try:
        return f"http://{json.loads((folder_of(home) / TARGETS).read_text())[0]['targets'][0]}/metrics"
    except (OSError, ValueError, LookupError, TypeError):
        return None
