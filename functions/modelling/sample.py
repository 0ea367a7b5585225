"""What a model is fitted to: the inputs of one component on one resource, and the seconds that were measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from functions.modelling.graph import Numbers
from functions.modelling.table import digest

Rows = npt.NDArray[np.bool_] | npt.NDArray[np.intp]


@dataclass(frozen=True)
class FunctionTimes:
    """Places of the columns of a function as a service, see functions.placement.faas; ``unit`` is seconds of one."""

    warm: int
    cold: int
    load: int | None = None
    idle: int | None = None
    unit: float = 1.0


@dataclass(frozen=True)
class Sample:
    """Rows of one model.

    Attributes:
        names: Of the columns of ``x``.
        x: (N, columns), as they stand in the table; a column of words has the place of each among ``words``.
        y: (N,) seconds, all positive.
        words: Column -> its words, for those that have such.
        scale: Places of columns that count what the work is spread over: cores, threads, nodes.
        beyond: Places of columns that a prediction may have to go beyond: those of ``scale``, the load, sizes.
        function: Where the table has the service times of a function as a service.
        busy: (N,) seconds of a server that a request took without its wait, where that was measured.
    """

    names: tuple[str, ...]
    x: Numbers
    y: Numbers
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scale: tuple[int, ...] = ()
    beyond: tuple[int, ...] = ()
    function: FunctionTimes | None = None
    busy: Numbers | None = None

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, which: Rows) -> "Sample":
        """Give some of the rows."""
        busy = None if self.busy is None else self.busy[which]
        return replace(self, x=self.x[which], y=self.y[which], busy=busy)

    def is_word(self, place: int) -> bool:
        """Tell whether a column has words."""
        return self.names[place] in self.words

    def groups(self) -> npt.NDArray[np.intp]:
        """Give each row's configuration, (N,): rows with equal inputs are measurements of the same."""
        return np.unique(self.x, axis=0, return_inverse=True)[1].ravel()

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digest(self.names, self.x, self.y)
