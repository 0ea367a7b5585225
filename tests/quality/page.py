"""The report as one HTML file that needs nothing else."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from functions.placement.page import Section, facts, page, sentences, table
from tests.performance.figures import readable
from tests.quality.report import Figures, Findings, Shown

FLOORS = ("what ", "measured ", "floor ", "verdict")
STYLE = "max-width:100%;height:auto;display:block;background:#fff"


def report_page(findings: Sequence[Findings], about: dict[str, object]) -> str:
    """Give the page: all floors first, then a section each."""
    missed = sum(len(each.missed) for each in findings)
    judged = [floor for each in findings for floor in each.floors if floor.verdict != "not judged"]
    left = sum(len(each.floors) for each in findings) - len(judged)
    lead = f"{len(judged) - missed} of {len(judged)} floors are reached; {left} could not be judged here."
    rows = [(each.title, *floor.cells()) for each in findings for floor in each.floors]
    overview = Section("Floors", table(["section", "what", *FLOORS[1:]], rows) + facts(about))
    return page("Quality", lead, [overview, *map(_section, findings)], pictures=True)


def _section(findings: Findings) -> Section:
    parts = [sentences(findings.said)] if findings.said else []
    if findings.floors:
        parts.append(table([FLOORS[0].strip(), *FLOORS[1:]], [each.cells() for each in findings.floors]))
    parts += map(_table, findings.figures)
    parts += map(_figure, findings.pictures)
    return Section(findings.title, "\n".join(parts))


def _table(figures: Figures) -> str:
    rows = [tuple(map(readable, row)) for row in figures.rows]
    return f"<h3>{escape(figures.title)}</h3>{table(figures.columns, rows)}"


def _figure(shown: Shown) -> str:
    source = f"data:{shown.kind};base64,{b64encode(shown.data).decode()}"
    said = escape(shown.caption)
    return (
        f'<figure style="margin:16px 0"><img style="{STYLE}" alt="{said}" src="{source}">'
        f"<figcaption>{said}</figcaption></figure>"
    )
