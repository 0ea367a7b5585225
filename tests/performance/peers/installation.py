"""faas-supervisor in a virtual environment of its own, made when it is missing."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[3] / ".venv-peer"
COMMANDS = (
    # Newer ones refuse 1.5.8 for the missing comma in its metadata, and would install 1.5.2, which does not start.
    ("pip==23.2.1", "setuptools<80"),
    ("--no-deps", "faas-supervisor==1.5.8"),
    ("webdavclient3", "requests", "boto3", "pyyaml"),
)


class NotInstalledError(RuntimeError):
    """The peer cannot be installed here."""


def python() -> Path:
    """Give the interpreter that has faas-supervisor; the first time this takes a minute.

    Raises:
        NotInstalledError: With the end of what pip said.
    """
    found = FOLDER / "bin" / "python"
    if not _works(found):
        _run([sys.executable, "-m", "venv", "--clear", str(FOLDER)])
        for packages in COMMANDS:
            _run([str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        if not _works(found):
            raise NotInstalledError("faas-supervisor is installed but does not start")
    return found


def _works(interpreter: Path) -> bool:
    command = [str(interpreter), "-c", "import faassupervisor.supervisor"]
    return interpreter.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError((done.stderr or done.stdout).strip()[-300:])
