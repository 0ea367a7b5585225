"""Members: which parts a submission has, and under which names they are stored.

Of a part's file name nothing but its suffix is taken, and that only from a short list: no name that a client chooses
is ever joined to a path.
"""

import re
import secrets
import time
import uuid
from collections.abc import Mapping

from functions.datasets.forms import FORMS, MODELS
from functions.runtime.settings import nearest
from local.api.refusal import Refusal

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "model": MODELS,
    "dataset": tuple(FORMS),
    "dataset_definition": (".yaml", ".yml", ".json"),
}
JOB_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
ARTIFACT_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"
_KINDS = {".csv": "text/csv", ".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml"}


def member_name(role: str, file_name: str) -> str:
    """Give the name under which the part is stored: ``model.keras`` for a model called ``../../my model.KERAS``.

    Raises:
        Refusal: 422; there is no such part, or its file is of a kind that is not taken.
    """
    if role not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise Refusal(
            422,
            f"there is no part {printable(role)!r}{nearest(role, SUFFIXES)}",
            hint=f"send {known}; everything else is said in the dataset_definition",
        )
    suffix = next((each for each in SUFFIXES[role] if file_name.lower().endswith(each)), None)
    if suffix is None:
        called = f"{printable(file_name)!r}" if file_name else "without a file name"
        raise Refusal(
            422, f"the {role} {called} is not of a kind that is taken", hint=f"its name ends with {_either(role)}"
        )
    return role + suffix


def media_type(name: str) -> str:
    """Give the media type that a member is stored with."""
    return _KINDS.get(f".{name.rpartition('.')[2]}", "application/octet-stream")


def new_job_id() -> str:
    """Make a UUID of version 7 (RFC 9562, section 5.7): ids in their order are jobs in the order they came."""
    number = time.time_ns() // 10**6 << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def is_job_id(text: str) -> bool:
    """Tell whether a folder's name is a job's id."""
    return re.fullmatch(JOB_ID, text) is not None


def printable(text: str) -> str:
    """Shorten a client's word for a message, and leave out what a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in text[:80])


def _either(role: str) -> str:
    *first, last = SUFFIXES[role]
    return f"{', '.join(first)} or {last}"
