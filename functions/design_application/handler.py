"""Design an uploaded application: what noria design does, on a zip archive."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import functions.partitioning.network  # noqa: F401 - a missing package is told before the first event
from events import ObjectCreated
from functions.design_application.settings import DesignApplication
from functions.design_application.unpacking import unpack
from functions.designing.design import design
from functions.designing.writing import files
from functions.runtime import Context, function
from functions.runtime.outputs import place
from functions.runtime.workspace import private_folder

HEX = 12
"""Digits of the archive's SHA-256 in the folder's name: a later upload has a folder of its own."""
CONFIGURATION = ("common_config", "space4ai-d", "space4ai-r", "oscarp")
"""Folders of the application whose files the results have too, so that they are an application themselves."""


@function(settings=DesignApplication)
def design_application(event: ObjectCreated, ctx: Context[DesignApplication]) -> None:
    """Write ``<application>/<digest>/...``: the tree of noria design, without links, and the files it was made of.

    Raises:
        Rejected: The archive is hostile, or the application in it cannot be used; file and line are named.
    """
    with private_folder(ctx.folder.parent.resolve()) as workspace:  # the host clears that up whatever happens
        archive = ctx.fetch(event)
        folder = unpack(archive, event.name, workspace, ctx.settings)
        below = f"{folder.name}/{ctx.digest(archive)[:HEX]}"
        designed = design(folder, most=ctx.settings.max_deployments)
        given = dict(_given(folder))
        for path, content in {**given, **dict(files(designed, folder))}.items():
            target = ctx.output(f"{below}/{path}")
            if isinstance(content, Path):
                place(content, target)
            else:
                target.write_bytes(content)
    counts = Counter(components=len(designed.dag.components), deployments=designed.count)
    counts["cuts"] = sum(len(each.cuttings) for each in designed.designs.values())
    for name, value in counts.items():
        ctx.metric(name, value)
    for warning in designed.warnings:
        ctx.log.warning(warning)
    ctx.log.info("designed", extra=dict(counts))


def _given(folder: Path) -> Iterator[tuple[str, Path]]:
    for top in CONFIGURATION:
        for path in sorted((folder / top).rglob("*")):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path
