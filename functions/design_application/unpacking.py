"""An application out of an archive that nobody vouches for, into a private folder."""

import shutil
from pathlib import Path, PurePosixPath

from functions.datasets.archive import Archive
from functions.datasets.files import opened
from functions.datasets.limits import Limits
from functions.design_application.settings import DesignApplication
from functions.runtime import Rejected

TOP = ("src", "common_config")
"""Folders that every application has."""
PASSED_OVER = ("__MACOSX", ".DS_Store", "__pycache__", ".git")
RATIO = 200


def unpack(path: Path, name: str, folder: Path, settings: DesignApplication) -> Path:
    """Unpack the archive at ``path``, that a person called ``name``, below ``folder``; gives the application's folder.

    The application is called as the one folder that everything lies in, or as the archive.

    Raises:
        Rejected: It is no archive, is hostile or too large, or there is no application in it.
    """
    limits = Limits(
        bytes=settings.max_bytes,
        unpacked=settings.max_unpacked,
        members=settings.max_files,
        ratio=RATIO,
    )
    with opened(path, limits.bytes) as file:
        archive = Archive(file, limits)
        members = [each for each in archive.names if not set(PurePosixPath(each).parts).intersection(PASSED_OVER)]
        root = _root(members, name)
        application = folder / (root or PurePosixPath(name).stem)
        for member in members:
            target = application / PurePosixPath(member).relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.stream(member) as content, target.open("xb") as copy:
                shutil.copyfileobj(content, copy)
    return application


def _root(members: list[str], name: str) -> str:
    """Give the one folder that everything lies in; empty where there is none."""
    tops = {PurePosixPath(each).parts[0] for each in members}
    if tops.issuperset(TOP):
        return ""
    if len(tops) == 1 and all(len(PurePosixPath(each).parts) > 1 for each in members):
        return tops.pop()
    raise Rejected(
        f"there is no application in {name}: {' and '.join(TOP)} are not side by side in it",
        hint="zip the folder that noria new made, or all that is in it",
    )
