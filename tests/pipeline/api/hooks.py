"""What Schemathesis is told that an OpenAPI document cannot say: a valid submission, and a file that there is."""

import os
from typing import Any

import schemathesis
from hypothesis import strategies

from tests.pipeline.api.conftest import DEFINITION

JOB = "KNOWN_JOB"
"""The variable that names a job which has ended."""
WATCHED = {"session_id": "0" * 32, "specifier": "train"}
"""What the test has put where watch-constraints would."""

schemathesis.openapi.media_type("application/yaml", strategies.just(DEFINITION.encode()))
schemathesis.openapi.media_type("application/octet-stream", strategies.binary(min_size=1))
schemathesis.openapi.media_type("text/csv", strategies.binary(min_size=1))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Ask for a job and a file that there are, where no answer has named one."""
    is_linked = case.meta and case.meta.phase.name.value == "stateful"
    known = {"job_id": os.environ[JOB], "artifact_name": "trained_model.keras", **WATCHED}
    if case.meta and case.meta.generation.mode.is_positive and not (is_linked and len(case.path_parameters or {}) < 2):
        given = case.path_parameters or {}
        case.path_parameters = {name: known.get(name, value) for name, value in given.items()}
