"""Numbers on the command line that can be counted with."""

import math

import click


class Finite(click.FloatRange):
    """A number in a range: ``nan`` lies in every range, and infinity in those without an end."""

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Give the number; one that is none is wrong usage."""
        number = float(super().convert(value, param, ctx))  # type: ignore[arg-type] # click's own type is too narrow
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number to count with.", param, ctx)
        return number
