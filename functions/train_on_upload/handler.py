"""Train an uploaded model on uploaded data, once model, data set and definition lie in one folder."""

from events import ObjectCreated
from functions.models.inspection import inspect
from functions.runtime import Context, function
from functions.runtime.workspace import private_folder
from functions.sandbox.walls import choose
from functions.train_on_upload.fit import check_fit
from functions.train_on_upload.gathering import gather
from functions.train_on_upload.job import Job
from functions.train_on_upload.settings import TrainOnUpload
from functions.training.record import RECORD


@function(settings=TrainOnUpload, warm=lambda settings: choose(settings.sandbox))
def train_on_upload(event: ObjectCreated, ctx: Context[TrainOnUpload]) -> None:
    """Write ``<job>/trained_model...`` with metrics, plots, model card, log and ``run.json``, which names all of them.

    Every event of a set comes here; the first one to claim it does the work.

    Raises:
        NotYetError: The set is not complete.
        Rejected: It never became so, or something in it cannot be trained.
    """
    with private_folder(ctx.folder.parent.resolve()) as workspace:  # the host clears that up whatever happens
        (workspace / "in").mkdir()
        gathered = gather(event, ctx, workspace / "in")
        if gathered is None:
            return
        model = gathered.pinned["model"]
        inspected = inspect(model.path, ctx.settings.model_limits, name=model.input.name)
        check_fit(inspected, gathered.definition)
        sandbox = choose(ctx.settings.sandbox)
        job = Job(gathered, inspected, sandbox, ctx, workspace)
        record = job.run()
        ctx.output(f"{job.folder}/{RECORD}").write_text(record.to_json())
        for name, value in record.metrics.final.items():
            ctx.metric(name, value)
    ctx.log.info("trained", extra={"job": record.job, "epochs": record.epochs_run, "steps": record.steps})
