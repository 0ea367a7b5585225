"""The server: one process with one application, until it is told to stop."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from fdl import Service
from functions.runtime.configuration import Configuration
from functions.runtime.errors import Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.store import Store
from functions.runtime.telemetry import log_as_json
from local.api.application import application
from local.api.keys import KeyFile
from local.api.parts import Parts, jobs_of
from local.api.settings import JobApi
from local.watching import is_watched

TRAINER = "train-on-upload"
"""The function that trains, where none is named."""
STOP_S = 5
MOST_CONNECTIONS = 512


def serve(
    given: Configuration,
    store: Store,
    ledger: Ledger,
    services: tuple[Service, ...],
    *,
    trainer: str,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or Ctrl-C; ``ready`` is told the URL once requests are taken.

    Raises:
        SettingsError: A ``JOB_API_*`` variable is wrong.
        Rejected: The training function is not served, or the port is taken.
    """
    settings = JobApi.from_environment("job_api", os.environ)
    jobs = None
    try:
        jobs = jobs_of(given, store, ledger, services, trainer)
    except Rejected:
        if trainer != TRAINER or not is_watched(services):  # else there is something to answer without jobs too
            raise
    parts = Parts(settings, KeyFile.of(given.home), store, given.ledger, services, jobs)
    log_as_json(host="api")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    listening = _listen(host, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again, once it has stopped
    scheme = "https" if given.tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    ready(f"{scheme}://{shown}:{listening.getsockname()[1]}")
    server = uvicorn.Server(_config(application(parts), given))
    parts.is_stopping = lambda: server.should_exit
    with listening:
        server.run(sockets=[listening])


def _config(app: FastAPI, given: Configuration) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_S,
        limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=given.tls_cert,
        ssl_keyfile=given.tls_key,
    )


def _listen(host: str, port: int) -> socket.socket:
    """Take the port now, so that whoever is told the URL can connect."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms an answer on a connection in use
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise Rejected(f"cannot listen on {host}:{port}: {reason}", hint="choose another --port") from error
    return listening
