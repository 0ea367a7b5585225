"""Learnt models as placing asks them: opened when first asked, each number of nodes and load asked once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from functions.optimize.regressors import Subject, written_name
from functions.placement.behaviours import MOST_PREDICTED, NotLearntError
from functions.placement.system import Resource
from functions.runtime.errors import Rejected

if TYPE_CHECKING:
    from functions.modelling.predictor import FittedModel, Prediction

GROUP = "fit-performance"
"""The dependency group that installs what opens them."""


@dataclass(frozen=True)
class Learnt:
    """What functions.placement.behaviours.Predictor wants.

    Attributes:
        files: Of each partition on each resource.
        resources: Their cores and nodes are inputs of models.
        settings: Inputs that a deployment does not decide: name -> value.
    """

    files: Mapping[Subject, Path]
    resources: Mapping[str, Resource]
    settings: Mapping[str, float | str] = field(default_factory=dict)
    _opened: "dict[Path, FittedModel]" = field(default_factory=dict, repr=False)
    _tables: "dict[tuple[Subject, float], tuple[Prediction, ...]]" = field(default_factory=dict, repr=False)

    def __call__(self, component: str, partition: str, resource: str, *, nodes: int, load: float) -> float:
        """Predict the seconds of one request.

        Raises:
            NotLearntError: No file is there.
            ValueError: The model needs something that nobody says; the text ends a sentence.
            Rejected: The file cannot be used.
        """
        return self.predict((component, partition, resource), nodes=nodes, load=load).seconds

    def predict(self, subject: Subject, *, nodes: int, load: float) -> "Prediction":
        """Predict likewise, with bounds."""
        table = self.table(subject, load)
        return table[min(nodes, len(table)) - 1]

    def table(self, subject: Subject, load: float) -> "tuple[Prediction, ...]":
        """Give the predictions for 1, 2, 3... nodes of the resource, which cost little more than one."""
        if subject not in self.files:
            raise NotLearntError(subject)
        if (subject, load) not in self._tables:
            from functions.modelling.predictor import inputs_of

            model, resource = self.model(subject), self.resources[subject[2]]
            most = 1 if resource.kind == "faas" else min(resource.nodes, MOST_PREDICTED)
            least = min((each.least for each in model.card.inputs if each.role == "load"), default=load)
            rows = [  # less load than was measured makes no request slower
                inputs_of(model.card, nodes=count, load=max(load, least), cores=resource.cores, settings=self.settings)
                for count in range(1, most + 1)
            ]
            self._tables[subject, load] = model.predict_all(rows)
        return self._tables[subject, load]

    def model(self, subject: Subject) -> "FittedModel":
        """Open a model, once.

        Raises:
            Rejected: It cannot be used, or what opens it is not installed.
        """
        path = self.files[subject]
        if path not in self._opened:
            try:
                from functions.modelling.predictor import FittedModel

                self._opened[path] = FittedModel(path)
            except ModuleNotFoundError as error:
                said = f"{path.name} is a learnt model, and the package {error.name} that asks it is not installed"
                raise Rejected(said, hint=f"pip install --group {GROUP}") from None
        return self._opened[path]

    def most_load(self, subject: Subject) -> float:
        """Give the requests a second up to which a part was measured; infinite where no load is asked for."""
        if subject not in self.files:
            return inf
        return min((each.most for each in self.model(subject).card.inputs if each.role == "load"), default=inf)

    @cached_property
    def names(self) -> dict[Path, str]:
        """The files' names in what is written."""
        found: dict[Path, str] = {}
        for path in dict.fromkeys(self.files.values()):
            found[path] = written_name(path, found)
        return found

    @cached_property
    def digests(self) -> dict[Path, str]:
        """The files' SHA-256."""
        return {path: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in self.names}

    def borrowed(self) -> Iterator[str]:
        """Say which parts are predicted by a model that was fitted to another one."""
        for subject in self.files:
            card = self.model(subject).card
            fitted = (card.component, card.partition, card.resource)
            if fitted[:2] != subject[:2] or fitted[2] not in (subject[2], "any"):
                own, other = (f"{each[1]} on {each[2]}" for each in (subject, fitted))
                yield f"{own} is predicted by a model that was fitted to {other}"
