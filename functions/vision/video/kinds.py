"""Which files are videos, told by their first bytes; their names do not count."""

from pathlib import Path

from PIL import GifImagePlugin, Image

STILLS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
KINDS = "an MP4, MOV, MKV, WebM, AVI or GIF file"


def form_of(path: Path) -> str | None:
    """Give FFmpeg's name of a video file's container; None for what is no video, or a GIF that does not move."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] in ATOMS and start[8:12] not in STILLS:
        return "mov"
    if start.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "avi"
    return "gif" if start.startswith(b"GIF8") and _moves(path) else None


def _moves(path: Path) -> bool:
    try:
        with Image.open(path, formats=("GIF",)) as image:
            return isinstance(image, GifImagePlugin.GifImageFile) and image.is_animated
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError):
        return False  # reading it as a picture will say what is wrong
