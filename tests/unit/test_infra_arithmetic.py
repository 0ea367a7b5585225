"""The arithmetic of ``infra/README.md``."""

import re
from math import isclose
from pathlib import Path

README = Path(__file__).parents[2] / "infra/README.md"
UNITS = {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
NUMBER = r"(\d[\d,]*(?:\.\d+)?)(?: (B|KB|MB|GB|TB)\b)?"
SUM = re.compile(rf"{NUMBER} ([×/+]) {NUMBER} = {NUMBER}")
KNOBS = re.compile(r"NORIA_[A-Z_]+")


def value(number: str, unit: str | None) -> float:
    return float(number.replace(",", "")) * UNITS.get(unit or "", 1)


def test_every_sum_is_right_to_the_digits_that_are_shown() -> None:
    sums = SUM.findall(README.read_text())
    assert len(sums) > 20

    wrong = []
    for one, one_unit, sign, other, other_unit, result, result_unit in sums:
        left, right = value(one, one_unit), value(other, other_unit)
        found = {"×": left * right, "/": left / right if right else 0, "+": left + right}[sign]
        if not isclose(found, value(result, result_unit), rel_tol=0.01):
            wrong.append(f"{one} {sign} {other} is {found:g}, not {result}")
    assert not wrong


def test_every_knob_that_is_named_is_one_that_is_read() -> None:
    from functions.runtime.configuration import Configuration

    known = {f"NORIA_{name.upper()}" for name in Configuration.model_fields}

    assert set(KNOBS.findall(README.read_text())) <= known
