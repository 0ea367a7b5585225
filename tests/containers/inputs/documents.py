"""Inputs of the functions that read tables, documents and networks."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from functions.runtime.runs import Run, StoredObject
from functions.watching.alerts import Alert
from functions.watching.rules import Rule
from tests.containers.inputs.world import World, readable
from tests.containers.jobs import Given, of_file
from tests.unit.designing.samples import filter_application
from tests.unit.modelling.tables import csv_of, measured
from tests.unit.optimize.samples import FLAT
from tests.unit.partitioning.networks import chain, model
from tests.unit.profiling.samples import committed, failed, report
from tests.unit.watching.rows import QOS

NOON = datetime(2025, 11, 23, 12, tzinfo=UTC)
CHECKS = b"metrics: {m: {seconds: {statistical_test: CVMDrift, window: 100}}}\n"
REQUEST = b"cut: [t1]\n"
ALERT = Alert(Rule("quick", "local", path=("blur-faces",), low=20), 25.5, NOON.timestamp())


def application(world: World) -> Given:
    """Give design-application an archive."""
    made = filter_application(world.place())
    file = shutil.make_archive(str(made), "zip", made)
    return _of(
        world,
        "design-application",
        {"filter.zip": Path(file).read_bytes()},
        {"annotations.yaml": b"filter_fcn", "application_dag.yaml": b"System"},
    )


def drifting(world: World) -> Given:
    """Give drift-check a table whose second half is not like its first, and what is to be looked at."""
    draw = np.random.default_rng(0)
    seconds = np.concatenate([draw.lognormal(size=200), draw.lognormal(size=200) + 2])
    rows = "".join(f"{60 * place},{each:.4f}\n" for place, each in enumerate(seconds))
    files = {"m.csv": f"time,seconds\n{rows}".encode(), "drift_detector_config.yaml": CHECKS}
    expected = {"m.csv.drift.json": b'"drifted"', "m_DRIFTED.csv": b"seconds", ".drift.svg": b"<svg"}
    return _of(world, "drift-check", files, expected)


def measurements(world: World) -> Given:
    """Give fit-performance a table of a component's times on one to eight cores."""
    expected = {"performance_models.json": b'"blur.any.onnx"', "blur.any.onnx": b"Gather"}
    return _of(world, "fit-performance", {"blur.csv": csv_of(measured())}, expected)


def deployment(world: World) -> Given:
    """Give optimize an application of two components and three kinds of machines."""
    files = {name: text.encode() for name, text in FLAT.items()}
    return _of(world, "optimize", files, {"result.json": b'"proven": true', "production_deployment.yaml": b"Pi"})


def network(world: World) -> Given:
    """Give partition-model a network of three nodes, and where it is to be cut."""
    files = {"net.onnx": model(chain("Relu", "Tanh", "Sigmoid")).SerializeToString(), "net.partition.yaml": REQUEST}
    return _of(world, "partition-model", files, {"partition.json": b"t1", "partition1_2.onnx": b"Sigmoid"})


def campaign(world: World) -> Given:
    """Give profile-collect the report of a campaign, whose records are in it."""
    runs = (committed(0, queued=0, started=1, finished=9, compute=5), failed(1, queued=0, finished=3))
    files = {"report.json": report(runs).model_dump_json().encode()}
    return _of(world, "profile-collect", files, {"jobs.csv": b"it is no picture", "jobs.parquet": b"PAR1"})


def sessions(world: World) -> Given:
    """Give watch-constraints a site's records, all of them too slow, and the constraints that they break."""
    files = {"site.records.json": json.dumps([_slow(session) for session in range(12)]).encode()}
    settings = {"WATCH_CONSTRAINTS_CONSTRAINTS": QOS}
    expected = {".alert.json": b'"quick"', "masks.1.watch-state.json": b"local:quick"}
    return _of(world, "watch-constraints", files, expected, settings=settings)


def alert(world: World) -> Given:
    """Give send-alerts an alert, and a webhook of this machine: it writes nothing, what it posts is its result."""
    files = {"masks.quick.1.alert.json": ALERT.text("masks").encode()}
    settings = {"SEND_ALERTS_URLS": world.hook.url}
    return _of(
        world,
        "send-alerts",
        files,
        {"posted": b'"quick"'},
        settings=settings,
        network="host",
        fetched=lambda: {"posted": json.dumps(world.hook.received.pop().body).encode()},
    )


def _of(world: World, service: str, files: Mapping[str, bytes], expected: Mapping[str, bytes], **known: Any) -> Given:
    """Give the first of the files, the others beside it."""
    place = world.place()
    (place / "in").mkdir()
    for name, content in files.items():
        (place / "in" / name).write_bytes(content)
    return of_file(service, place, readable(place / "in") / next(iter(files)), expected=expected, **known)


def _slow(session: int) -> object:
    queued = NOON + timedelta(seconds=10 * session)
    run = Run(
        state="committed",
        id=f"{session:064x}",
        function="blur-faces",
        input=StoredObject(bucket="photos", key="in/a.png", etag="0"),
        queued=queued,
        started=queued,
        finished=queued + timedelta(seconds=9),
        trace=f"{session:032x}",
    )
    return {**run.model_dump(mode="json"), "lost": False}
