"""The page about a partitioning: where to cut, what travels, and how long a request takes."""

from collections.abc import Iterator, Sequence

from functions.partitioning.charting import Stack, stacks
from functions.partitioning.choosing import Choice
from functions.partitioning.early import expected
from functions.partitioning.partitioned import Partitioned
from functions.partitioning.plan import Partition
from functions.placement import charts
from functions.placement.page import Section, facts, page, sentences, table

MOST_SHOWN = 200
"""Cuts on a page; the table has all."""
NAME = 60
"""Characters of a tensor's name."""
FIRST, SECOND = "all on the first", "all on the second"


def page_of(found: Partitioned, written: Sequence[Partition]) -> str:
    """Give one HTML file that needs nothing else and has no script."""
    return page(f"{found.network.name}: where to cut it", sentence(found), _sections(found, written))


def sentence(found: Partitioned) -> str:
    """Give the answer in a sentence."""
    count = len(found.choices.all)
    places = {0: "No place", 1: "One place"}.get(count, f"{count} places")
    said = f"{places} where one tensor alone goes on"
    if found.smallest:
        said += f"; the smallest is {short(found.smallest.cut.tensor)} with {found.smallest.cut.bytes or 0:,} bytes"
    if found.best:
        best = found.best
        where = f"cut at {short(best.tensor)}" if best.where == "cut" else f"all on the {best.where} machine"
        said += f"; a request takes least {where}, {best.seconds:.4g} s"
    return f"{said}."


def by_bandwidth(found: Partitioned) -> list[tuple[str, str]]:
    """Say where a request takes least at which bandwidth, the fastest first."""
    places = {"first": FIRST, "second": SECOND}
    return [
        (
            f"{each.least:,.0f}" if each.least >= 100 else number(each.least or None) or "any",
            places.get(each.where, f"cut at {short(each.tensor)}"),
        )
        for each in found.stretches
    ]


def short(name: str) -> str:
    """Give a tensor's name as there is room for it."""
    return name if len(name) <= NAME else f"{name[: NAME - 21]}…{name[-20:]}"


def differs(each: Choice) -> str:
    """Say by how much the halves' results differ from the whole's, or whether they may where it was not measured."""
    return number(each.difference) or ("perhaps" if each.joined else "")


def shown(found: Partitioned, most: int = MOST_SHOWN) -> tuple[Choice, ...]:
    """Give the cuts that there is room for, in the order of the file: the quickest, or those with the least bytes."""
    everything = found.choices.all
    if len(everything) <= most:
        return everything

    def cost(place: int) -> tuple[float, int]:
        each = everything[place]
        seconds = each.predicted.seconds if each.predicted else float("inf")
        return seconds, each.cut.bytes if each.cut.bytes is not None else 1 << 62

    return tuple(everything[place] for place in sorted(sorted(range(len(everything)), key=cost)[:most]))


def _sections(found: Partitioned, written: Sequence[Partition]) -> Iterator[Section]:
    weighed = found.choices
    kept = shown(found)
    rows = list(_stacks(found, kept))
    if rows:
        yield Section("Seconds of a request", stacks(rows, title="Seconds of a request by where it is cut"))
    if len(found.stretches) > 1:
        yield Section("Where by bandwidth", table(["at least, kbit/s ", "a request takes least"], by_bandwidth(found)))
    base = weighed.input_bytes or max((each.cut.bytes or 0 for each in weighed.all), default=1) or 1
    cuts = [each.cut for each in kept]
    bars = [charts.Bar(short(one.tensor), (one.bytes or 0) / base, f"{one.bytes or 0:,}") for one in cuts]
    if bars:
        drawn = charts.bars(bars, title="Bytes that travel, against those of a request", limit="a request as it begins")
        yield Section("Bytes that travel", drawn)
        left = len(weighed.all) - len(kept)
        yield Section("Cuts", _cuts(kept) + (f"<p>{left:,} more are in the table cuts.csv.</p>" if left else ""))
    if found.outlooks:
        yield Section("Exits", _exits(found))
    if written:
        files = [
            (each.name, part.file, f"{part.bytes:,}", ", ".join(map(short, part.outputs)))
            for each in written
            for part in each.parts
        ]
        yield Section("Parts", table(["partition", "file", "bytes ", "gives"], files))
    if weighed.warnings:
        yield Section("Warnings", sentences(weighed.warnings))
    yield Section("About", facts(_known(found)))


def _stacks(found: Partitioned, kept: Sequence[Choice]) -> Iterator[Stack]:
    weighed = found.choices
    rows = [(FIRST, weighed.on_first), (SECOND, weighed.on_second)]
    rows += [(short(each.cut.tensor), each.predicted) for each in kept]
    least = found.best.seconds if found.best else None
    for name, each in rows:
        if each:
            yield Stack(name, (each.first, each.travel, each.second), is_best=each.seconds == least)


def _cuts(kept: Sequence[Choice]) -> str:
    columns = ["tensor", "bytes ", "operations before ", "first s ", "second s ", "from", "differs by ", "request s "]
    rows = [
        (
            short(each.cut.tensor),
            "" if each.cut.bytes is None else f"{each.cut.bytes:,}",
            f"{each.share:.1%}",
            number(each.first),
            number(each.second),
            each.source,
            differs(each),
            number(each.predicted.seconds if each.predicted else None),
        )
        for each in kept
    ]
    return table(columns, rows)


def _exits(found: Partitioned) -> str:
    columns = ["ends at", "hands on, bytes ", "operations ", "seconds ", "reached by ", "request s "]
    rows = [
        (
            each.exit.name if each.exit else "the end",
            "" if each.bytes is None else f"{each.bytes:,}",
            f"{each.share:.1%}",
            number(each.seconds),
            "" if each.reached is None else f"{each.reached:.1%}",
            number(each.predicted.seconds if each.predicted else None),
        )
        for each in found.outlooks
    ]
    mean = expected(found.outlooks)
    return table(columns, rows) + (f"<p>On average a request takes {mean:.4g} s.</p>" if mean is not None else "")


def _known(found: Partitioned) -> dict[str, object]:
    link, weighed = found.link, found.choices
    known: dict[str, object] = {
        "file": f"sha256:{found.sha256}",
        "operations": f"{len(found.network.nodes)} nodes, {weighed.operations:,} multiply-adds",
        "a request as it begins": "" if weighed.input_bytes is None else f"{weighed.input_bytes:,} bytes",
        "CPU seconds of the whole here": number(weighed.whole),
    }
    if link:
        known["between the machines"] = f"{link.bandwidth:,.6g} kbit/s, {link.delay:g} s until the first bit"
        known["speeds"] = f"first {link.first_speed:g}, second {link.second_speed:g} times that of what measured"
    return {name: each for name, each in known.items() if each}


def number(value: float | None) -> str:
    """Give a number as a person reads it; nothing for None."""
    return "" if value is None else f"{value:.4g}"
