"""Logs: one JSON object a line on stderr, never content and never a secret."""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from functions.runtime.secrets import Secrets

NONE = Secrets()
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as ``{"time", "level", "event", ...}`` with what the caller gave as ``extra``."""

    def __init__(self, secrets: Secrets, **always: str) -> None:
        super().__init__()
        self._secrets = secrets
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """Give one line; a traceback becomes one field of it."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **self._always,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._secrets.scrubbed(json.dumps(line, default=str, ensure_ascii=False))


class BoundLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose every line has some fields, beside those that the line itself gives as ``extra``."""

    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[object, MutableMapping[str, Any]]:
        """Join both."""
        return msg, {**kwargs, "extra": {**(self.extra or {}), **kwargs.get("extra", {})}}


def log_as_json(*, level: int = logging.INFO, secrets: Secrets = NONE, **always: str) -> None:
    """Send this process's logs to stderr as JSON lines, each with the fields ``always``, none with a secret."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets, **always))
    logging.basicConfig(level=level, handlers=[handler], force=True)
