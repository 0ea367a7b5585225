"""One function's process from its start to its second result: ``python -m tests.performance.first_result ...``.

Imports what a handler's process imports, loads the function, opens its model, and runs it twice on a picture; prints
milliseconds since the start of the process after each step, and the CPU time.
"""

import json
import sys
import time
from pathlib import Path

BEGAN = float(sys.argv[1])


def since_start() -> tuple[float, float]:
    """Give milliseconds on the clock since the process was asked for, and of CPU."""
    return 1000 * (time.monotonic() - BEGAN), 1000 * time.process_time()


def main(name: str, picture: Path, output: Path) -> None:
    """Take the steps of ``functions.runtime.child`` and of ``functions.runtime.runner``."""
    steps = {"python": since_start()}
    import functions.runtime.child  # noqa: F401 - what is measured
    from functions.runtime.context import Context
    from functions.runtime.function import load
    from functions.runtime.local_desk import LocalDesk, local_event

    steps["runtime"] = since_start()
    function = load(name)
    settings = function.settings.from_environment(function.name, {})
    steps["imports"] = since_start()
    if function.warm:
        function.warm(settings)
    steps["model"] = since_start()
    for step in ("first", "second"):
        function(local_event(picture), Context(settings=settings, folder=output, desk=LocalDesk(picture)))
        steps[step] = since_start()
    sys.stdout.write(json.dumps(steps) + "\n")


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
