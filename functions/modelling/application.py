"""Models of all that a campaign has measured, written to where ``optimize`` looks for an application's."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.continuum.application import NAMES, PLACES, Application
from functions.continuum.data_sizes import DataSizes, read_data_sizes, write_data_sizes
from functions.continuum.performance_models import full_name
from functions.continuum.run_parameters import read_run_parameters
from functions.modelling.campaign import BUSY, TARGET, Measurements, measurements, tables_in
from functions.modelling.card import Card
from functions.modelling.choosing import Purpose
from functions.modelling.fitting import Fitted, fit
from functions.modelling.publishing import MODELS, SUMMARY, entry_of, models_text, summary_text, write_model
from functions.modelling.requests import Request
from functions.runtime.errors import Rejected

SIZES = NAMES["data_sizes"]
FOLDER = "models"


@dataclass(frozen=True)
class Destination:
    """Where models go: ``models`` and ``sizes`` are folders below ``base``, empty for itself.

    Attributes:
        base: Of an application, or a folder for the models alone.
        application: Whose they are.
        table: Folder of ``performance_models.json``, below ``base``.
    """

    base: Path
    table: str = ""
    models: str = ""
    sizes: str = ""
    application: Application | None = None

    @classmethod
    def of(cls, folder: Path) -> "Destination":
        """Give where an application's models belong: AI-SPRINT's tree has folders for them, else all lies flat.

        Raises:
            Rejected: Its files cannot be used.
        """
        application = Application.read(folder)
        is_tree = (folder / "common_config").is_dir()

        def place(part: str) -> str:
            file = application.files.get(part)
            told = file.relative_to(folder) if file else Path(PLACES[part][0] if is_tree else NAMES[part])
            return told.parent.as_posix()

        table = place("performance_models")
        models = f"{table}/{FOLDER}" if table != "." else ""
        return cls(folder, table, models, place("data_sizes"), application)


@dataclass
class Made:
    """What came of a campaign.

    Attributes:
        cards: Of the learnt models.
        notes: What a person should know, a sentence each.
    """

    cards: list[Card] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def campaign_of(folder: Path) -> Path:
    """Give the tables of an application's campaign, the one that its run_parameters.yaml names.

    Raises:
        Rejected: There are none.
    """
    for place in (folder / "oscarp" / "run_parameters.yaml", folder / "run_parameters.yaml"):
        if place.is_file():
            name = read_run_parameters(place).run.campaign_dir
            tables = next(filter(None, (tables_in(each / name) for each in (folder / "oscarp", folder))), None)
            if tables is None:
                raise Rejected(f"{folder} has no tables of a campaign {name}", hint=f"noria profile {folder}")
            return tables
    raise Rejected(f"{folder} has neither tables of noria profile nor a run_parameters.yaml that names a campaign",
                   hint="give a table, the folder of a campaign, or an application's")  # fmt: skip


def publish_campaign(
    tables: Path,
    to: Destination,
    place: Callable[[str], Path],
    *,
    purpose: Purpose = "both",
    progress: Callable[[str], object] = lambda _: None,
) -> Made:
    """Fit a model for each component and resource of a campaign, and write all files.

    Args:
        place: Gives where a file, named from ``to.base``, is to be written.
        progress: Is told what is fitted.

    Raises:
        Rejected: The tables cannot be used.
    """
    made, stems = Made(), set[str]()
    entries = _known(to.application)
    for each in _wanted(measurements(tables), to.application, made):
        subject = each.subject
        progress(subject.stem)
        if subject.stem in stems:
            said = f"two models would be called {subject.stem}"
            raise Rejected(said, hint="give components and resources plainer names")
        stems.add(subject.stem)
        made.notes.extend(each.notes)
        fitted = _fitted(each, purpose)
        if fitted is None:
            told = _queue(each, to.application, made)
        else:
            write_model(fitted, lambda name: place(_below(to.models, name)))
            made.cards.append(fitted.card)
            told = _entry(fitted, each.demand, to)
        entries.setdefault(subject.component, {}).setdefault(subject.partition, {})[subject.resource] = told
    if not stems:
        said = f"{tables} has measured nothing that the application may place"
        raise Rejected(said, hint="see its candidate_deployments.yaml, and the components and resources in jobs.csv")
    place(_below(to.table, MODELS)).write_text(models_text(entries))
    place(_below(to.models, SUMMARY)).write_text(summary_text(made.cards))
    _write_sizes(tables.parent / SIZES, to, place)
    return made


def _fitted(given: Measurements, purpose: Purpose) -> Fitted | None:
    if given.table is None:
        return None
    subject = given.subject
    request = Request(
        target=TARGET,
        use=given.inputs,
        busy=BUSY,
        purpose=purpose,
        component=subject.component,
        partition=subject.partition,
        resource=subject.resource,
    )
    return next(iter(fit(given.table, request)))


def _entry(fitted: Fitted, demand: float, to: Destination) -> dict[str, Any]:
    entry = entry_of(fitted)
    if to.models and "regressor_file" in entry:
        entry["regressor_file"] = f"{FOLDER}/{entry['regressor_file']}"
    return {**entry, "demand": demand}


def _queue(given: Measurements, application: Application | None, made: Made) -> dict[str, Any]:
    """Give the queue that stands for a model where there are too few runs for one, with the measured demand."""
    name = f"{given.subject.partition} on {given.subject.resource}"
    made.notes.append(f"{name} has too few runs for a learnt model, and is a queue of {given.demand:.4g} s a request")
    layers = application.resources.layers.values() if application else ()
    physical = any(getattr(each, "physical", False) for each in layers if given.subject.resource in _names(each))
    return {"model": "QTedge" if physical else "QTcloud", "demand": given.demand}


def _names(layer: Any) -> Iterable[str]:  # noqa: ANN401 - layers of nodes and of functions
    return [each.name for each in layer.resources.values()]


def _wanted(found: Iterable[Measurements], application: Application | None, made: Made) -> Iterator[Measurements]:
    """Give what the application may place, and say what it may not."""
    for each in found:
        entry = application.deployments.find(each.subject.partition) if application else None
        if application is None or (entry is not None and each.subject.resource in entry.candidates):
            yield each
        elif entry is not None:
            made.notes.append(
                f"{each.subject.partition} may not run on {each.subject.resource}, and has no model there"
            )


def _known(application: Application | None) -> dict[str, dict[str, dict[str, Any]]]:
    """Give what the application's file says by now, which stays where nothing was measured."""
    if application is None or application.performance_models is None:
        return {}
    plain: Mapping[str, Any] = application.performance_models.plain()
    return {name: {full_name(name, part): dict(each) for part, each in parts.items()} for name, parts in plain.items()}


def _write_sizes(measured: Path, to: Destination, place: Callable[[str], Path]) -> None:
    """Write how much components send into the application, what was not measured as it was."""
    if to.application is None or not measured.is_file():
        return
    new = {name: size for name, size in read_data_sizes(measured).root.items() if _is_known(name, to.application)}
    old = to.application.data_sizes.root if to.application.data_sizes else {}
    place(_below(to.sizes, SIZES)).write_text(write_data_sizes(DataSizes({**old, **new})))


def _is_known(name: str, application: Application) -> bool:
    return application.deployments.find(name) is not None


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder not in ("", ".") else name
