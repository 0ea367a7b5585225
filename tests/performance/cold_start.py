"""``cold-start``: from the start of a function's process to its first result, step by step, against a plain script."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from functions.vision.descriptors import CENTERFACE
from functions.vision.detectors import installed
from local.cli.demo.pictures import make_pictures
from tests.performance.figures import ratio, show_table

RUNS = 7
PICTURE = "grace_hopper"
STEPS = ("python", "runtime", "imports", "model", "first", "second")
SCRIPT = """
import sys, json, time
import cv2, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])
ready = [1000 * (time.monotonic() - float(sys.argv[1])), 1000 * time.process_time()]
pixels = cv2.imread(sys.argv[3])
taken = session.get_inputs()[0]
planes = cv2.dnn.blobFromImage(pixels, size=(taken.shape[3], taken.shape[2]), swapRB=True)
session.run(None, {taken.name: numpy.repeat(planes, taken.shape[0], axis=0)})
cv2.imwrite(sys.argv[4] + "/script.png", pixels)
first = [1000 * (time.monotonic() - float(sys.argv[1])), 1000 * time.process_time()]
print(json.dumps({"model": ready, "first": first}))
"""


def cold_start() -> dict[str, object]:
    """Measure blur-faces and mask-detect, and a script that opens the same model and runs it once on few pixels."""
    with tempfile.TemporaryDirectory(prefix="noria-bench-") as folder:
        pictures = make_pictures(Path(folder) / "pictures")
        [picture] = [each for each in pictures if each.stem == PICTURE]
        output = Path(folder) / "blurred"
        output.mkdir()
        blur = _measured(["-m", "tests.performance.first_result"], "blur-faces", picture, output)
        mask = _measured(
            ["-m", "tests.performance.first_result"], "mask-detect", output / f"{picture.name}.blurred.png", output
        )
        script = _measured(["-c", SCRIPT], str(installed()), picture, output)
    rows = [("blur-faces", *_cells(blur)), ("mask-detect", *_cells(mask))]
    titles = [f"{step} ms" for step in STEPS]
    show_table("from a process's start, on the clock (medians)", ["", *titles, "CPU to model", "CPU to first"], rows)
    slower = ratio(blur["model"][1], script["model"][1])
    show_table(
        f"a script of ten lines with {CENTERFACE.file}, without tiles, boxes or blur",
        ["", "model ms", "first ms", "CPU to model ms", "CPU blur-faces / script"],
        [("script", script["model"][0], script["first"][0], script["model"][1], slower)],
    )
    return {"blur-faces": blur, "mask-detect": mask, "script": script}


def _measured(start: Sequence[str], what: str, picture: Path, output: Path) -> dict[str, tuple[float, float]]:
    """Give for each step the medians of milliseconds since the start and of CPU, of several processes."""
    taken: list[Mapping[str, tuple[float, float]]] = []
    for _ in range(RUNS):
        command = [sys.executable, *start, str(time.monotonic()), what, str(picture), str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken.append(json.loads(done.stdout.splitlines()[-1]))
    return {step: (median(each[step][0] for each in taken), median(each[step][1] for each in taken))
            for step in taken[0]}  # fmt: skip


def _cells(steps: Mapping[str, tuple[float, float]]) -> list[float]:
    return [*(steps[step][0] for step in STEPS), steps["model"][1], steps["first"][1]]
