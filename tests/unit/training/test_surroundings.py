"""A fingerprint of the surroundings differs if the bits of a training could, and only then."""

from typing import Any

import pytest

from functions.train_on_upload.surroundings import facts, fingerprint, variables, with_versions

HERE = facts(variables(threads=(1, 1), isa="AVX2"), threads=(1, 1), image="")


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "another"},
        {"cpu_flags_sha256": "0" * 64},
        {"python": "CPython 3.99"},
        {"image": "sha256:0"},
        {"intra_threads": 2},
        {"variables": {**HERE.variables, "ONEDNN_MAX_CPU_ISA": "SSE41"}},
    ],
)
def test_what_may_change_the_bits_changes_it(change: dict[str, Any]) -> None:
    assert fingerprint(HERE.model_copy(update=change)) != fingerprint(HERE)


@pytest.mark.parametrize("change", [{"kernel": "Linux 99"}, {"packages": ()}])
def test_what_does_not_leaves_it_as_it_is(change: dict[str, Any]) -> None:
    assert fingerprint(HERE.model_copy(update=change)) == fingerprint(HERE)


def test_versions_of_the_framework_are_part_of_it() -> None:
    old, new = (with_versions(fingerprint(HERE), {"keras": version, "numpy": "2"}) for version in ("3.14", "3.15"))

    assert old != new
    assert new == with_versions(fingerprint(HERE), {"numpy": "2", "keras": "3.15"})
