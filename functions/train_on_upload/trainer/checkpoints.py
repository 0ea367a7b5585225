"""Checkpoints: all that a training needs to go on with the same bits, in one npz file without pickles."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[Any]]
_COURSE, _NAMES = "course", "names"


@dataclass(frozen=True)
class Snapshot:
    """``state`` of the trainable after an epoch, that of the ``best`` one if it will be restored, and the course."""

    course: Mapping[str, Any]
    state: State
    best: State | None = None

    def write(self, file: Path) -> None:
        """Write it, all or nothing."""
        arrays = [*self.state.values(), *(self.best or {}).values()]
        names = {"state": list(self.state), "best": list(self.best) if self.best is not None else None}
        texts = {_COURSE: _text(self.course), _NAMES: _text(names)}
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            np.savez(out, allow_pickle=False, **texts, **{str(n): array for n, array in enumerate(arrays)})
        unfinished.replace(file)

    @classmethod
    def read(cls, file: Path) -> "Snapshot | None":
        """Read one; None when it is none."""
        try:
            with file.open("rb") as source, np.load(source, allow_pickle=False) as kept:
                names = json.loads(kept[_NAMES].tobytes())
                course = json.loads(kept[_COURSE].tobytes())
                arrays = [kept[str(number)] for number in range(len(names["state"]) + len(names["best"] or []))]
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        state = dict(zip(names["state"], arrays, strict=False))
        best = None if names["best"] is None else dict(zip(names["best"], arrays[len(state) :], strict=True))
        return cls(course, state, best)


def _text(document: object) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(document).encode(), np.uint8)
