"""Why a video is not decoded, in one sentence each; for the process that decodes."""

import resource

import av.error

from functions.vision.video.messages import Bounds, RefusedError

FAILURES = (av.error.FFmpegError, ValueError, MemoryError, BlockingIOError)
"""What PyAV raises on data that is wrong; "try again" where FFmpeg found no memory for a frame."""
NO_MEMORY = (
    "decoding the video needs more memory than it may have",
    "upload a smaller video, or raise the function's DECODER_MEMORY setting and the memory of the FDL",
)


def refused(error: Exception, sentence: str) -> RefusedError:
    """Give the refusal for what PyAV raised: ``sentence``, or that memory was short."""
    if isinstance(error, MemoryError | BlockingIOError) or _is_short_of_memory():
        return RefusedError(*NO_MEMORY)
    return RefusedError(sentence, "upload the video again, or save it as H.264 in MP4 with an editor")


def check_pixels(width: int, height: int, bounds: Bounds) -> None:
    """See that a frame is not larger than it may be.

    Raises:
        RefusedError: It is.
    """
    if width * height > bounds.pixels:
        raise RefusedError(
            f"the video's frames have {width:,} x {height:,} pixels, "
            f"more than the limit of {bounds.pixels / 1e6:g} megapixels",
            "upload a smaller video, or raise the function's MAX_FRAME_MEGAPIXELS setting",
        )


def check_length(frames: int, seconds: float, bounds: Bounds) -> None:
    """See that a video has not had more frames, or lasted longer, than it may.

    Raises:
        RefusedError: It has.
    """
    if frames > bounds.frames:
        raise RefusedError(
            f"the video has more than {bounds.frames:,} frames",
            "upload it in parts, or raise the function's MAX_FRAMES setting",
        )
    if seconds > bounds.seconds:
        raise RefusedError(
            f"the video lasts longer than {bounds.seconds:g} s",
            "upload it in parts, or raise the function's MAX_SECONDS setting",
        )


def _is_short_of_memory() -> bool:
    """Guess whether memory is what failed: some of FFmpeg's decoders then say that the data is invalid."""
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return limit != resource.RLIM_INFINITY and peak > 0.7 * limit
