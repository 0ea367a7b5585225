"""Generated credentials of the embedded plane: made once, kept in one private file, one pair a function."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.service import write_private


@dataclass(frozen=True)
class Keys:
    """One client's keys to the store and its password at the broker (its name there is the client's own)."""

    access_key: str
    secret_key: str = field(repr=False)
    password: str = field(repr=False)


def load_or_generate(file: Path, names: Iterable[str]) -> dict[str, Keys]:
    """Give keys for each name, those in ``file`` first; new ones are added to it (mode 0600)."""
    known = load(file)
    missing = [name for name in names if name not in known]
    for name in missing:
        known[name] = Keys(secrets.token_hex(10).upper(), secrets.token_urlsafe(30), secrets.token_urlsafe(24))
    if missing:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, json.dumps({name: asdict(keys) for name, keys in known.items()}, indent=1))
    return known


def load(file: Path) -> dict[str, Keys]:
    """Give what ``file`` holds; nothing when there is no such file."""
    try:
        return {name: Keys(**keys) for name, keys in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return {}
