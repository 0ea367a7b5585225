"""Files that are made for a platform: where they are written, and what an earlier call has left there."""

from collections.abc import Mapping
from pathlib import Path

from functions.runtime.errors import Rejected

KEPT = "deploy"
"""The folder of ``NORIA_HOME`` with what was made last for each platform, where nobody said where to write it."""
WRITTEN = ".written"
"""Names of the files there that an earlier call has written, one a line."""


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files below a folder; what else lies there stays.

    Raises:
        Rejected: A name, which may come from the FDL, leads out of the folder.
    """
    for name in files:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise Rejected(f"{name} would be written outside {folder}", hint="give the cluster or service another name")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.endswith(".sh"):
            path.chmod(0o755)


def write_anew(files: Mapping[str, str], home: Path, platform: str, namespace: str) -> Path:
    """Write them into a folder of ours; what an earlier call has written and this one does not goes. Gives the folder.

    What others keep there stays: Terraform's state, SAM's builds.
    """
    folder = home / KEPT / platform / namespace
    listed = folder / WRITTEN
    earlier = listed.read_text().splitlines() if listed.is_file() else []
    for name in {*earlier} - {*files}:
        (folder / name).unlink(missing_ok=True)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(files, folder)
    listed.write_text("".join(f"{name}\n" for name in files))
    return folder


def left_behind(files: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Name what lies beside the files and is none of them: of a service that is no more, perhaps."""
    folders = {(folder / name).parent for name in files}
    there = {path for each in folders if each.is_dir() for path in each.iterdir() if path.is_file()}
    return tuple(sorted(str(path.relative_to(folder)) for path in there - {folder / name for name in files}))
