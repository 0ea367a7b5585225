"""What an exporter makes of snapshots and sources, without a plane."""

import asyncio
import os
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from functions.runtime.attempts import Attempt
from functions.runtime.endings import Verdict
from functions.runtime.metrics import definitions
from functions.runtime.metrics.accounts import Accounts
from functions.runtime.metrics.address import Address
from local.metrics.exporter import KEPT, Exporter
from local.metrics.families import Figures, joined
from local.metrics.sources import Source
from tests.unit.tracing.test_spans import run

COUNTED = '# HELP a_total What a counts.\n# TYPE a_total counter\na_total{worker="%s"} %d\n'
GAUGE = '# HELP b What b is.\n# TYPE b gauge\nb{worker="%s"} 7\n'


def exporter(folder: Path, *sources: Source, alive: str = "") -> Exporter:
    return Exporter(folder, Address("127.0.0.1", 0), sources, lambda part: part == alive)


async def answer() -> Figures:
    return Figures({definitions.QUEUED: {("copy",): 3}})


async def nothing() -> Figures:
    raise ConnectionError("nobody is there")


def test_texts_of_several_workers_have_each_family_once_with_the_samples_of_all() -> None:
    text = joined([COUNTED % ("one", 1) + GAUGE % "one", COUNTED % ("two", 2)])

    assert text.splitlines() == [
        "# HELP a_total What a counts.",
        "# TYPE a_total counter",
        'a_total{worker="one"} 1',
        'a_total{worker="two"} 2',
        "# HELP b What b is.",
        "# TYPE b gauge",
        'b{worker="one"} 7',
    ]


def test_a_name_of_one_handler_takes_the_figures_of_no_other_away() -> None:
    accounts = Accounts("hostile", "worker-hostile-0", list)
    attempt = Attempt()
    hostile = "x# HELP noria_part_up y"
    attempt.ended(Verdict("done", run=run(metrics={hostile: 1.0})), "committed")
    accounts.saw(attempt)

    text = joined([accounts.text(), COUNTED % ("other", 3)])

    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert [sample.value for sample in families["a"].samples] == [3]
    assert {sample.labels["metric"] for sample in families["noria_reported"].samples} == {hostile}
    assert "noria_part_up" not in families


def test_of_a_worker_that_has_ended_the_counts_are_shown_and_not_how_it_was(tmp_path: Path) -> None:
    (tmp_path / "ended.prom").write_text(COUNTED % ("ended", 1) + GAUGE % "ended")
    (tmp_path / "lives.prom").write_text(COUNTED % ("lives", 2) + GAUGE % "lives")

    text = asyncio.run(exporter(tmp_path, alive="lives").text())

    assert 'a_total{worker="ended"} 1' in text
    assert 'b{worker="ended"}' not in text
    assert 'b{worker="lives"} 7' in text


def test_a_worker_that_has_ended_long_ago_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "ended.prom"
    file.write_text(COUNTED % ("ended", 1))
    long_ago = time.time() - KEPT - 1
    os.utime(file, (long_ago, long_ago))

    text = asyncio.run(exporter(tmp_path).text())

    assert "a_total" not in text
    assert not file.exists()


def test_a_source_that_does_not_answer_is_said_to_be_away_and_the_others_are_shown(tmp_path: Path) -> None:
    shown = exporter(tmp_path, Source("broker", answer), Source("store", nothing))

    text = asyncio.run(shown.text())

    assert 'noria_queue_events{function="copy"} 3.0' in text
    assert 'noria_source_up{source="broker"} 1.0' in text
    assert 'noria_source_up{source="store"} 0.0' in text


def test_a_source_that_hangs_holds_no_scrape_up_and_its_answer_is_shown_to_a_later_one(tmp_path: Path) -> None:
    async def scrapes() -> tuple[str, str]:
        let_go = asyncio.Event()

        async def hang() -> Figures:
            await let_go.wait()
            return await answer()

        shown = exporter(tmp_path, Source("broker", hang))
        first = await shown.text()
        let_go.set()
        return first, await shown.text()

    first, second = asyncio.run(scrapes())

    assert "noria_queue_events" not in first
    assert 'noria_queue_events{function="copy"} 3.0' in second


def test_a_source_is_not_asked_again_at_once(tmp_path: Path) -> None:
    asked = []

    async def count() -> Figures:
        asked.append(1)
        return await answer()

    async def scrapes() -> None:
        shown = exporter(tmp_path, Source("broker", count, every=60))
        for _ in range(5):
            await shown.text()

    asyncio.run(scrapes())

    assert len(asked) == 1
