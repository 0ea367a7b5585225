"""The files of an outcome."""

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import replace

from functions.optimize.manifest import Place, Recorder
from functions.optimize.outcome import Outcome
from functions.optimize.production import graph_of, production_of, provision_of
from functions.optimize.reporting import page_of
from functions.optimize.result import FILE_NAME, SYSTEM, Result
from functions.optimize.revision import HISTORY, NAMES, RUNNING, STEPS, Revision
from functions.placement import output, system_json
from functions.placement.capacity import GREATEST
from functions.runtime.errors import Rejected

PAGE, PRODUCTION = "page.html", "production_deployment.yaml"


def write(outcome: Outcome, place: Place, *, revision: Revision | None = None) -> Result:
    """Write every file of an outcome, and give its result; ``revision`` is the way there from what runs now."""
    recorder = Recorder(place)
    system_json.write(outcome.problem.system, recorder.place(SYSTEM))
    names = dict(revision.names) if revision else {}
    missing = [*_deployment(outcome, recorder, names)]
    learnt = outcome.problem.learnt
    for path, name in learnt.names.items() if learnt else ():
        recorder.place(name).write_bytes(path.read_bytes())
    if names:
        recorder.write_secret(NAMES, json.dumps(names, indent=1) + "\n")
    outcome = replace(outcome, warnings=(*outcome.warnings, *missing))
    _outputs(outcome, recorder.place)
    if revision is not None:
        if revision.steps is not None:
            recorder.place(STEPS).write_text(revision.steps_json(), encoding="utf-8")
        if revision.running is not None:
            system_json.write(revision.running, recorder.place(RUNNING))
        recorder.place(HISTORY).write_text(revision.history_json(), encoding="utf-8")
    result = outcome.result()
    steps = revision.sentences() if revision else ()
    page = page_of(outcome, result, steps=steps, is_first=revision is not None and revision.is_first)
    recorder.place(PAGE).write_text(page, encoding="utf-8")
    result = result.model_copy(update={"manifest": recorder.manifest()})
    place(FILE_NAME).write_text(result.to_json(), encoding="utf-8")
    return result


def plain(name: str) -> str:
    """Give what of a name can be part of a file's name."""
    kept = "".join(char if char.isalnum() or char in "-_." else "_" for char in name[:40])
    return kept.lstrip(".") or "_"


def _outputs(outcome: Outcome, place: Place) -> None:
    """Write what SPACE4AI-D's users know: one file of the answer, one of the most that each deployment bears."""
    system, answer = outcome.problem.system, outcome.answer
    if answer.placement is None:
        place(output.infeasible_name(system.load)).write_text(output.infeasible(system, answer), encoding="utf-8")
    else:
        place(output.NAME).write_text(output.text(system, answer), encoding="utf-8")
    if answer.placement is not None and outcome.greatest_load:
        text = output.at_load(system, answer.placement, outcome.greatest_load)
        place(output.maximum_name(plain(outcome.problem.name))).write_text(text, encoding="utf-8")
    for name, each in outcome.degraded.items():
        if each.capacity.answer and each.capacity.answer.placement and each.capacity.load < GREATEST:
            text = output.at_load(each.system, each.capacity.answer.placement, each.capacity.load)
            place(output.maximum_name(plain(name))).write_text(text, encoding="utf-8")


def _deployment(outcome: Outcome, recorder: Recorder, names: MutableMapping[str, str]) -> Iterator[str]:
    """Write what is to be made and run of an application; gives a sentence for what cannot be written.

    Names and passwords that were drawn for new clusters are added to ``names``.
    """
    application, answer = outcome.problem.application, outcome.answer
    if application is None or answer.placement is None:
        return
    production = production_of(application, answer.placement, name=outcome.problem.name, feasible=bool(answer.feasible))
    recorder.place(PRODUCTION).write_text(production.text(), encoding="utf-8")
    graph = graph_of(outcome.problem.system, answer.placement, name=application.name)
    try:
        made = provision_of(application, production, graph, elastic=outcome.request.elastic, known=names)
    except Rejected as error:
        hint = f" ({error.hint})" if error.hint else ""
        yield f"not provisioned, there is no FDL and no TOSCA: {error.message}{hint}"
        return
    for name, text in made.files.items():
        recorder.write_secret(name, text)
    names.update(made.drawn)
