"""Place an application as cheaply as its constraints allow, and anew when its load changes or one of them is broken."""

from dataclasses import replace

from events import ObjectCreated
from functions.optimize.answering import answered
from functions.optimize.gathering import HEX, Gathered, gather
from functions.optimize.jobs import scheduled
from functions.optimize.occasion import is_occasion
from functions.optimize.problem import read_problem
from functions.optimize.request import request_in, seconds_of
from functions.optimize.revising import latest, revise
from functions.optimize.revision import Now, from_now, going_on
from functions.optimize.settings import Optimize
from functions.optimize.writing import write
from functions.runtime import Context, Rejected, function
from functions.runtime.workspace import private_folder


@function(settings=Optimize)
def optimize(event: ObjectCreated, ctx: Context[Optimize]) -> None:
    """Write ``<deployment>/<digest>/result.json`` and what belongs to it, or ``<digest>/...`` of a set in a folder.

    Every event of a set comes here; the first one to claim it does the work. An occasion, ``*.workload.json`` or
    ``*.alert.json``, is worked on from the latest result of the deployment that it names.

    Raises:
        NotYetError: The set is not complete, or another event of the deployment is being worked on.
        Rejected: It never became so, or a file cannot be used.
    """
    with private_folder(ctx.folder.parent.resolve()) as workspace:  # the host clears that up whatever happens
        if is_occasion(event.name):
            revise(event, ctx, workspace)
            return
        gathered = gather(event, ctx, workspace)
        if gathered is not None:
            _place(gathered, ctx)


def _place(gathered: Gathered, ctx: Context[Optimize]) -> None:
    request = request_in(gathered.folder)
    seconds = seconds_of(request, ctx.settings)
    name = request.deployment or gathered.name
    below = gathered.digest[:HEX]
    if gathered.kind == "jobs":
        scheduled(gathered.folder, name, request, seconds=seconds).write(lambda file: ctx.output(f"{below}/{file}"))
        return
    problem = read_problem(gathered.folder, name, request)
    # Before the work: what comes of it is what later events of the deployment begin with.
    found = latest(ctx, name)
    now = found[1] if found else Now()
    if now.result and now.result.root != gathered.root:
        said = f"{name} is what was placed from {now.result.root}, and this is {gathered.root}"
        raise Rejected(said, hint="name one of them otherwise: deployment: my-app-2 in optimize.yaml")
    points = ctx.settings.front_points if request.front else 0
    outcome = answered(problem, request, seconds=seconds, points=points)
    outcome = replace(outcome, known={"root": gathered.root})
    outcome = going_on(outcome, now)
    revision = from_now(outcome, now, at=ctx.now())
    result = write(outcome, lambda file: ctx.output(f"{below}/{file}"), revision=revision)
    if result.cost is not None:
        ctx.metric("cost", result.cost)
    ctx.metric("seconds", result.seconds)
    ctx.log.info("optimised", extra={"deployment": name, "feasible": result.feasible, "proven": result.proven})
