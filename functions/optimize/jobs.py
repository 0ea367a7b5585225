"""Training jobs: scheduled, and written with a page of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.optimize.manifest import Place, Recorder
from functions.optimize.request import Request
from functions.optimize.result import FILE_NAME
from functions.placement import page
from functions.scheduling.answer import ScheduleAnswer
from functions.scheduling.reading import read
from functions.scheduling.results import write_csv
from functions.scheduling.scheduling import schedule

TABLE = "schedule.csv"


@dataclass(frozen=True)
class Scheduled:
    """A schedule and the name that it goes by."""

    name: str
    answer: ScheduleAnswer

    @property
    def document(self) -> dict[str, Any]:
        """Give the result for programs; every instance has a schedule."""
        return {"name": self.name, "feasible": True, **self.answer.document()}

    @property
    def sentence(self) -> str:
        """Give the answer in a sentence."""
        answer = self.answer
        proof = "the least possible, proven" if answer.proven else f"at most {answer.gap:.1%} above the least possible"
        first = answer.baselines.get("FIFO")
        saved = f"; first in first out costs {first.cost:.6g}" if first else ""
        return f"{len(answer.instance.jobs)} jobs cost {answer.cost:.6g}, {proof}{saved}"

    def write(self, place: Place) -> None:
        """Write the result, the table and the page."""
        recorder = Recorder(place)
        write_csv(self.answer, recorder.place(TABLE))
        recorder.place("page.html").write_text(self._page(), encoding="utf-8")
        document = {**self.document, "manifest": recorder.manifest()}
        place(FILE_NAME).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

    def _page(self) -> str:
        from functions.scheduling.gantt import gantt  # matplotlib takes as long to import as the rest together

        answer = self.answer
        drawn = gantt(answer).decode()
        costs = {answer.method: answer.verdict, **answer.baselines}
        rows = [
            (name, f"{each.cost:.6g}", f"{each.node_cost:.6g}", f"{each.tardiness_cost:.6g}")
            for name, each in costs.items()
        ]
        known = {
            "method": answer.method,
            "cost": f"{answer.cost:.9g}",
            "bound": f"{answer.bound:.9g}",
            "gap": f"{answer.gap:.3%}",
            "seed": answer.seed,
            "instance": f"sha256:{answer.instance.digest}",
        }
        sections = [
            page.Section("Schedule", drawn[drawn.index("<svg") :]),
            page.Section("Compared", page.table(["method", "cost ", "nodes ", "being late "], rows)),
            page.Section("Certificate", page.facts(known)),
        ]
        return page.page(f"{self.name}: what runs when", f"{self.sentence}.", sections)


def scheduled(folder: Path, name: str, request: Request, *, seconds: float) -> Scheduled:
    """Schedule the jobs that a folder describes.

    Raises:
        Rejected: A table cannot be used, or there is no such method.
    """
    answer = schedule(read(folder), seconds=seconds, method=request.method or "best", seed=request.seed)
    return Scheduled(name, answer)
