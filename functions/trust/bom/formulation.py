"""How a model was made: the runs of its lineage as tasks of one workflow, from the uploads to the trained files."""

from collections.abc import Mapping

from functions.runtime.runs import StoredObject
from functions.training.record import File, TrainingRecord
from functions.trust.bom.parts import INPUT, OUTPUT, Json, compact, moment, plain, stored
from functions.trust.lineage import Lineage, Step

KINDS = {".log": "log", ".txt": "log", "metrics.json": "metrics", "run.json": "evidence"}
NOT_ASKED = frozenset(
    {"columns", "label", "input_shape", "output_shape", "preprocessing", "about", "sha256", "architecture"}
)
"""Fields of a definition that are no parameters of training; the definition itself is an input, named by content."""

Refs = Mapping[str, str]
"""The bom-ref of a file of the job -> its SHA-256."""


def formulation(record: TrainingRecord, lineage: Lineage, own: File) -> Json:
    """Give the formula: what triggered it, every step's inputs and outputs, and the training's parameters."""
    refs = {INPUT + each.name: each.sha256 for each in record.inputs}
    refs |= {OUTPUT + each.name: each.sha256 for each in (*record.outputs, own)}
    tasks = [_task(step, refs, made=INPUT) for step in lineage.steps[:-1]]
    tasks.append(_task(lineage.steps[-1], refs, made=OUTPUT))
    tasks[-1] |= {"name": "training", "taskTypes": ["build", "test"], "steps": _steps(record)}
    tasks[-1]["inputs"].append({"parameters": _asked(record)})
    edges = [{"ref": _ref(step), "dependsOn": _makers(step, lineage)} for step in lineage.steps]
    workflow = {
        "bom-ref": "workflow",
        "uid": lineage.trace or record.job,
        "name": "from uploads to a trained model",
        "taskTypes": ["build"],
        "trigger": _trigger(lineage.steps[-1]),
        "inputs": [_uploaded(each, refs) for each in lineage.uploads],
        "tasks": tasks,
        **({"taskDependencies": edges} if len(edges) > 1 else {}),
    }
    return {"bom-ref": "formula", "workflows": [workflow]}


def location(one: StoredObject) -> Json:
    """Refer to an object version in a store, by address and content."""
    found: Json = {"type": "distribution", "url": stored(one)}
    if one.etag:
        found["comment"] = f"ETag {one.etag}"
    if one.sha256:
        found["hashes"] = [{"alg": "SHA-256", "content": one.sha256}]
    return found


def _task(step: Step, refs: Refs, *, made: str) -> Json:
    """Give one run; ``made`` is what the job has of its outputs, if it has them: its own outputs or its inputs."""
    times = {"timeStart": step.started, "timeEnd": step.finished}
    return {
        "bom-ref": _ref(step),
        "uid": step.run,
        "name": step.function,
        "taskTypes": ["build"],
        "inputs": [{"resource": _resource(each, refs, INPUT)} for each in step.inputs],
        "outputs": [_output(each, refs, made) for each in step.outputs],
        **{name: moment(time) for name, time in times.items() if time is not None},
        "properties": plain({"version": step.version, "image": step.image, "host": step.host}),
    }


def _steps(record: TrainingRecord) -> list[Json]:
    recipe = record.recipe
    done = f"{record.epochs_run} epochs, {record.steps:,} steps, {record.samples:,} samples"
    texts = {
        "inspect": f"Model read as data ({record.model.form}) before a framework was loaded; nothing of it was run",
        "read": "Data hashed while read; split and order by the seed",
        "train": f"{done}, ended by {record.stopped_by}; {'' if recipe.deterministic else 'not '}deterministic",
        "save": f"Weights of epoch {record.kept_epoch} kept",
    }
    return [{"name": name, "description": text} for name, text in texts.items()]


def _asked(record: TrainingRecord) -> list[Json]:
    """Give the parameters as they were asked for; the effective ones are the model card's hyperparameters."""
    asked = {name: value for name, value in record.definition.items() if name not in NOT_ASKED and value is not None}
    return [
        {"name": name, "value": value if isinstance(value, str) else compact(value)} for name, value in asked.items()
    ]


def _trigger(step: Step) -> Json:
    return {
        "bom-ref": "trigger",
        "uid": _ref(step),
        "type": "webhook",
        "event": {"description": "The last object that the job needed was stored"},
        **({"timeActivated": moment(step.started)} if step.started else {}),
    }


def _uploaded(one: StoredObject, refs: Refs) -> Json:
    """Lead a first upload to the component that it is, if it is one of the job's own inputs."""
    resource = _resource(one, refs, INPUT)
    if "ref" not in resource:
        return {"resource": resource}
    where = location(one.model_copy(update={"sha256": ""}))  # the component has the digest
    return {"source": {"externalReference": where}, "resource": resource}


def _output(one: StoredObject, refs: Refs, made: str) -> Json:
    name = one.key.rpartition("/")[2]
    kind = KINDS.get(name) or next((kind for end, kind in KINDS.items() if name.endswith(end)), "artifact")
    return {"type": kind, "resource": _resource(one, refs, made)}


def _resource(one: StoredObject, refs: Refs, folder: str) -> Json:
    """Refer to the component that the object is, by name and content, or to the object in its store."""
    ref = folder + one.key.rpartition("/")[2]
    return {"ref": ref} if one.sha256 and refs.get(ref) == one.sha256 else {"externalReference": location(one)}


def _ref(step: Step) -> str:
    function, _, name = step.run.partition("/")
    return f"run/{function}/{name[:12]}"


def _makers(step: Step, lineage: Lineage) -> list[str]:
    return [_ref(each) for each in lineage.steps if each.run in step.parents]
