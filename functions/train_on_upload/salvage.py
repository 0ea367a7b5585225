"""Salvage: what the training process wrote becomes a file of ours, whatever it turns its own into meanwhile."""

import os
import stat
from pathlib import Path

from functions.runtime.errors import Rejected

PIECE = 2**20


def salvage(path: Path, target: Path, *, limit: int) -> Path:
    """Copy a plain file of the process to ``target``, which it cannot reach; gives that.

    The process may have been taken over: its file is opened once, no link is followed, and what was opened is looked at
    and copied, not what lies there by then.

    Raises:
        Rejected: It is something else than a file, has another name too, or more than ``limit`` bytes.
    """
    wrong = Rejected(f"the training process left something else than a file at {path.name}")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise wrong from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(descriptor)
        raise wrong
    with os.fdopen(descriptor, "rb") as source, target.open("xb") as copy:
        size = 0
        while piece := source.read(PIECE):
            size += len(piece)
            if size > limit:
                raise Rejected(f"the training process wrote more than {limit:,} bytes to {path.name}")
            copy.write(piece)
    return target
