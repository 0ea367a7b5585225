"""Model cards: what a person should know of a trained model, as JSON and as Markdown with Hugging Face's front matter.

After Mitchell et al., "Model Cards for Model Reporting" (2019); metadata as in huggingface.co/docs/hub/model-cards.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from functions.training.record import TrainingRecord

CARD_JSON, CARD_MARKDOWN = "model_card.json", "model_card.md"
UNKNOWN = "not stated"
_TASKS = {
    "regression": "tabular-regression",
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
}


def write_card(record: TrainingRecord, folder: Path) -> tuple[str, ...]:
    """Write ``model_card.json`` and ``model_card.md``; gives their names."""
    card = card_of(record)
    (folder / CARD_JSON).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    (folder / CARD_MARKDOWN).write_text(markdown(record))
    return CARD_JSON, CARD_MARKDOWN


def card_of(record: TrainingRecord) -> dict[str, JsonValue]:
    """Give the card as a JSON object; what nobody stated is absent, not invented."""
    about = _about(record)
    card: dict[str, JsonValue] = {
        "name": str(about.get("name", f"model of job {record.job[:12]}")),
        "job": record.job,
        "task": record.recipe.task,
        "trained_with": {"framework": record.framework.name, **record.framework.versions},
        "architecture": {
            "form": record.model.form,
            "parameters": record.model.parameters,
            "layers": [layer.model_dump(mode="json") for layer in record.model.layers],
        },
        "data": {
            **about,
            "rows": record.data.rows,
            "parts": dict(record.data.parts),
            "label": record.data.label,
            "classes": {name: dict(counts) for name, counts in record.data.classes.items()},
            "inputs": [each.model_dump(mode="json") for each in record.inputs],
        },
        "recipe": record.recipe.model_dump(mode="json"),
        "metrics": {"epoch": record.metrics.epoch, **record.metrics.final},
        "limits": list(limits(record)),
    }
    return card


def markdown(record: TrainingRecord) -> str:
    """Give the card for people."""
    about = _about(record)
    name = _line(about.get("name", f"Model of job {record.job[:12]}"))
    rows = "\n".join(f"| {_line(metric)} | {value:.6g} |" for metric, value in sorted(record.metrics.final.items()))
    inputs = "\n".join(f"| {each.role} | {_line(each.name)} | `{each.sha256}` |" for each in record.inputs)
    parts = ", ".join(f"{count:,} {part}" for part, count in record.data.parts.items())
    stated = " ".join(f"{key.title()}: {_line(about.get(key, UNKNOWN))}." for key in ("owner", "license", "source"))
    recipe = record.recipe
    rate = recipe.optimizer.get("learning_rate")
    text = f"""# {name}

{_line(about.get("description", ""))}

Trained from uploaded files by noria, job `{record.job}`: a {record.model.form} model of {record.model.parameters:,}
parameters for {recipe.task}, with {record.framework.name}.

## Data
{record.data.rows:,} rows ({parts}). {stated}

| role | file | SHA-256 |
| --- | --- | --- |
{inputs}

## Training
{record.epochs_run} epochs, {record.steps:,} steps of {recipe.batch_size} rows, {recipe.optimizer.get("name")} at
{rate}, loss {recipe.loss}, seed {recipe.seed}; the weights of epoch {record.kept_epoch} were kept.

## Metrics
| metric | value |
| --- | --- |
{rows}

## Limits
"""
    return _front_matter(record) + text + "".join(f"- {limit}\n" for limit in limits(record))


def limits(record: TrainingRecord) -> Iterator[str]:
    """Say what the numbers do not show."""
    yield "The metrics are of the uploaded data alone; other data may differ."
    if not record.data.parts.get("test"):
        yield "No rows were kept apart for a test: the best numbers were chosen on the validation rows."
    if record.data.parts.get("test", 1000) + record.data.parts.get("validation", 0) < 100:
        yield "Fewer than 100 rows were judged on: the metrics are rough."
    counts = [part.get("train", 0) for part in record.data.classes.values()]
    if counts and min(counts) * 10 < max(counts):
        yield "The rarest class has less than a tenth of the commonest one's rows: accuracy says little of it."
    yield "Fairness, robustness and misuse were not examined."
    yield from record.notes


def _front_matter(record: TrainingRecord) -> str:
    about = _about(record)
    stated = {key: str(about[key]) for key in ("license",) if key in about}
    metrics = [{"type": name, "value": value} for name, value in sorted(record.metrics.final.items())]
    data = {"name": str(about.get("name", record.input("dataset").name)), "type": "uploaded"}
    result = {"task": {"type": _task(record)}, "dataset": data, "metrics": metrics}
    front: dict[str, object] = {
        **stated,
        "library_name": "keras" if record.framework.name == "keras" else "pytorch",
        "tags": ["noria", record.recipe.task],
        "model-index": [{"name": record.job[:12], "results": [result]}],
    }
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n"


def _task(record: TrainingRecord) -> str:
    what = "image" if record.input("dataset").name.endswith(".zip") else "tabular"
    return f"{what}-{'regression' if record.recipe.task == 'regression' else 'classification'}"


def _about(record: TrainingRecord) -> Mapping[str, JsonValue]:
    about = record.definition.get("about")
    return {key: value for key, value in about.items() if value} if isinstance(about, dict) else {}


def _line(text: object) -> str:
    """Keep what an uploader wrote on its line, and from being markup."""
    plain = " ".join(str(text).split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|!" else char for char in plain if char.isprintable())
