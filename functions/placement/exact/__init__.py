"""The cheapest placement, proven: a mixed-integer linear programme on HiGHS, checked by the exact evaluator."""

from functions.placement.exact.solving import solve

__all__ = ["solve"]
