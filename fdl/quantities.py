"""Amounts of memory and processor, as Kubernetes and AWS write them."""

import math
import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

# AWS gives a function one whole processor at this memory, and in proportion at others (Lambda developer guide,
# "Configure Lambda function memory").
_MEBIBYTES_A_CPU = 1769


def cpus(text: str) -> float:
    """Processors, of ``0.5``, ``500m`` or ``2``.

    Raises:
        ValueError: It is not a Kubernetes quantity, or not above zero.
    """
    return float(_amount(text))


def memory(text: str) -> int:
    """Bytes, of ``1Gi``, ``256Mi``, ``128974848`` or ``129e6``; a fraction of a byte counts as one.

    Raises:
        ValueError: It is not a Kubernetes quantity, or not above zero.
    """
    return math.ceil(_amount(text))


def lambda_cpus(megabytes: int) -> float:
    """Processors that AWS Lambda gives with this much memory."""
    return megabytes / _MEBIBYTES_A_CPU


def _amount(text: str) -> Decimal:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or len(text) > 40:
        raise ValueError("not an amount such as 500m, 1.5, 256Mi or 1Gi")
    number, suffix, exponent = found.groups()
    amount = Decimal(number) * _factor(suffix, exponent)
    if not 0 < amount < 2**63:
        raise ValueError("an amount must be above zero and below 8Ei")
    return amount


def _factor(suffix: str | None, exponent: str | None) -> Decimal:
    if suffix in _BINARY:
        return Decimal(1024) ** _BINARY[suffix]
    return Decimal(10) ** (_DECIMAL.get(suffix or "", 0) + int(exponent or 0))
