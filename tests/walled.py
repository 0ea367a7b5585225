"""A handler that tries what a hostile one would, and writes down what came of each attempt."""

import ctypes
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from events import ObjectCreated
from functions.runtime import Context, Settings, function
from functions.sandbox.limits import Limits
from functions.sandbox.walls import Job, choose

Given = Mapping[str, Any]


class Probe(Settings):
    """``PROBE_MODEL_FILE`` names a file that it may read; nothing else does."""

    model_file: Path | None = None
    model_descriptor: Path | None = None
    token: str = ""


def read(given: Given) -> str:
    return Path(given["path"]).read_text()


def list_folder(given: Given) -> str:
    return " ".join(sorted(path.name for path in Path(given["path"]).iterdir()))


def write(given: Given) -> str:
    return str(Path(given["path"]).write_text("x"))


def tcp(given: Given) -> str:
    with socket.create_connection(("127.0.0.1", given["port"]), 2):
        return "connected"


def udp(given: Given) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return str(one.sendto(b"x", ("127.0.0.1", given["port"])))


def unix(given: Given) -> str:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(given["path"])
    return "connected"


def datagram(given: Given) -> str:
    """Send to a daemon's socket without a socket of its own kind being made."""
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return str(one.sendto(b"x", given["path"]))


def printed_to(_: Given) -> str:
    """Say what it prints to: a file could be opened anew, and read and cut."""
    return "a pipe" if all(stat.S_ISFIFO(os.fstat(each).st_mode) for each in (1, 2)) else "something else"


def signal_process(given: Given) -> str:
    os.kill(given["pid"], 0)
    return "signalled"


def limit_another(given: Given) -> str:
    import resource

    return str(resource.prlimit(given["pid"], resource.RLIMIT_NOFILE, (64, 64)))


def pin_another(given: Given) -> str:
    os.sched_setaffinity(given["pid"], {0})
    return "pinned"


def slow_another(given: Given) -> str:
    os.setpriority(os.PRIO_PROCESS, given["pid"], 19)
    return "slowed"


def rule_the_kernel(_: Given) -> str:
    with Path("/proc/sys/kernel/core_pattern").open("r+") as file:
        return file.mode


def trace(given: Given) -> str:
    if ctypes.CDLL(None, use_errno=True).ptrace(16, given["pid"], 0, 0):
        raise OSError(ctypes.get_errno(), "ptrace")
    return "attached"


def limit_of(given: Given) -> str:
    import resource

    return str(resource.getrlimit(getattr(resource, given["name"]))[0])


def start_a_program(_: Given) -> str:
    done = subprocess.run([sys.executable, "-c", "print('hello')"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def variable(given: Given) -> str:
    return os.environ[given["name"]]


def eat_memory(given: Given) -> str:
    return str(len([bytearray(b"x") * 2**20 for _ in range(given["mib"])]))


def plant(_: Given) -> str:
    """Leave something that a Python of the next handler would run at its start, if it looked at home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = Path.home() / ".local" / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (site / "planted.pth").write_text("import os; os.environ['PLANTED'] = 'yes'\n")
    (site / "usercustomize.py").write_text("import os; os.environ['PLANTED'] = 'yes'\n")
    return "planted"


def planted(_: Given) -> str:
    line = "import os; print(os.environ.get('PLANTED', 'no'))"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    return f"here {os.environ.get('PLANTED', 'no')}, below {done.stdout.strip()}"


def start_many(given: Given) -> str:
    """Fork and stay, again and again."""
    for _ in range(given["count"]):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    time.sleep(600)
    return "all of them"


def leave_an_orphan(given: Given) -> str:
    """Leave a process behind in a session of its own, whose parent is gone."""
    stays = [sys.executable, "-c", "import sys, time; time.sleep(float(sys.argv[1]))", str(given["seconds"])]
    leaves = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
    subprocess.run([sys.executable, "-c", leaves, *stays], check=True, stdout=subprocess.DEVNULL)
    return "left"


def hidden_memory(_: Given) -> str:
    return str(os.memfd_create("hidden"))


def sandbox_of_its_own(_: Given) -> str:
    """Run a program in a sandbox within the walls, as trainings, videos and models are."""
    sandbox = choose("auto")
    line = "import socket; print('ran'); socket.socket()"
    job = Job([sys.executable, "-I", "-S", "-c", line], [], [], Limits(), {}, Path("/"))
    process = sandbox.start(job, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, errors = process.communicate(timeout=60)
    return f"{said.decode().strip()} {errors.decode().strip().splitlines()[-1]}"


def multiprocess(_: Given) -> str:
    import multiprocessing

    return str(multiprocessing.get_context("fork").Lock() is not None)


ATTEMPTS: dict[str, Callable[[Given], str]] = {
    each.__name__: each
    for each in (
        *(read, list_folder, write, tcp, udp, unix, datagram, printed_to, signal_process, trace, limit_of),
        *(limit_another, pin_another, slow_another, rule_the_kernel),
        *(variable, eat_memory, plant, planted),
        *(start_a_program, start_many, leave_an_orphan, hidden_memory, sandbox_of_its_own, multiprocess),
    )
}


def have_kept(given: Given, ctx: Context[Probe]) -> str:
    """Have the host keep a file, and read what it has kept."""
    ctx.checkpoint(Path(given["path"]))
    kept = ctx.checkpointed()
    return kept.read_text() if kept else "nothing"


def have_published(given: Given, ctx: Context[Probe]) -> str:
    """Let the folder of outputs be a link to another one when the host looks."""
    ctx.folder.rename(ctx.folder.with_name("aside"))
    ctx.folder.symlink_to(given["path"])
    return "linked"


def have_written(given: Given, ctx: Context[Probe]) -> str:
    """Have the host write what was kept where a link points to."""
    (ctx.folder.parent / "mine").write_text("x")
    ctx.checkpoint(ctx.folder.parent / "mine")
    for folder in (ctx.fetch(given["event"]).parent, ctx.folder.parent):
        with suppress(OSError):
            (folder / "checkpoint").symlink_to(given["path"])
    return str(ctx.checkpointed())


BY_THE_HOST: dict[str, Callable[[Given, Context[Probe]], str]] = {
    each.__name__: each for each in (have_kept, have_published, have_written)
}


@function(settings=Probe)
def probe(event: ObjectCreated, ctx: Context[Probe]) -> None:
    """Write ``<name>.came``: for each attempt of the JSON that was uploaded what it gave, or why it was refused."""
    came = {}
    for name, given in json.loads(ctx.fetch(event).read_bytes()).items():
        what = given.get("what", name)
        try:
            if what in BY_THE_HOST:
                came[name] = f"done: {BY_THE_HOST[what]({**given, 'event': event}, ctx)}"
            else:
                came[name] = f"done: {ATTEMPTS[what](given)}"
        except (OSError, RuntimeError, subprocess.SubprocessError, ValueError) as error:
            came[name] = f"refused: {type(error).__name__} {error}"
    with suppress(OSError):
        ctx.log.info("probed", extra={"attempts": len(came)})
    if not ctx.folder.is_symlink():
        ctx.output(f"{event.name}.came").write_text(json.dumps(came))


@function(settings=Probe, network=True)
def networked(event: ObjectCreated, ctx: Context[Probe]) -> None:
    """Do the same, with the network."""
    probe(event, ctx)
