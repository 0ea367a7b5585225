"""Small functions that tests and benchmarks run in place of the real ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from events import ObjectCreated
from functions.runtime import Context, Rejected, Settings, TryAgain, function
from functions.runtime.asking import AskingDesk
from functions.runtime.errors import InputVanishedError
from functions.runtime.runs import StoredObject


class Copy(Settings):
    """How the copy behaves, from its FDL's environment."""

    seconds: float = 0


@function(settings=Copy)
def copy(event: ObjectCreated, ctx: Context[Copy]) -> None:
    """Write ``<name>.copy``, the input's content; what the content says can make it misbehave."""
    content = ctx.fetch(event).read_bytes()
    time.sleep(ctx.settings.seconds)
    if content in MISBEHAVIOURS:
        MISBEHAVIOURS[content](ctx)
    ctx.metric("bytes", len(content))
    ctx.output(f"{event.name}.copy").write_bytes(content)


def reject(_: Context[Copy]) -> None:
    raise Rejected("the content says reject", hint="upload something else")


def try_again(_: Context[Copy]) -> None:
    raise TryAgain("the content says try again", delay=0.05)


def fail(_: Context[Copy]) -> None:
    raise RuntimeError("nobody foresaw this")


def tell_the_secret(ctx: Context[Copy]) -> None:
    ctx.log.warning("the secret is %s", os.environ["TOKEN"])
    subprocess.run(["sh", "-c", "echo printed: $TOKEN >&2"], check=False)
    raise RuntimeError(os.environ["TOKEN"])


def eat_memory(_: Context[Copy]) -> None:
    """Take a GiB and keep it: a host that stands still must not cost the machine all that it has."""
    eaten: list[bytes] = []
    while len(eaten) < 64:
        eaten.append(b"x" * 2**24)
        time.sleep(0.005)
    time.sleep(3600)


def ask_for_ever(ctx: Context[Copy]) -> None:
    while True:
        ctx.progress(steps=1)


def tell_nonsense(ctx: Context[Copy]) -> None:
    """End the run as its process would, but without a number."""
    desk = ctx.desk
    assert isinstance(desk, AskingDesk)
    desk.channel.send({"frame": "done"})
    time.sleep(60)


def trickle(ctx: Context[Copy]) -> None:
    """Begin to say something, and never come to its end."""
    desk = ctx.desk
    assert isinstance(desk, AskingDesk)
    while True:
        desk.channel._socket.sendall(b"x")
        time.sleep(0.02)


def have_others_work(ctx: Context[Copy]) -> None:
    """Let a process use 0.6 s of CPU, and kill it once the host says that it has looked since."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER], start_new_session=True, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    worker.stdout.readline()
    while ctx.sibling(".looked") is None:
        time.sleep(0.3)
    worker.kill()


def need(ctx: Context[Copy]) -> None:
    ctx.read(StoredObject(bucket="inbox", key="gone", etag="1"))


def like(ctx: Context[Copy]) -> None:
    with suppress(InputVanishedError):
        need(ctx)


WORKER = """\
import time
held = b'x' * 2**26
while time.process_time() < 0.6: pass
print('done', flush=True)
time.sleep(60)
"""
EATER = "import time; eaten = b'x' * 2**29; time.sleep(60)"
MISBEHAVIOURS: dict[bytes, Callable[[Context[Copy]], object]] = {
    b"reject": reject,
    b"need what is gone": need,
    b"like what is gone": like,
    b"try again": try_again,
    b"raise": fail,
    b"exit": lambda _: os._exit(7),
    b"segfault": lambda _: os.kill(os.getpid(), signal.SIGSEGV),
    b"hang": lambda _: time.sleep(3600),
    b"ask for ever": ask_for_ever,
    b"trickle": trickle,
    b"tell nonsense": tell_nonsense,
    b"exit 255": lambda _: os._exit(255),
    b"eat memory": eat_memory,
    b"child eats memory": lambda _: subprocess.run([sys.executable, "-c", EATER], check=False),
    b"orphan works": have_others_work,
    b"tell the secret": tell_the_secret,
    b"nan": lambda ctx: ctx.metric("mean", float("nan")),
    b"link": lambda ctx: ctx.output("environment.copy").symlink_to("/proc/self/environ"),
    b"sibling": lambda ctx: ctx.sibling(".faces.json"),
    b"pair": lambda ctx: ctx.output("another.copy").write_bytes(b"first"),
}
