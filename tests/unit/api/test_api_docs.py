"""What ``docs/api.md`` says of settings and requests is so."""

import re
from pathlib import Path

from local.api.bodies import Result
from local.api.jobs import STATES
from local.api.keys import SCOPES
from local.api.routes import router
from local.api.settings import JobApi

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()


def settings() -> list[str]:
    """Give the rows of the table of settings."""
    return [
        f"| `JOB_API_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in JobApi.model_fields.items()
    ]


def _shown(value: object) -> str:
    return f"{value:,g}" if isinstance(value, int | float) and value < 10**6 else f"{value:,}" if value else "none"


def test_every_setting_is_in_the_docs() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `JOB_API_")]

    assert rows == settings()


def test_every_request_is_in_the_docs() -> None:
    told = set(re.findall(r"`(?:GET|HEAD|POST) (/[^`?]*)", PAGE))

    assert {route.path for route in router.routes} <= told  # type: ignore[attr-defined]


def test_every_state_and_scope_is_in_the_docs() -> None:
    assert all(f"`{word}`" in PAGE for word in (*STATES, *SCOPES))
    assert "training_status" in Result.model_fields
