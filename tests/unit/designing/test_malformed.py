"""Whatever a main.py has in it, a design ends in a design or in one sentence that names the file; nothing hangs."""

import time
from pathlib import Path
from random import Random

from functions.designing.design import design
from functions.runtime.errors import Rejected
from tests.unit.designing.samples import BLUR, CONFIGURATION, mask_application
from tests.unit.designing.test_part_code import EARLY

ROUNDS = 300
TOKENS = (
    "@", "(", ")", "[", "]", "{", "}", ":", ",", "=", "-", "*", "**", ".", "'", '"', "\n", "\\", "\t", "0", "1e999",
    "None", "lambda: 0", "main", "exec_time", "import", "from", "def", "class", "if", "\x00", "\ufeff", "\u202e",
    "(" * 300, "9" * 5000, "-" * 2000, "await x", "yield", "f'{x}'", "*a", "**b", "x := 1",
    "# coding: utf-16\n", "async ", "...",
)  # fmt: skip


def mutated(text: str, random: Random) -> str:
    for _ in range(random.randint(1, 3)):
        start = random.randrange(len(text))
        end = start + random.choice((0, 0, 1, 3, 20))
        text = text[:start] + random.choice((*TOKENS, "")) + text[end:]
    return text


def refusal(application: Path) -> Rejected | None:
    try:
        design(application)
    except Rejected as error:
        return error
    return None


def test_mutated_components_end_in_one_sentence(tmp_path: Path) -> None:
    random = Random(8)
    application = mask_application(tmp_path)
    script = application / "src/blurry-faces-onnx/main.py"
    refused, slowest = [], 0.0

    for _ in range(ROUNDS):
        script.write_text(mutated(random.choice((BLUR, EARLY)), random), encoding="utf-8", errors="replace")
        begun = time.process_time()
        error = refusal(application)
        slowest = max(slowest, time.process_time() - begun)
        refused += [error] if error else []

    assert ROUNDS / 4 < len(refused) < ROUNDS
    assert slowest < 2
    for error in refused:
        assert "\n" not in str(error)
        assert "blurry-faces-onnx" in str(error) or "application_dag.yaml" in str(error)
        assert error.hint


def test_mutated_configurations_end_in_one_sentence(tmp_path: Path) -> None:
    random = Random(9)
    application = mask_application(tmp_path)
    refused = []

    for _ in range(100):
        name, text = random.choice(sorted(CONFIGURATION.items()))
        (application / name).write_text(mutated(text, random), encoding="utf-8", errors="replace")
        error = refusal(application)
        refused += [error] if error else []
        (application / name).write_text(text)

    assert len(refused) > 25
    for error in refused:
        assert "\n" not in str(error)
        assert "yaml" in str(error) or "main.py" in str(error)
