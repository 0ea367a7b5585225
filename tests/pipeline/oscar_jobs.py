"""Jobs as a cluster of OSCAR has them: a script in a process, between what faas-supervisor 1.5.8 does and logs.

The supervisor's own quirks are kept: it does not look at a script's exit status, and takes files by their names alone.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KILLED = 137
"""What a shell ends with when its container is ended with it, for want of memory."""


@dataclass
class OscarJob:
    """One job: its state as OSCAR lists it, and its log with the moment of each line."""

    name: str
    service: dict[str, Any]
    bucket: str
    key: str
    status: str = "Pending"
    times: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def state(self) -> dict[str, str]:
        """The job as ``GET /system/logs/<service>`` has it: moments in whole seconds."""
        return {"status": self.status, **self.times}

    def log(self, *, timestamps: bool) -> bytes:
        """What ``GET /system/logs/<service>/<job>`` answers."""
        return "".join(f"{moment} {line}\n" if timestamps else f"{line}\n" for moment, line in self.lines).encode()

    def run(self, own: "S3Client", others: "dict[str, S3Client]") -> None:
        """Be a pod: read the object, run the script, write what it gives."""
        self.times["creation_time"] = self.times["start_time"] = _seconds()
        self.status = "Running"
        folder = Path(tempfile.mkdtemp())
        try:
            ended = self._supervise(folder, own, others)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.times["finish_time"] = _seconds()
        self.status = "Succeeded" if ended else "Failed"

    def _supervise(self, folder: Path, own: "S3Client", others: "dict[str, S3Client]") -> bool:
        given, made = folder / "in", folder / "out"
        given.mkdir()
        made.mkdir()
        self._say("Reading storage configuration")
        self._say("SUPERVISOR: Initializing Binary supervisor")
        self._say(f"Downloading item from bucket '{self.bucket}' with key '{self.key}'")
        file = given / self.key.rpartition("/")[2]
        own.download_file(self.bucket, self.key, str(file))
        self._say(f"Successful download of file '{self.key}' from bucket '{self.bucket}' in path '{file}'")
        self._say(f"INPUT_FILE_PATH variable set to '{file}'")
        self._say("Script file found in '/oscar/config/script.sh'")
        code, printed = self._script(folder, file, made)
        if code == KILLED:
            return False
        self._say(f"Searching for files to upload in folder '{made}'")
        for output in self.service["output"]:
            self._upload(made, output, own, others)
        self._say("Creating response")
        for line in printed.splitlines():
            self.lines.append((_nanoseconds(), line))
        return True

    def _script(self, folder: Path, file: Path, made: Path) -> tuple[int, str]:
        script = folder / "script.sh"
        script.write_text(self.service["script"])
        event = {"Records": [{"eventSource": "minio:s3", "s3": {"object": {"key": self.key}}}]}
        environment = {
            "PATH": os.environ["PATH"],
            "INPUT_FILE_PATH": str(file),
            "TMP_OUTPUT_DIR": str(made),
            "EVENT": json.dumps(event),
            "JOB_UUID": self.name,
            **(self.service.get("environment") or {}).get("Variables", {}),
        }
        pipe, joined = subprocess.PIPE, subprocess.STDOUT
        self.process = subprocess.Popen(
            ["/bin/sh", str(script)], env=environment, cwd=folder, stdout=pipe, stderr=joined, text=True
        )
        printed, _ = self.process.communicate()
        return self.process.returncode, printed

    def _upload(self, made: Path, output: dict[str, Any], own: "S3Client", others: "dict[str, S3Client]") -> None:
        provider, path = output["storage_provider"], output["path"]
        self._say(f"Checking files for uploading to '{provider}' on path: '{path}'")
        bucket, _, prefix = path.partition("/")
        client = own if provider == "minio.default" else others[provider.partition(".")[2]]
        for file in sorted(each for each in made.rglob("*") if each.is_file()):
            name = str(file.relative_to(made))
            suffixes = output.get("suffix") or [""]
            if name.endswith(tuple(suffixes)):
                key = f"{prefix}/{name}" if prefix else name
                self._say(f"Uploading file '{key}' to bucket '{bucket}'")
                client.upload_file(str(file), bucket, key)

    def _say(self, message: str) -> None:
        clock = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
        self.lines.append((_nanoseconds(), f"{clock} - supervisor - INFO - {message}"))


def _seconds() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _nanoseconds() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
