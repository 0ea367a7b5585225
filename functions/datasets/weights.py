"""How much each class counts in the loss."""

import numpy as np
from numpy.typing import NDArray

from functions.datasets.arrays import Arrays
from functions.datasets.definition import Definition
from functions.datasets.splits import Splits
from functions.documents.wording import shown
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest


def class_weights(arrays: Arrays, splits: Splits, definition: Definition) -> NDArray[np.float64] | None:
    """Give the weight of each class, in the order of ``arrays.classes``; None where the definition has none.

    ``balanced`` is N / (classes x count), counted in the training part, so that every class weighs the same in all.

    Raises:
        Rejected: A weight is of no class, a class has none, or one to be balanced has no row in the training part.
    """
    wanted, numbers = definition.class_weights, arrays.class_numbers
    if wanted is None or numbers is None:
        return None
    classes = arrays.classes
    if wanted == "balanced":
        counts = np.bincount(numbers[splits.train], minlength=len(classes))
        if not counts.all():
            raise Rejected(
                f"class {shown(classes[int(np.argmin(counts))])} has no row to train on, so it cannot be balanced",
                hint="write split: {stratify: true}, or weights of your own",
            )
        return len(splits.train) / (len(classes) * counts)
    for name in wanted:
        if name not in classes:
            raise Rejected(f"class_weights has {shown(name)}, which is not a class{nearest(name, classes)}")
    for name in classes:
        if name not in wanted:
            raise Rejected(f"class_weights has no weight for class {shown(name)}", hint="give every class a weight")
    return np.array([wanted[name] for name in classes])
