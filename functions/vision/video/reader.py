"""Videos as functions read them: frames come one at a time from a process in a sandbox, which is watched."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from functions.runtime.errors import Rejected, TryAgain
from functions.runtime.kernel import in_use
from functions.sandbox.ending import end
from functions.sandbox.enter import FAILED
from functions.sandbox.limits import Limits
from functions.sandbox.walls import CODE, Job, choose, ended_by
from functions.vision.pictures import Colours
from functions.vision.video import messages
from functions.vision.video.kinds import KINDS
from functions.vision.video.messages import MESSAGE, Bounds, Header
from functions.vision.video.settings import VideoLimits
from functions.vision.video.wholeness import missing

LOOK = 0.5
"""Seconds of silence after which the process is looked at."""
STALL = 60.0
"""Seconds of CPU that one frame may take to decode; a frame of 50 megapixels takes two."""
PIPE = 1 << 20
"""Bytes that the kernel keeps between the two processes: at its usual 64 KiB they wait for each other."""
ENVIRON = MappingProxyType({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"})


class DecoderLostError(TryAgain):
    """The decoding process ended without a word, and not because of the video; or what it says cannot be."""

    def __init__(self, sentence: str = "the decoding process said what cannot be understood") -> None:
        super().__init__(sentence)


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Attributes:
        index: Of all frames, from 0.
        time: When it is shown, in units of the header's ``time_base`` since the first frame.
        duration: For how long, likewise.
        colours: (height, width, 3) BGR; None where it was not wanted.
    """

    index: int
    time: int
    duration: int
    colours: Colours | None


@dataclass(frozen=True)
class Sound:
    """A piece of a video's sound: (samples, channels) 16-bit, from sample ``at`` on."""

    at: int
    samples: NDArray[np.int16]


@dataclass
class Video:
    """A video that is being decoded; the process that does it is not believed."""

    header: Header
    _listener: "_Listener"
    _bounds: Bounds
    _frames: int = 0
    _last: int = -1
    _heard: int = 0

    def parts(self) -> Iterator[Frame | Sound]:
        """Give frames and sound in the order of the file, once.

        Raises:
            Rejected: It is damaged, or has more of something than it may.
            DecoderLostError: The decoding process was lost, or does not keep its limits.
        """
        while True:
            kind, time, duration, size = self._listener.message()
            if kind == messages.END:
                return
            if kind == messages.SOUND and self.header.sound:
                yield self._sound(time, size, self.header.sound)
            elif kind == messages.FRAME or (kind == messages.SKIPPED and self._bounds.every):
                yield self._frame(time, duration, self._colours(size) if kind == messages.FRAME else None)
            else:
                raise self._listener.verdict(kind, size)

    def _frame(self, time: int, duration: int, colours: Colours | None) -> Frame:
        base, longest = self.header.time_base, self._bounds.seconds
        is_timely = self._last < time and float(time * base) <= longest and 0 < duration <= longest / base + 1
        if not is_timely or self._frames == self._bounds.frames:
            raise DecoderLostError("the decoding process does not keep its limits")
        self._frames, self._last = self._frames + 1, time
        return Frame(self._frames - 1, time, duration, colours)

    def _sound(self, at: int, size: int, form: tuple[int, int]) -> Sound:
        rate, channels = form
        samples, odd = divmod(size, 2 * channels)
        if odd or size > messages.SOUND_LIMIT or not self._heard <= at <= (self._bounds.seconds + 1) * rate + samples:
            raise DecoderLostError("the decoding process does not keep its limits")
        self._heard = at + samples
        return Sound(at, np.frombuffer(self._listener.text(size), np.int16).reshape(-1, channels))

    def frames(self) -> Iterator[Frame]:
        """Give the frames alone."""
        return (part for part in self.parts() if isinstance(part, Frame))

    def _colours(self, size: int) -> Colours:
        shape = (self.header.height, self.header.width, 3)
        if size != shape[0] * shape[1] * 3:
            raise DecoderLostError()
        colours = np.empty(shape, np.uint8)
        self._listener.fill(colours.data.cast("B"))
        return colours


@contextmanager
def opened(path: Path, form: str, limits: VideoLimits, bounds: Bounds) -> Iterator[Video]:
    """Decode a file while the block runs.

    Args:
        path: The file.
        form: What ``form_of`` says of it.
        limits: Sandbox and memory of the process.
        bounds: What is wanted.

    Raises:
        Rejected: It is no video that can be decoded, or has more of something than it may.
        NoSandboxError: This machine cannot make the sandbox that is asked for.
    """
    size = path.stat().st_size
    if size > limits.max_video_bytes:
        raise Rejected(
            f"the object has {size:,} bytes, more than the limit of {limits.max_video_bytes:,}",
            hint=f"upload a smaller file ({KINDS}), or raise the function's MAX_VIDEO_BYTES setting",
        )
    if short := missing(path, form):
        raise Rejected(f"the video is cut off, at least {short:,} bytes are missing at its end", hint="upload it again")
    with tempfile.TemporaryFile() as said:
        process = choose(limits.sandbox).start(_job(path, form, limits, bounds), stdout=subprocess.PIPE, stderr=said)
        try:
            listener = _Listener(process, said)
            yield Video(listener.header(bounds), listener, bounds)
        finally:
            end(process)
            if process.stdout:
                process.stdout.close()


def _job(path: Path, form: str, limits: VideoLimits, bounds: Bounds) -> Job:
    # FFmpeg takes what looks like a scheme in a name for one; an absolute path has none.
    path = path.resolve()
    module = "functions.vision.video.decoding"
    return Job(
        command=[sys.executable, "-P", "-m", module, str(path), form, json.dumps(asdict(bounds))],
        read=(path, CODE / "functions"),
        write=(),
        limits=Limits(
            memory=limits.decoder_memory, file_size=messages.TEXT_LIMIT, cpu_seconds=int(300 + 20 * bounds.seconds)
        ),
        environ={**ENVIRON, "PYTHONPATH": str(CODE)},
        folder=CODE / "functions",
    )


class _Listener:
    """Our end of the pipe."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        assert process.stdout is not None
        self._process, self._said = process, said
        self._pipe = process.stdout.fileno()
        with suppress(OSError):  # an ordinary user has only so many large ones
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, PIPE)
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self._cpu = 0.0

    def header(self, bounds: Bounds) -> Header:
        kind, _, _, size = self.message()
        if kind != messages.HEADER:
            raise self.verdict(kind, size)
        try:
            header = Header.from_json(self.text(size))
        except ValueError as error:
            raise DecoderLostError() from error
        if header.width * header.height > bounds.pixels:
            raise DecoderLostError("the decoding process does not keep its limits")
        return header

    def message(self) -> tuple[bytes, int, int, int]:
        """Wait for the next message; what follows it is still to be read."""
        head = bytearray(MESSAGE.size)
        self.fill(memoryview(head))
        kind, time, duration, size = MESSAGE.unpack(head)
        return kind, time, duration, size

    def text(self, size: int) -> bytes:
        if size > max(messages.TEXT_LIMIT, messages.SOUND_LIMIT):
            raise DecoderLostError()
        content = bytearray(size)
        self.fill(memoryview(content))
        return bytes(content)

    def fill(self, view: memoryview) -> None:
        """Read exactly as many bytes as there is room for."""
        while view:
            if not self._poll.poll(LOOK * 1000):
                self._check()
                continue
            count = os.readv(self._pipe, [view])
            if not count:
                raise self._lost()
            view = view[count:]
        self._cpu = 0.0

    def verdict(self, kind: bytes, size: int) -> Exception:
        """Read why the process gave up."""
        if kind not in (messages.REFUSAL, messages.LOST):
            return DecoderLostError()
        words = _words(self.text(size))
        if kind == messages.REFUSAL and len(words) == 2:
            return Rejected(words[0], hint=words[1])
        if kind == messages.LOST and len(words) == 1:
            return DecoderLostError(f"the video could not be decoded: {words[0]}")
        return DecoderLostError()

    def _check(self) -> None:
        """See that the process does not work on one frame for ever; what waits for the disk or the CPU is let be."""
        used = in_use(self._process.pid).cpu_seconds
        self._cpu = self._cpu or used
        if used - self._cpu > STALL:
            raise Rejected(
                f"the video's next frame is not decoded after {STALL:g} s of CPU", hint="save it as H.264 in MP4"
            )

    def _lost(self) -> Exception:
        code = self._process.wait()
        ended = ended_by(code)
        if ended == signal.SIGXCPU:
            return Rejected("the video takes more CPU to decode than a video may", hint="upload it in parts")
        if ended in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL):
            how = signal.Signals(ended).name
            return Rejected(f"decoding the video makes its decoder crash ({how})", hint="save it as H.264 in MP4")
        self._said.seek(0)
        lines = self._said.read(messages.TEXT_LIMIT).decode(errors="replace").strip().splitlines()
        last = f": {lines[-1][:300]}" if lines else ""
        begun = "could not start" if code == FAILED else f"ended early (exit code {code})"
        return DecoderLostError(f"the decoding process {begun}{last}")


def _words(text: bytes) -> list[str]:
    """Read a list of words; empty where it is none."""
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []
