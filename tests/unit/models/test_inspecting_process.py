import json
import subprocess
import sys

from tests.models_corpus import ROOT
from tests.unit.models.conftest import Facts
from tests.unit.models.hostile import Ordinary

FRAMEWORKS = {"tensorflow", "keras", "torch", "onnx", "onnxruntime", "h5py", "safetensors", "google", "numpy"}
SCRIPT = """
import json, sys
from pathlib import Path
before = set(sys.modules)
from functions.models.inspection import inspect
forms = [inspect(Path(each)).form for each in sys.argv[1:]]
print(json.dumps([sorted(set(forms)), sorted({each.partition(".")[0] for each in set(sys.modules) - before})]))
"""


def test_no_framework_is_imported_to_inspect_a_model(ordinary: Ordinary, facts: Facts) -> None:
    files = [str(ordinary.folder / name) for name in facts]

    done = subprocess.run([sys.executable, "-c", SCRIPT, *files], cwd=ROOT, capture_output=True, text=True, check=True)

    forms, modules = json.loads(done.stdout)
    assert forms == ["keras", "onnx", "pt2", "safetensors"]
    assert "functions" in modules
    assert not set(modules) & FRAMEWORKS
