"""``python -m tests.quality [SECTION]... [--output DIR] [--strict]``; all sections without a name.

Exit 5 if a floor is missed; with ``--strict`` also if one could not be judged, for want of a package or of pictures.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from tests.performance.figures import notes, out, show_table
from tests.performance.machine import machine
from tests.quality.page import report_page
from tests.quality.report import Findings

SECTIONS = ("modelling", "pictures", "masks", "identity", "video", "profiles", "drift")
MISSED = 5


def main() -> int:
    """Judge the sections that were named, or all."""
    parser = _parser()
    given = parser.parse_args()
    if unknown := set(given.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    return report({name: _judge(name) for name in given.sections or SECTIONS}, given.output, strict=given.strict)


def report(sections: Mapping[str, Callable[[], Findings]], folder: Path, *, strict: bool = False) -> int:
    """Judge sections, write ``quality.json`` and ``quality.html``, and give the exit code: 5 if a floor is missed.

    Args:
        sections: What judges each, by name.
        folder: Where to.
        strict: Whether a floor that could not be judged counts as missed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    findings: list[Findings] = []
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    for name, judge in sections.items():
        notes.print(f"[dim]{name}")
        began = time.monotonic()
        findings.append(judge())
        notes.print(f"[dim]{name}: {time.monotonic() - began:.0f} s")
        _print(findings[-1])
        _write(folder, findings, {"begun": begun, **machine()})  # what is known already outlives a later failure
    out.print(f"\n{folder / 'quality.html'}")
    return _told(findings, strict)


def _told(findings: Sequence[Findings], strict: bool) -> int:
    missed = [f"{each.name}: {floor.name}" for each in findings for floor in each.missed]
    unjudged = [f"{each.name}: {floor.name}" for each in findings for floor in each.unjudged]
    for sentence in missed:
        notes.print(f"[red]missed: {sentence}")
    for sentence in unjudged:
        notes.print(f"[yellow]not judged: {sentence}")
    count = sum(len(each.floors) for each in findings)
    out.print(f"{count} floors: {len(missed)} missed, {len(unjudged)} not judged")
    return MISSED if missed or (strict and unjudged) else 0


def _judge(name: str) -> Callable[[], Findings]:
    # Imported when it is its turn: each section needs other packages.
    return lambda: cast("Findings", importlib.import_module(f"tests.quality.{name}").judge())


def _print(findings: Findings) -> None:
    for each in findings.figures:
        show_table(f"{findings.title}: {each.title}", each.columns, each.rows)
    if findings.floors:
        show_table(f"{findings.title}: floors", ["", "", "", ""], [each.cells() for each in findings.floors])
    for said in findings.said:
        out.print(f"- {said}", markup=False)


def _write(folder: Path, findings: Sequence[Findings], about: dict[str, object]) -> None:
    document = {"machine": about, "sections": {each.name: each.as_json() for each in findings}}
    (folder / "quality.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "quality.html").write_text(report_page(findings, about))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="|".join(SECTIONS), help="default: all")
    parser.add_argument(
        "--output", type=Path, default=Path(".noria/quality"), metavar="DIR", help="for quality.json and quality.html"
    )
    parser.add_argument("--strict", action="store_true", help="fail, too, on floors that could not be judged here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
