"""How the fields of one definition must fit one another: each check says which fields it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from functions.datasets import vocabulary
from functions.datasets.forms import FORMS, MODELS
from functions.documents.document import Place, Problem
from functions.documents.wording import dotted, meant, shown
from functions.runtime.settings import nearest

if TYPE_CHECKING:
    from functions.datasets.definition import Definition

Fault = tuple[Place, str]
Check = Callable[["Definition"], Iterator[Fault]]
_CHECKS: list[tuple[frozenset[str], Check]] = []


def faults(definition: Definition, wrong: frozenset[str]) -> list[Problem]:
    """Give all that does not fit, leaving out the checks about fields that are wrong by themselves."""
    return [
        Problem(place, sentence)
        for fields, check in _CHECKS
        if not fields & wrong
        for place, sentence in check(definition)
    ]


def likely_task(definition: Definition) -> vocabulary.Task:
    """Tell the task from the loss, else from the label's type, else from the shape of the output."""
    if definition.loss:
        return vocabulary.TASK_OF_LOSS[definition.loss]
    if definition.columns.get(definition.label) == "float":
        return "regression"
    if definition.output_shape == (1,):
        return "binary"
    return "multiclass" if len(definition.output_shape) == 1 else "regression"


def _about(*fields: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        _CHECKS.append((frozenset(fields), check))
        return check

    return register


@_about("columns", "label", "type", "dataset")
def _label_is_a_column(definition: Definition) -> Iterator[Fault]:
    if definition.columns and definition.label not in definition.columns:
        if "label" not in definition.model_fields_set:
            yield ("label",), "label is missing: the column that is learned"
        else:
            close = nearest(definition.label, definition.columns)
            yield ("label",), f"label is {shown(definition.label)}, which is not among the columns{close}"
    if definition.columns and definition.form == "image":
        yield ("columns",), "columns are of tables; a zip of pictures has a folder for each class"
    if not definition.columns and definition.form in ("csv", "parquet"):
        yield ("columns",), "columns is missing: name and type of every column of the table"


@_about("columns", "label", "input_shape")
def _inputs_are_the_features(definition: Definition) -> Iterator[Fault]:
    if definition.label not in definition.columns:
        return
    features = definition.features
    for name in features:
        if definition.columns[name] == "str":
            sentence = (
                f"{dotted(('columns', name))} is str; a feature is a number: give each of its values a 0/1 column"
            )
            yield ("columns", name), sentence
    if len(features) != (wanted := prod(definition.input_shape)):
        number = "is 1 feature column" if len(features) == 1 else f"are {len(features)} feature columns"
        counted = f"there {number} (all but {shown(definition.label)})"
        yield ("input_shape",), f"input_shape {list(definition.input_shape)} takes {wanted} numbers, but {counted}"


@_about("type", "dataset", "image_size", "resize", "channels", "delimiter", "input_shape", "columns")
def _form_has_its_fields(definition: Definition) -> Iterator[Fault]:
    form = definition.form
    suffix = Path(definition.dataset).suffix.lower() if definition.dataset else None
    if suffix is not None and suffix not in FORMS:
        yield ("dataset",), f"dataset is {shown(definition.dataset)}; it must end with {', '.join(FORMS)}"
    elif suffix is not None and definition.type and FORMS[suffix] != definition.type:
        yield ("type",), f"type is {definition.type}, but the dataset's name ends with {suffix}"
    if form not in (None, "csv") and definition.delimiter:
        yield ("delimiter",), f"delimiter is of CSV files; this is {form}"
    pictures = form == "image" or (form is None and not definition.columns)
    for name in ("resize", "image_size", "channels"):
        if not pictures and getattr(definition, name):
            yield (name,), f"{name} is of pictures; this is a table"
    if form == "image":
        yield from _picture_shape(definition)


def _picture_shape(definition: Definition) -> Iterator[Fault]:
    shape, axis = definition.input_shape, definition.channel_axis
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[axis] not in (1, 3, 4)):
        sentence = f"input_shape {list(shape)} is of no picture: height, width and 1, 3 or 4 channels"
        yield ("input_shape",), sentence
    elif definition.image_size and definition.image_size != (size := definition.picture_size):
        yield ("image_size",), f"image_size is {list(definition.image_size)}, but input_shape has {list(size)}"


@_about("output_shape", "task", "loss", "columns", "label")
def _outputs_fit_the_task(definition: Definition) -> Iterator[Fault]:
    task, shape = definition.task, definition.output_shape
    loss_task = vocabulary.TASK_OF_LOSS[definition.loss] if definition.loss else task
    if loss_task != task:
        usual = vocabulary.USUAL_LOSS[task]
        yield ("loss",), f"loss {definition.loss} is for {loss_task}, but the task is {task}; its usual one is {usual}"
    elif task == "binary" and shape != (1,):
        yield ("output_shape",), f"output_shape {list(shape)} does not fit a binary task, which has one output: [1]"
    elif task == "multiclass" and (len(shape) != 1 or shape[0] < 2):
        sentence = f"output_shape {list(shape)} does not fit a multiclass task, which has one output a class"
        yield ("output_shape",), sentence
    elif task == "regression" and definition.columns and shape != (1,):
        yield ("output_shape",), f"output_shape {list(shape)} does not fit one label column, which is [1]"


@_about("columns", "label", "task", "loss", "output_shape")
def _label_fits_the_task(definition: Definition) -> Iterator[Fault]:
    kind = definition.columns.get(definition.label)
    place = ("columns", definition.label)
    if definition.task == "regression" and kind in ("str", "bool"):
        yield place, f"{dotted(place)} is {kind}; a regression learns a float or an int"
    if definition.task == "regression" and definition.form == "image":
        yield ("task",), "task is regression, but pictures in folders have classes"
    if definition.task == "multiclass" and kind == "float":
        yield place, f"{dotted(place)} is float; classes are int, str or bool"


@_about("metrics", "task", "loss", "output_shape", "columns", "label")
def _metrics_fit_the_task(definition: Definition) -> Iterator[Fault]:
    known = vocabulary.METRICS_OF_TASK[definition.task]
    for number, name in enumerate(definition.metrics):
        if name not in known:
            yield ("metrics", number), f"metric {name} is not of a {definition.task} task; there are {', '.join(known)}"
    for name, times in Counter(definition.metrics).items():
        if times > 1:
            yield ("metrics",), f"metric {name} is listed {times} times"


@_about("split", "task", "loss", "output_shape", "columns", "label")
def _parts_leave_rows(definition: Definition) -> Iterator[Fault]:
    split = definition.split
    if split.validation + split.test >= 1:
        yield ("split",), f"split: validation {split.validation:g} and test {split.test:g} leave no rows to train on"
    if split.stratify and definition.task == "regression":
        yield ("split", "stratify"), "split.stratify needs classes, and a regression has none"


@_about("early_stopping", "metrics", "split", "task", "loss", "output_shape", "columns", "label")
def _monitor_is_measured(definition: Definition) -> Iterator[Fault]:
    stopping = definition.early_stopping
    if stopping is None:
        return
    place = ("early_stopping", "monitor")
    if stopping.watches_validation and not definition.split.validation:
        yield place, f"early_stopping.monitor is {stopping.monitor}, but split.validation is 0"
    if stopping.number not in ("loss", *definition.wanted_metrics):
        sentence = f"early_stopping.monitor is {stopping.monitor}, but {stopping.number} is not among the metrics"
        yield place, sentence


@_about("class_weights", "classes", "task", "loss", "output_shape", "columns", "label")
def _classes_are_known(definition: Definition) -> Iterator[Fault]:
    classes = definition.classes
    if definition.task == "regression":
        for name in ("classes", "class_weights"):
            if getattr(definition, name) is not None:
                yield (name,), f"{name} needs classes, and a regression has none"
        return
    outputs = 2 if definition.task == "binary" else definition.output_shape[0]
    if classes and len(set(classes)) != len(classes):
        yield ("classes",), f"classes has {shown(Counter(classes).most_common(1)[0][0])} twice"
    elif classes and len(classes) != outputs:
        yield ("classes",), f"classes has {len(classes)} entries, but the model tells {outputs} apart"
    if definition.columns.get(definition.label) == "bool":
        classes = classes or ("false", "true")
    if classes:
        yield from _weight_faults(definition.class_weights, classes)


def _weight_faults(weights: object, classes: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(weights, dict):
        return
    strange = {name: meant(name, classes) for name in weights if name not in classes}
    for name, near in strange.items():
        close = f"; did you mean {near}?" if near else ""
        yield ("class_weights", name), f"class_weights has {shown(name)}, which is not a class{close}"
    for name in sorted(set(classes) - set(weights) - set(strange.values())):
        yield ("class_weights",), f"class_weights has no weight for class {shown(name)}"


@_about("sha256", "model", "dataset", "architecture")
def _files_are_the_ones_named(definition: Definition) -> Iterator[Fault]:
    model, dataset = definition.model, definition.dataset
    suffix = Path(model).suffix.lower() if model else None
    if suffix is not None and suffix not in MODELS:
        yield ("model",), f"model is {shown(model)}; it must end with {', '.join(MODELS)}"
    elif suffix == ".safetensors" and definition.architecture is None:
        yield ("architecture",), "architecture is missing: a .safetensors file has weights and no layers"
    elif suffix not in (None, ".safetensors") and definition.architecture is not None:
        yield ("architecture",), f"architecture is for .safetensors; a {suffix} model has its own"
    if model and dataset:
        for name in definition.sha256:
            if name not in (model, dataset):
                sentence = (
                    f"sha256 has {shown(name)}, which is neither model nor dataset{nearest(name, (model, dataset))}"
                )
                yield ("sha256", name), sentence


@_about("optimizer")
def _optimizer_has_its_settings(definition: Definition) -> Iterator[Fault]:
    optimizer = definition.optimizer
    known = vocabulary.OPTIMIZERS[optimizer.name]
    for name in sorted(optimizer.model_fields_set - {"name"} - set(known)):
        if getattr(optimizer, name) is not None:
            sentence = f"optimizer.{name} is not a setting of {optimizer.name}, which has {', '.join(known)}"
            yield ("optimizer", name), sentence


@_about("preprocessing")
def _clip_and_scale_keep_something(definition: Definition) -> Iterator[Fault]:
    clip, scale = definition.preprocessing.clip, definition.preprocessing.scale
    if clip and clip[0] >= clip[1]:
        yield ("preprocessing", "clip"), f"preprocessing.clip [{clip[0]:g}, {clip[1]:g}] leaves a single value or none"
    if scale == 0:
        yield ("preprocessing", "scale"), "preprocessing.scale is 0, which makes every input the same"
