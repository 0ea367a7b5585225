"""What a hostile command would try; run in a sandbox, prints what came of each attempt as JSON.

Given: ``{"secret": file, "home": folder, "outside": folder, "inside": folder, "port": of a listener on loopback,
"pid": of a process outside, "only": names of attempts, all of them if empty}``.
"""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

GIVEN = json.loads(sys.argv[1])


def inherited() -> str:
    return " ".join(sorted(os.environ))


def descriptors() -> str:
    return " ".join(
        sorted((path.name for path in Path("/proc/self/fd").iterdir()), key=int)[:-1]
    )  # the last one is the listing's own


def read_secret() -> str:
    return Path(GIVEN["secret"]).read_text()


def list_home() -> str:
    return " ".join(path.name for path in Path(GIVEN["home"]).iterdir())


def list_processes() -> str:
    return str(sum(path.name.isdigit() for path in Path("/proc").iterdir()))


def write_outside() -> str:
    return str(Path(GIVEN["outside"], "new").write_text("x"))


def truncate_outside() -> str:
    os.truncate(GIVEN["secret"], 0)
    return "truncated"


def write_tmp() -> str:
    return str(Path("/tmp/from-the-sandbox").write_text("x"))


def write_devices() -> str:
    return str(Path("/dev/shm/from-the-sandbox").write_text("x"))


def write_what_may_be_read() -> str:
    return str(Path(GIVEN["readable"]).write_text("x"))


def mode_outside() -> str:
    Path(GIVEN["secret"]).chmod(0o777)
    return "changed"


def link_to_secret() -> str:
    Path(GIVEN["inside"], "link").symlink_to(GIVEN["secret"])
    return Path(GIVEN["inside"], "link").read_text()


def write_inside() -> str:
    return str(Path(GIVEN["inside"], "new").write_text("x"))


def read_inside() -> str:
    return Path(GIVEN["readable"]).read_text()


def tcp() -> str:
    with socket.create_connection(("127.0.0.1", GIVEN["port"]), 2) as one:
        return one.recv(10).decode()


def udp() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return str(one.sendto(b"x", ("127.0.0.1", GIVEN["port"])))


def unix_socket() -> str:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(GIVEN["socket"])
    return "connected"


def fork() -> str:
    if os.fork() == 0:
        os._exit(0)
    return "forked"


def signal_parent() -> str:
    os.kill(GIVEN["pid"], signal.SIGCONT)
    return "signalled"


def trace_parent() -> str:
    if ctypes.CDLL(None, use_errno=True).ptrace(16, GIVEN["pid"], 0, 0):
        raise OSError(ctypes.get_errno(), "ptrace")
    return "attached"


def environment_of_parent() -> str:
    return Path(f"/proc/{GIVEN['pid']}/environ").read_text()[:10]


def kernel_settings() -> str:
    with Path("/proc/sys/kernel/core_pattern").open("r+") as file:
        return file.mode


def outlive_parent() -> str:
    if ctypes.CDLL(None, use_errno=True).prctl(1, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    return "may live on"


def own_namespace() -> str:
    done = ctypes.CDLL(None, use_errno=True).unshare(0x10000000)
    if done:
        raise OSError(ctypes.get_errno(), "unshare")
    return "unshared"


def memory() -> str:
    kept = [bytearray(2**26) for _ in range(64)]
    return str(len(kept))


def mapped_file_memory() -> str:
    return str(os.memfd_create("hidden"))


def large_file() -> str:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Path(GIVEN["inside"], "large").open("wb") as out:
        return str(sum(out.write(bytes(2**20)) for _ in range(64)))


def raise_limit() -> str:
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return "raised"


def thread() -> str:
    done: list[str] = []
    one = threading.Thread(target=lambda: done.append("ran"))
    one.start()
    one.join()
    return done[0]


def private_mapping() -> str:
    with mmap.mmap(-1, 2**20) as pages:
        return str(len(pages))


ATTEMPTS: list[Callable[[], str]] = [
    value for name, value in list(vars().items()) if callable(value) and getattr(value, "__module__", "") == __name__
]

if __name__ == "__main__":
    came = {}
    for attempt in ATTEMPTS:
        if GIVEN["only"] and attempt.__name__ not in GIVEN["only"]:
            continue
        try:
            came[attempt.__name__] = f"done: {attempt()}"
        except (OSError, MemoryError, ValueError) as error:
            came[attempt.__name__] = f"refused: {type(error).__name__} {error}"
    sys.stdout.write(json.dumps(came))
