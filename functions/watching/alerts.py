"""Alerts: what AMS posts to its endpoints, field for field.

A constraint's body is ``{"constraint", "value", "check_time", "status_timestamp"}``; a custom alert's begins with
``custom_alert`` in place of ``constraint`` (ams-manager, ``constraint_notification.yaml`` and
``custom_notification.yaml``). Flux writes ``check_time`` as RFC 3339 and ``status_timestamp`` as nanoseconds since
1970. The object has the deployment's name in it too, so that ``optimize`` knows what to place anew.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.watching.rules import Rule

CONSTRAINT_ENDING, CUSTOM_ENDING = ".alert.json", ".custom-alert.json"
FIRST_FIELDS = ("constraint", "custom_alert", "alert")
FIELDS = ("value", "check_time", "status_timestamp")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class Alert:
    """One episode's alert; ``at`` is the end of the window that was alarming, in seconds since 1970."""

    rule: Rule
    value: float
    at: float

    @property
    def body(self) -> dict[str, Any]:
        """Give what AMS posts."""
        first = "custom_alert" if self.rule.kind == "custom" else "constraint"
        return {
            first: self.rule.name,
            "value": self.value,
            "check_time": rfc3339(self.at),
            "status_timestamp": round(self.at * 1e6) * 1000,
        }

    def file_name(self, application: str) -> str:
        """Name its object: the same for the same alert, whoever works it out."""
        ending = CUSTOM_ENDING if self.rule.kind == "custom" else CONSTRAINT_ENDING
        kind = {"local": "", "global": "global-", "custom": ""}[self.rule.kind]
        return f"{plain(application)}.{kind}{plain(self.rule.name)}.{round(self.at * 1000)}{ending}"

    def text(self, deployment: str) -> str:
        """Give the object's content."""
        return json.dumps({"deployment": deployment, **self.body}, ensure_ascii=False) + "\n"


def plain(name: str) -> str:
    """Give a name that can be part of any key; one that cannot is replaced by one with its digest."""
    if _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[:60]
    return f"{kept}-{digest}" if kept else digest


def rfc3339(at: float) -> str:
    """Write a time as RFC 3339 in UTC, to the microsecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
