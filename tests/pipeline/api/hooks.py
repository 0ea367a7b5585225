"""What Schemathesis is told that an OpenAPI document cannot say: a valid submission, and a file that there is."""

import os
from typing import Any

import schemathesis
from hypothesis import strategies

from tests.pipeline.api.conftest import DEFINITION

JOB = "KNOWN_JOB"
"""The variable that names a job which has ended."""

schemathesis.openapi.media_type("application/yaml", strategies.just(DEFINITION.encode()))
schemathesis.openapi.media_type("application/octet-stream", strategies.binary(min_size=1))
schemathesis.openapi.media_type("text/csv", strategies.binary(min_size=1))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Ask for a file that there is."""
    if case.meta and case.meta.generation.mode.is_positive and "artifact_name" in (case.path_parameters or {}):
        case.path_parameters = {"job_id": os.environ[JOB], "artifact_name": "trained_model.keras"}
