"""Numbers as platforms' files have them: whole ones without a point, none in powers of ten."""

from decimal import Decimal


def written(number: float) -> str:
    """The number with as many digits as it has: ``2048``, ``0.9``, ``1500.5``."""
    return f"{Decimal(repr(whole(number))):f}"


def whole(number: float) -> float:
    """An integer where the number is one."""
    return int(number) if number == int(number) else number
