"""Folders that a handler has made as hard to remove as it could are gone with their run."""

import os
from pathlib import Path

from functions.runtime.removal import remove

NOBODY = 65534


def test_folders_that_nobody_may_enter_are_removed_and_what_links_point_to_stays(tmp_path: Path) -> None:
    theirs, own = tmp_path / "theirs", tmp_path / "own"
    theirs.mkdir()
    own.mkdir()
    (theirs / "kept").touch()
    if os.geteuid() == 0:  # whom locks do not stop
        os.chown(own, NOBODY, NOBODY)

    child = os.fork()
    if child == 0:
        os._exit(_as_nobody(own, theirs))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert (theirs / "kept").exists()


def _as_nobody(own: Path, theirs: Path) -> int:
    """Make locked folders and remove them; gives 0 if they are gone, 1 if not, 2 if something was wrong."""
    try:
        os.chdir(own)
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        top = Path("run")
        (top / "locked" / "inner").mkdir(parents=True)
        (top / "locked" / "inner" / "file").touch()
        (top / "linked").symlink_to(theirs)
        for path in (top / "locked" / "inner", top / "locked", top):
            path.chmod(0)
        remove(top)
        return int(os.path.lexists(top))
    except OSError:
        return 2
