"""``modelling``: fitted performance models against published tables; the tests are those of the benchmark."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import mean

from tests.performance.modelling import COLUMNS, INPUTS, LONGEST, Tested, row, tested
from tests.quality.drawing import axes, svg
from tests.quality.report import Figures, Findings, Floor, Shown

REACH = {"stereomatch, 20 % held out": 6.3, "stereomatch, threads > 4": 9.1, "faas_test, 20 % held out": 0.0033}
SOURCE = "issue 8; tables and figures of aMLLibrary"
SAID = (
    "Mean absolute percentage error on rows that a model was never fitted to; a family is chosen by cross-validation "
    "on the rows that are left, and the rows of the test are looked at once.",
    "Held out at random: mean of five seeds. aMLLibrary's figures were taken with its own configurations.",
    "The error of faas_test is that of the steady-state model of a function platform, whose law is known; without the "
    "law it is what regression alone learns of 40 rows.",
)


def judge() -> Findings:
    """Fit and test all, if the tables are here."""
    about = Findings("modelling", "Performance models", SAID)
    if not INPUTS.is_dir():
        floors = [Floor(name, None, "at most", bound, " %", SOURCE) for name, bound in REACH.items()]
        return Findings(about.name, about.title, (f"Not judged: the published tables are not in {INPUTS}.",), floors)
    tests = list(tested())
    columns = [COLUMNS[0], *(f"{name} " for name in COLUMNS[1:])]
    table = Figures("rows that they were not fitted to", columns, [row(each) for each in tests])
    families = Figures("families that were chosen", ["test", "families"], [_families(each) for each in tests])
    document = {"tests": [asdict(each) for each in tests]}
    floors = list(_floors(tests))
    return Findings(about.name, about.title, SAID, floors, [table, families], [_plot(tests)], document)


def _floors(tests: Sequence[Tested]) -> Iterator[Floor]:
    by_name = {each.name: each for each in tests}
    for name, bound in REACH.items():
        yield Floor(f"error, {name}", mean(by_name[name].errors), "at most", bound, " %", SOURCE)
    slowest = max(max(each.processor) for each in tests)
    yield Floor("processor time of the slowest choice and fit", slowest, "at most", LONGEST, " s", "issue 8")


def _families(one: Tested) -> tuple[str, str]:
    return one.name, "; ".join(one.families)


def _plot(tests: Sequence[Tested]) -> Shown:
    figure, at = axes(height=3.2)
    places = range(len(tests))
    at.barh([place - 0.2 for place in places], [mean(each.errors) for each in tests], height=0.35, label="noria")
    theirs = [each.theirs or 0 for each in tests]
    at.barh([place + 0.2 for place in places], theirs, height=0.35, color="lightgrey", label="aMLLibrary")
    at.set_yticks(list(places), [each.name for each in tests])
    at.invert_yaxis()
    at.set(xscale="log", xlabel="mean absolute percentage error, %")
    at.legend()
    return Shown("Errors on held-out rows, in logs", svg(figure))
