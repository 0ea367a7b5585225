"""What the documents promise is tested: every row of their tables names tests, and those exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
TABLES = [
    ("docs/complaints.md", "# What people complain about"),
    ("README.md", "## What happens when things fail"),
    ("docs/training.md", "## Hostile uploads"),
]


def rows(document: str, heading: str) -> list[str]:
    """Give the rows of the first table below a heading, without its head."""
    _, _, below = (ROOT / document).read_text().partition(f"{heading}")
    table = re.search(r"^\|.*\n\| ---.*\n((?:\|.*\n)+)", below, re.MULTILINE)
    assert table, f"{document} has no table below {heading!r}"
    return table[1].splitlines()


@cache
def defined_in(file: str) -> frozenset[str]:
    """Name the tests that a file defines."""
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


@pytest.mark.parametrize(("document", "heading"), TABLES)
def test_every_row_names_a_test_that_exists(document: str, heading: str) -> None:
    named = {row: TEST.findall(row) for row in rows(document, heading)}

    assert [row for row, tests in named.items() if not tests] == []
    assert [f"{file}::{name}" for tests in named.values() for file, name in tests if name not in defined_in(file)] == []


def test_the_complaints_are_all_there() -> None:
    numbers = [row.split("|")[1].strip() for row in rows(*TABLES[0])]

    assert numbers == [str(number) for number in range(1, 26)]
