"""Columns of a table: whether they are the declared ones, and memory for them that grows as rows come."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.datasets.definition import Definition
from functions.datasets.limits import Limits
from functions.documents.wording import meant, shown
from functions.runtime.errors import Rejected

_MOST = 20


def check_names(names: Sequence[str], definition: Definition) -> list[int]:
    """Give where each feature of the definition, and then the label, stands among ``names``.

    Raises:
        Rejected: Columns are missing, not declared, or there twice.
    """
    declared = definition.columns
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise Rejected(f"column {shown(twice[0])} is there twice", hint="give every column a name of its own")
    known = set(names)
    missing = [name for name in declared if name not in known]
    strange = [name for name in names if name not in declared]
    if len(missing) == len(declared) and all(_is_number(name) for name in names):
        raise Rejected("its first row has numbers, not the columns' names", hint="put a header above the rows")
    pairs = {name: meant(name, strange[:_MOST]) for name in missing[:_MOST]}
    problems = [
        f"column {shown(name)} is missing" + (f"; is it {shown(near)}?" if near else "") for name, near in pairs.items()
    ]
    problems += [f"column {shown(name)} is not declared" for name in strange[:_MOST] if name not in pairs.values()]
    if max(len(missing), len(strange)) > _MOST:
        problems.append(f"in all {len(missing):,} are missing and {len(strange):,} not declared")
    if problems:
        raise Rejected("; ".join(problems), hint="declare every column of the data, and no other")
    places = {name: place for place, name in enumerate(names)}
    return [places[name] for name in (*definition.features, definition.label)]


class Growing:
    """A (rows, width) array to which rows are added; its memory grows in steps, without a second copy."""

    def __init__(self, width: int, kind: type[np.generic], limits: Limits) -> None:
        self.rows = 0
        self._width = width
        self._limits = limits
        self._array: NDArray[Any] = np.empty((0, width), kind)
        self.part = self._array

    def grow(self, count: int) -> None:
        """Make room for ``count`` more rows, which ``part`` then is.

        Raises:
            Rejected: That is more than the limits allow.
        """
        start, self.rows = self.rows, self.rows + count
        check_size(self.rows, self._width, self._limits)
        if self.rows > len(self._array):
            del self.part
            self._array.resize((max(self.rows, len(self._array) * 3 // 2), self._width), refcheck=False)
        self.part = self._array[start : self.rows]

    def whole(self) -> NDArray[Any]:
        """Give all rows; nothing can be added any more."""
        del self.part
        self._array.resize((self.rows, self._width), refcheck=False)
        return self._array


def check_size(rows: int, width: int, limits: Limits) -> None:
    """Refuse more samples or numbers than the limits allow.

    Raises:
        Rejected: There are more.
    """
    if rows > limits.rows:
        raise Rejected(f"it has more than {limits.rows:,} rows, the limit", hint="upload a part of the data")
    if rows * width > limits.values:
        raise Rejected(
            f"{rows:,} samples of {width:,} numbers are more than the limit of {limits.values:,} numbers",
            hint="upload a part of the data, or smaller samples",
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
