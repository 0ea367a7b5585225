"""Settings of run-script. What is run is no setting: it is the ``script`` of the service's own FDL."""

from pydantic import Field, FilePath

from functions.runtime import Settings


class RunScript(Settings):
    """Set from the environment as ``RUN_SCRIPT_LOG_LINES``; the first three are what the service's FDL says."""

    file: FilePath = Field(description="The script; a worker gives that of its service's FDL.")
    service: str = Field(default="run-script", description="Name of the service.")
    resource: str = Field(default="", description="What the worker runs on; the machine's name if nobody says.")
    log_lines: int = Field(default=200, ge=0, le=100_000, description="Lines of one run's output that are logged.")
