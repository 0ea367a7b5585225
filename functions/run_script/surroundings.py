"""What a script finds in its environment: OSCAR's variables, those of the service's FDL, and nothing of the worker's.

Names: faas-supervisor 1.5.8 (faassupervisor/supervisor.py and utils), which sets them for the script, and
grycap/oscar 7ade09ee (pkg/handlers/job.go), which sets those of the job.
"""

import os
import socket
import sys
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

from events import ObjectCreated
from events.wire import minio_document
from functions import OURS as SET
from functions.run_script.settings import RunScript

OURS = ("RUN_SCRIPT_", "NORIA_")
"""How variables begin that are about the worker, not about the script."""
LARGEST_EVENT = 100_000
"""Bytes: Linux takes 128 KiB of one variable (execve(2))."""


def surroundings(
    event: ObjectCreated, settings: RunScript, folders: Mapping[str, Path], *, file: Path, job: str
) -> dict[str, str]:
    """Give the whole environment of a script.

    Args:
        event: What it is run for.
        settings: Of the service.
        folders: ``input`` and ``output``, and ``spare`` for whatever it writes beside.
        file: The object, as a local file.
        job: What the run is called.
    """
    around = os.environ.items() - SET.items()
    own = {name: value for name, value in around if not name.startswith(OURS)}
    # The interpreter that has the components' packages, wherever noria was called from.
    path = os.pathsep.join((str(Path(sys.executable).parent), own.get("PATH", os.defpath)))
    document = minio_document(event).decode()
    told = {
        "INPUT_FILE_PATH": str(file),
        "TMP_INPUT_DIR": str(folders["input"]),
        "TMP_OUTPUT_DIR": str(folders["output"]),
        "STORAGE_OBJECT_KEY": event.key,
        "EVENT_TIME": event.time.astimezone(UTC).isoformat(timespec="milliseconds"),
        "JOB_UUID": job,
        "OSCAR_SERVICE_NAME": settings.service,
        "RESOURCE_ID": settings.resource or socket.gethostname(),
        "TMPDIR": str(folders["spare"]),
        "PATH": path,
    }
    if len(document) <= LARGEST_EVENT:
        told["EVENT"] = document
    return {"COMPONENT_NAME": settings.service, **own, **told}
