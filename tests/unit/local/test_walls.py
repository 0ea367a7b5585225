"""Which walls a plane's handlers have is said, and who has others by its FDL."""

import pytest

import fdl
from functions.runtime.kernel import ending
from functions.sandbox.walls import ended_by
from local.walls import told
from tests.pipelines import pipeline


def services(*isolations: str) -> list[fdl.Service]:
    texts = [
        pipeline(f"copy-{number}", f"a/{number}", f"b/{number}", **({"NORIA_ISOLATION": each} if each else {}))
        for number, each in enumerate(isolations)
    ]
    return [service for text in texts for service in fdl.loads(text).services]


def test_a_service_with_walls_of_its_own_is_named() -> None:
    said = told(services("", "none", "container"), "container")

    assert said == [
        "each handler runs in a container of its function's image",
        "copy-1 has others, by its FDL: none",
    ]


@pytest.mark.parametrize(
    ("code", "number", "said"),
    [
        (0, 0, "exit code 0"),
        (7, 0, "exit code 7"),
        (137, 9, "SIGKILL"),
        (-11, 11, "SIGSEGV"),
        (128 + 40, 40, "signal 40"),
        (255, 0, "exit code 255"),
    ],
)
def test_how_a_handler_ended_is_told_by_its_code_whatever_it_is(code: int, number: int, said: str) -> None:
    assert ended_by(code) == number
    assert ending(-number or code, oom=False) == said
