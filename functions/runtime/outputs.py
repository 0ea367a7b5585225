"""The files that a handler has written into its private folder."""

import os
import shutil
import stat
from pathlib import Path

from functions.runtime.errors import Rejected

DEEPEST = 64
"""Folders in one another: os.walk recurses, and keys have an end."""


def place(path: Path, target: Path) -> None:
    """Put a file that was given where an output is to be: the same bytes on the disk where the file system allows."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def with_folder(path: Path) -> Path:
    """Give a path whose folder is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def check_depth(folder: Path) -> None:
    """See that a folder of outputs is not too deep to be walked through.

    Raises:
        Rejected: It is.
    """
    if len(folder.parts) > DEEPEST:
        raise Rejected(f"the outputs lie in more than {DEEPEST} folders in one another")


def written(folder: Path) -> list[Path]:
    """Give every file below ``folder``, in the order of the names.

    Raises:
        Rejected: There is something else than files and folders; a link would publish what it points to. Or too deep.
    """
    found = []
    for where, folders, files in os.walk(folder, followlinks=False):
        check_depth(Path(where).relative_to(folder))
        for name in (*folders, *files):
            path = Path(where, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.append(path)
            elif not stat.S_ISDIR(mode):
                raise Rejected(f"the output {path.relative_to(folder)} is not a regular file")
    return sorted(found)
