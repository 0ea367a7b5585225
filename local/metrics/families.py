"""Families: a metric's samples, and texts in Prometheus' form put together."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from functions.runtime.metrics import definitions

FAMILY = re.compile("^# HELP ", re.MULTILINE)
"""What begins a family; in a label the same stands within a line, since its line breaks are escaped."""
Values = Mapping[tuple[str, ...], float]
"""The values of a metric by those of its labels, in the order of its definition."""


@dataclass(frozen=True)
class Figures:
    """Values of some metrics as they were read."""

    values: Mapping[definitions.Metric, Values]

    def collect(self) -> Iterator[Metric]:
        """Give them as ``prometheus_client`` wants them."""
        for metric, values in self.values.items():
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.name, metric.help, labels=metric.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family

    def text(self) -> str:
        """Give them in Prometheus' text form."""
        return generate_latest(self).decode()


def joined(texts: Iterable[str], *, dead: Sequence[str] = ()) -> str:
    """Put texts together: each family once, with the samples of all.

    Args:
        texts: Each in Prometheus' text form (0.0.4), where a line of ``# HELP`` begins a family; no sample is
            in two of them.
        dead: Texts of workers that have ended: of these, gauges are left out, which say how things are.
    """
    families: dict[str, tuple[str, list[str]]] = {}
    for text, is_dead in [*((text, False) for text in texts), *((text, True) for text in dead)]:
        for block in FAMILY.split(text)[1:]:
            about, described, samples = (*block.split("\n", 2), "", "")[:3]
            if is_dead and described.endswith(" gauge"):
                continue
            head = f"# HELP {about}\n{described}\n"
            families.setdefault(about.partition(" ")[0], (head, []))[1].append(samples)
    return "".join(head + "".join(samples) for head, samples in families.values())
