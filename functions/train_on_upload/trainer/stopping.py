"""When a training ends before its last epoch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from functions.datasets.recipe import EarlyStopping


@dataclass
class Stopping:
    """Follows one number from epoch to epoch; ``best`` is its best value so far, at ``best_epoch``.

    Without a rule it follows ``val_loss``, or ``loss`` where nothing is validated, and never ends the training.
    """

    monitor: str
    wants_more: bool = False
    rule: EarlyStopping | None = None
    best: float | None = None
    best_epoch: int = 0

    @classmethod
    def of(cls, rule: EarlyStopping | None, *, validated: bool) -> "Stopping":
        """Follow what the definition asks for."""
        if rule is None:
            return cls("val_loss" if validated else "loss")
        return cls(rule.monitor, rule.wants_more, rule)

    @property
    def restores(self) -> bool:
        """Whether the weights of the best epoch are the ones to keep."""
        return self.rule is not None and self.rule.restore_best

    def see(self, epoch: int, numbers: Mapping[str, float | None]) -> bool:
        """Take an epoch's numbers; tells whether it is the best so far."""
        value = numbers.get(self.monitor)
        if value is None or not math.isfinite(value) or not self._is_better(value):
            return False
        self.best, self.best_epoch = value, epoch
        return True

    def is_over(self, epoch: int) -> bool:
        """Tell whether the rule ends the training after this epoch."""
        return self.rule is not None and epoch - self.best_epoch >= self.rule.patience

    def _is_better(self, value: float) -> bool:
        if self.best is None:
            return True
        gain = value - self.best if self.wants_more else self.best - value
        return gain > (self.rule.min_delta if self.rule else 0)
