"""What an OSCAR job finds around it: its service as the cluster has it, the event, and a folder for results."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fdl import FdlError, Service
from fdl.reader import loads
from functions.runtime.hosts.early import with_function
from functions.runtime.hosts.oscar.definition import read_definition
from functions.runtime.settings import SettingsError
from functions.runtime.start import Begun

FIELDS = ("name", "image", "memory", "cpu", "log_level", "environment", "input", "output")
"""Those of the definition that count here: it has more, and more with each version of OSCAR."""
PROVIDER = "default"
MOUNTED = Path("/var/run/secrets/providers/minio.default")
"""Where OSCAR mounts the keys of whoever uploaded; its definitions have a word in their place (pkg/handlers/job.go)."""
KEYS = {"NORIA_STORE_ACCESS_KEY": "accessKey", "NORIA_STORE_SECRET_KEY": "secretKey"}
STORE = {"URL": "endpoint", "REGION": "region", "ACCESS_KEY": "access_key", "SECRET_KEY": "secret_key"}


@dataclass(frozen=True)
class Job:
    """One job: the service, what it was told of its store, its event's raw text, and where it may leave files.

    ``begun``: the handler's process, if it has begun already.
    """

    service: Service
    environ: Mapping[str, str]
    document: bytes
    outputs: Path
    file: Path | None = None
    begun: Begun | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str], *, function: str = "") -> "Job":
        """Read what the supervisor has set.

        Raises:
            NoDefinitionError: This is no OSCAR job.
            SettingsError: Its service's definition is none.
        """
        return cls.of(read_definition(environ), environ, function=function)

    @classmethod
    def of(
        cls,
        definition: Mapping[str, Any],
        environ: Mapping[str, str],
        *,
        function: str = "",
        begun: Begun | None = None,
    ) -> "Job":
        """Check what describes the service, and read what the supervisor has set beside it.

        Args:
            definition: The service's.
            environ: Of this process.
            function: What to run, if not the function that the service is named for.
            begun: Its handler's process, if it has begun already.

        Raises:
            SettingsError: The service's definition is none.
        """
        file = environ.get("INPUT_FILE_PATH")
        return cls(
            _service(definition, function),
            {**_store(definition), **environ},
            environ.get("EVENT", "").encode(errors="surrogateescape"),
            Path(environ["TMP_OUTPUT_DIR"]),
            Path(file) if file else None,
            begun,
        )

    @property
    def has_ledger(self) -> bool:
        """Whether somebody has made a bucket for leases and records, and said so."""
        return any("NORIA_LEDGER" in told for told in (self.environ, self.service.environment))


def _service(definition: Mapping[str, Any], function: str) -> Service:
    kept = {name: definition[name] for name in FIELDS if definition.get(name)}
    text = yaml.safe_dump({"functions": {"oscar": [{"here": kept}]}})
    try:
        service = loads(text, source="the service's definition").services[0]
    except FdlError as error:
        raise SettingsError(str(error), hint=error.hint) from error
    return service.model_copy(update={"environment": with_function(service.environment, function)})


def _store(definition: Mapping[str, Any]) -> dict[str, str]:
    """Give where the cluster's own store is, and who we are there, as ``NORIA_STORE_*``."""
    found: Any = definition
    for name in ("storage_providers", "minio", PROVIDER):
        found = found.get(name) if isinstance(found, Mapping) else None
    told = {f"NORIA_STORE_{name}": found.get(field) for name, field in STORE.items()} if found else {}
    return {name: str(value) for name, value in told.items() if value} | _mounted()


def _mounted() -> dict[str, str]:
    """Give the keys that are mounted, both or none."""
    try:
        return {variable: (MOUNTED / name).read_text().strip() for variable, name in KEYS.items()}
    except OSError:
        return {}
