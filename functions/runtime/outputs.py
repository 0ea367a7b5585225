"""The files that a handler has written into its private folder."""

import os
import shutil
import stat
from pathlib import Path

from functions.runtime.errors import Rejected


def place(path: Path, target: Path) -> None:
    """Put a file that was given where an output is to be: the same bytes on the disk where the file system allows."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def written(folder: Path) -> list[Path]:
    """Give every file below ``folder``, in the order of the names.

    Raises:
        Rejected: There is something else than files and folders; a link would publish what it points to.
    """
    found = []
    for where, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            path = Path(where, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.append(path)
            elif not stat.S_ISDIR(mode):
                raise Rejected(f"the output {path.relative_to(folder)} is not a regular file")
    return sorted(found)
