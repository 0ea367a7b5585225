"""The page about an answer: one HTML file that needs nothing else, with its charts in it and no script."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from functions.placement import charts
from functions.placement.answer import Answer
from functions.placement.system import Component, System

KINDS = {"edge": "edge", "cloud": "cloud", "faas": "function as a service"}


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, as HTML: who makes one has escaped every name in it."""

    title: str
    body: str


def page(title: str, lead: str, sections: Iterable[Section], *, pictures: bool = False) -> str:
    """Give the whole page; ``lead`` is the answer in a sentence, ``pictures`` lets it show those that lie in it."""
    images = "; img-src data:" if pictures else ""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'{images}\">",
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1><p class=lead>{escape(lead)}</p>",
        *(f"<section><h2>{escape(each.title)}</h2>\n{each.body}</section>" for each in sections),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a table; columns whose name ends in a blank have numbers, and are set to the right."""
    kinds = [' class="number"' if column.endswith(" ") else "" for column in columns]
    head = "".join(f"<th{kind}>{escape(name.strip())}</th>" for name, kind in zip(columns, kinds, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{escape(str(cell))}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"


def facts(known: Mapping[str, object]) -> str:
    """Give names and values side by side."""
    rows = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in known.items())
    return f"<dl>\n{rows}\n</dl>"


def sentences(said: Iterable[str]) -> str:
    """Give a list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in said) + "</ul>"


def numbered(said: Iterable[str]) -> str:
    """Give a list of sentences in their order."""
    return "<ol>" + "".join(f"<li>{escape(each)}</li>" for each in said) + "</ol>"


def placed(system: System, answer: Answer) -> Iterator[Section]:
    """Give the sections about an answer that has a placement: where everything runs, and how well."""
    assert answer.placement is not None
    assert answer.evaluation is not None
    yield Section("Placement", _placement(system, answer))
    yield Section("Response times", _times(system, answer))
    yield Section("Nodes", _nodes(system, answer))


def front(
    points: Sequence[tuple[float, float]], chosen: tuple[float, float] | None, *, proven: bool = False
) -> Section:
    """Give the section of the Pareto front; points are (cost, seconds), ``proven`` if none is cheaper."""
    marks = [
        charts.Mark(cost, seconds, f"{cost:.6g} for {seconds:.6g} s", is_chosen=(cost, seconds) == chosen)
        for cost, seconds in points
    ]
    if chosen is not None and chosen not in points:
        marks.append(charts.Mark(*chosen, f"chosen: {chosen[0]:.6g} for {chosen[1]:.6g} s", is_chosen=True))
    drawn = charts.front(marks, title="Cost against response time", x="cost", y="response time, s")
    listed = table(["cost ", "response time, s "], [(f"{x:.6g}", f"{y:.6g}") for x, y in sorted(points)])
    sure = "No placement is both cheaper and quicker than one of these."
    said = f"<p>{sure if proven else 'The cheapest placements found; not each is proven to be the cheapest.'}</p>"
    return Section("Cost against response time", f"{said}{drawn}<details><summary>Numbers</summary>{listed}</details>")


def certificate(answer: Answer) -> Section:
    """Give the section of what backs the answer."""
    known = {name.replace("_", " "): _plain(value) for name, value in answer.certificate.items()}
    return Section("Certificate", facts(known))


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _placement(system: System, answer: Answer) -> str:
    return table(
        ["component", "deployment", "part", "resource", "layer", "requests a second ", "seconds "],
        [row for component in system.components.values() for row in _rows(system, component, answer)],
    )


def _rows(system: System, component: Component, answer: Answer) -> Iterator[tuple[str, ...]]:
    assert answer.placement is not None
    assert answer.evaluation is not None
    deployment = answer.placement.deployments[component.name]
    for number, partition in enumerate(component.deployments[deployment]):
        part = component.name, partition
        resource = system.resources[answer.placement.resources[part]]
        first = ("", "") if number else (component.name, deployment)
        load, seconds = answer.evaluation.loads.get(part, 0.0), answer.evaluation.part_times.get(part, 0.0)
        layer = f"{resource.layer} ({KINDS[resource.kind]})"
        yield (*first, partition, resource.name, layer, f"{load:.4g}", f"{seconds:.4g}")


def limits(system: System, answer: Answer) -> Iterator[tuple[str, float, float]]:
    """Give each threshold: its name, the seconds that it takes, and those that it may take."""
    assert answer.evaluation is not None
    for name, limit in system.local.items():
        yield name, answer.evaluation.component_times[name], limit
    for path in system.paths:
        yield system.threshold_of(path), answer.evaluation.path_times[path.name], path.limit


def _times(system: System, answer: Answer) -> str:
    paths = {system.threshold_of(path): " → ".join(path.components) for path in system.paths}
    rows = [
        charts.Bar(paths.get(name, name), used / limit, f"{used:.3g} of {limit:.4g} s", about=name)
        for name, used, limit in limits(system, answer)
    ]
    if not rows:
        return "<p>No component and no path has a threshold.</p>"
    return charts.bars(rows, title="Response times against their thresholds", limit="threshold")


def _nodes(system: System, answer: Answer) -> str:
    assert answer.placement is not None
    assert answer.evaluation is not None
    used = [system.resources[name] for name in dict.fromkeys(answer.placement.resources.values())]
    rows, drawn = [], []
    for resource in used:
        nodes = answer.placement.nodes.get(resource.name)
        share = answer.evaluation.utilisation.get(resource.name)
        count = "as needed" if nodes is None else f"{nodes} of {resource.nodes}"
        said = "" if share is None else f"{share:.1%}"
        rows.append((resource.name, resource.description, KINDS[resource.kind], f"{resource.cost:.6g}", count, said))
        if share is not None:
            limit = system.utilisation_limit
            drawn.append(charts.Bar(resource.name, share / limit, f"{share:.1%}"))
    listed = table(["resource", "what", "kind", "cost an hour ", "nodes ", "in use "], rows)
    named = f"{system.utilisation_limit:.1%}"
    return listed + (charts.bars(drawn, title="Utilisation of the nodes", limit=named) if drawn else "")


STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --line: #d9dee7; --paper: #ffffff; --wash: #f4f6f9;
  --good: #2f6fde; --bad: #c8372d; --mark: #e08a00 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa5b8; --line: #343c4b; --paper: #14181f;
  --wash: #1c222c; --good: #6ea2ff; --bad: #ff7a6e; --mark: #ffb84d } }
body { margin: 0; background: var(--wash); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 860px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; margin: 0 0 4px; overflow-wrap: anywhere } h2 { font-size: 17px; margin: 0 0 10px }
.lead { font-size: 17px; margin: 0 0 24px }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 18px 20px;
  margin: 0 0 18px }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: 13px } .number { text-align: right;
  font-variant-numeric: tabular-nums }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0 } dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere } svg { width: 100%; height: auto; display: block; margin: 10px 0 }
ul, ol { margin: 0; padding-left: 20px } summary { color: var(--soft); cursor: pointer }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif } svg .axis { fill: var(--soft); font-size: 12px }
svg .within { fill: var(--good) } svg .over { fill: var(--bad) } svg .grid { stroke: var(--line) }
svg .limit { stroke: var(--ink); stroke-dasharray: 4 3 } svg .stair { fill: none; stroke: var(--good); stroke-width: 2 }
svg .point { fill: var(--good); stroke: var(--paper); stroke-width: 2 }
svg .chosen { fill: var(--mark); stroke: var(--paper); stroke-width: 2 }
"""
