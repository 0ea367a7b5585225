"""What a command in a sandbox may use, as limits that the kernel keeps (getrlimit(2))."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """0 stands for no limit.

    ``memory``: bytes of private writable memory (``RLIMIT_DATA``); shared and file memory is for the caller to watch.
    ``file_size``: bytes of one file. ``files``: open ones. ``cpu_seconds``: of all threads together.
    ``processes``: of the user, all together; in a user namespace only those in it; the kernel does not limit root.
    """

    memory: int = 0
    file_size: int = 0
    files: int = 256
    cpu_seconds: int = 0
    processes: int = 0

    def apply(self) -> None:
        """Limit this process, and what it becomes; core dumps are off."""
        wanted = {
            resource.RLIMIT_DATA: self.memory,
            resource.RLIMIT_FSIZE: self.file_size,
            resource.RLIMIT_NOFILE: self.files,
            resource.RLIMIT_CPU: self.cpu_seconds,
            resource.RLIMIT_NPROC: self.processes,
        }
        for kind, value in wanted.items():
            most = resource.getrlimit(kind)[1]
            if value:
                value = value if most == resource.RLIM_INFINITY else min(value, most)
                resource.setrlimit(kind, (value, value))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
