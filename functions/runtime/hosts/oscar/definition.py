"""A service's definition as OSCAR mounts it, before anybody has checked it.

Names and places: grycap/oscar 7ade09ee (pkg/types/service.go, pkg/handlers/job.go) and faas-supervisor 1.5.8.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from functions.runtime.errors import Rejected

CONFIG = Path("/oscar/config/function_config.yaml")
"""Where OSCAR mounts a service's definition; the supervisor also takes it from ``FUNCTION_CONFIG``, in base64."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoDefinitionError(Rejected):
    """This is no OSCAR job, or what describes its service cannot be read."""


def read_definition(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read the definition, of which nothing is checked.

    Raises:
        NoDefinitionError: This is no OSCAR job, or nothing describes its service.
    """
    if not environ.get("TMP_OUTPUT_DIR"):
        hint = "this is the script of an OSCAR service; on this machine use noria up or noria invoke"
        raise NoDefinitionError("there is no TMP_OUTPUT_DIR in the environment", hint=hint)
    source = str(CONFIG)
    try:
        if CONFIG.is_file():
            text = CONFIG.read_bytes()
        else:
            source = "FUNCTION_CONFIG"
            text = base64.b64decode(environ.get(source, ""), validate=True)
        found = yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe ones
    except (OSError, binascii.Error, ValueError, yaml.YAMLError) as error:
        raise NoDefinitionError(f"{source} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict):
        hint = "OSCAR mounts the file"
        raise NoDefinitionError(f"neither {CONFIG} nor FUNCTION_CONFIG describes a service", hint=hint)
    return found
