"""What makes a hostile file: an ordinary one, changed, and the code that its refusal must have."""

import copy
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
Json = dict[str, Any]


@dataclass(frozen=True)
class Ordinary:
    """The folder of ordinary models."""

    folder: Path

    def read(self, name: str) -> bytes:
        """Give the bytes of one."""
        return (self.folder / name).read_bytes()

    def members(self, name: str) -> dict[str, bytes]:
        """Give the members of an archive."""
        with zipfile.ZipFile(self.folder / name) as archive:
            return {each: archive.read(each) for each in archive.namelist()}

    def keras(self, name: str, change: Callable[[Json], Any]) -> bytes:
        """Give a ``.keras`` file whose configuration was changed in place."""
        members = self.members(name)
        config = copy.deepcopy(json.loads(members[CONFIG]))
        change(config)
        return packed({**members, CONFIG: json.dumps(config).encode()})


@dataclass(frozen=True)
class Hostile:
    """One hostile file: how it is called, how it is made, and how it must be refused."""

    name: str
    code: str
    where: str
    build: Callable[[Ordinary], bytes]


FILES: dict[str, Hostile] = {}


def hostile(
    code: str, where: str = "", suffix: str = ".keras"
) -> Callable[[Callable[[Ordinary], bytes]], Callable[[Ordinary], bytes]]:
    """Register the function as the maker of a file that must be refused by ``code``, naming ``where``."""

    def register(build: Callable[[Ordinary], bytes]) -> Callable[[Ordinary], bytes]:
        name = f"{build.__name__}{suffix}"
        assert name not in FILES
        FILES[name] = Hostile(name, code, where, build)
        return build

    return register


def packed(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    """Give an archive of the members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def layer(module: str, class_name: str, /, **config: Any) -> Json:
    """Give a layer as a configuration has it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


class Runs:
    """A pickle of this runs a command when it is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (eval, ("print('ran')",))
