"""Ordinary models, spoiled at random and inspected; in a process of its own, with little memory and little time.

``python -m tests.unit.models.mutations FOLDER SEED COUNT`` prints how many were accepted and how many refused by what.
"""

import json
import random
import resource
import signal
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from functions.models.inspection import ModelRefused, inspect
from tests.unit.models.hostile import packed

MEMORY = 512 << 20
SECONDS = 5
SMALL = 100_000
BYTES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f", b"[", b"{", b'"')
VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 3.5, 1 << 31, 1 << 70, 1e300, "", "x", "../x", "__lambda__", [], {}, [[]], [None, 5],
    {"class_name": "Lambda", "config": {}}, [[[[[[1]]]]]], "softmax", [-1, -1, -1], [None], {"as_int": -5},
)  # fmt: skip


def spoiled(content: bytes, draw: random.Random) -> bytes:
    """Give bytes with a few of them changed, added, doubled or gone."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 5))):
        place = draw.randrange(max(len(data), 1))
        match draw.randrange(6):
            case 0:
                data[place : place + 1] = bytes([draw.randrange(256)])
            case 1:
                inserted = draw.choice(BYTES)
                data[place : place + len(inserted)] = inserted
            case 2:
                data[place:place] = data[draw.randrange(max(len(data), 1)) :][: draw.randrange(64)]
            case 3:
                del data[place : place + draw.randrange(1, 64)]
            case 4:
                del data[place:]
            case _:
                data[place : place + 1] = bytes(each ^ (1 << draw.randrange(8)) for each in data[place : place + 1])
    return bytes(data)


def spoiled_json(text: bytes, draw: random.Random) -> bytes:
    """Give JSON with some values replaced by others, of their own kind or not."""
    try:
        value = json.loads(text)
    except ValueError:
        return spoiled(text, draw)
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        items = (
            list(each.items()) if isinstance(each, dict) else list(enumerate(each)) if isinstance(each, list) else []
        )
        places += [(each, key) for key, _ in items]
        waiting += [inner for _, inner in items]
    for holder, key in draw.sample(places, min(len(places), draw.choice((1, 1, 2, 6)))):
        if draw.random() < 0.15 and isinstance(holder, dict):
            holder.pop(key, None)
        elif draw.random() < 0.2:
            other, name = draw.choice(places)
            holder[key] = other[name] if name in other or isinstance(other, list) else None
        else:
            holder[key] = draw.choice(VALUES)
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return text[: draw.randrange(len(text))]


def mutant(content: bytes, draw: random.Random) -> bytes:
    """Give the file spoiled: as a whole, or one member of it with the archive made right again."""
    if content[:2] == b"PK" and draw.random() < 0.85:
        with zipfile.ZipFile(io(content)) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
        name = draw.choice([each for each in parts if each.endswith((".json", ".h5"))] or list(parts))
        parts[name] = (spoiled_json if name.endswith(".json") and draw.random() < 0.7 else spoiled)(parts[name], draw)
        return packed(parts)
    if content[8:9] == b"{" and draw.random() < 0.7:
        size = int.from_bytes(content[:8], "little")
        header = spoiled_json(content[8 : 8 + size], draw)
        return len(header).to_bytes(8, "little") + header + content[8 + size :]
    return spoiled(content, draw)


def io(content: bytes) -> Any:
    """Give bytes as a file."""
    from io import BytesIO

    return BytesIO(content)


def main(folder: Path, seed: int, count: int) -> None:
    """Inspect ``count`` mutants; anything but facts or a refusal ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    names = sorted(each for each in folder.iterdir() if each.stat().st_size < SMALL and each.suffix != ".json")
    contents = {each.name: each.read_bytes() for each in names}
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        for number in range(seed, seed + count):
            draw = random.Random(number)
            name = draw.choice(sorted(contents))
            path = Path(place) / name
            path.write_bytes(mutant(contents[name], draw))
            sys.stderr.write(f"{number} {name}\n")
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # seconds of the processor; SIGPROF ends the process
            try:
                inspect(path)
                seen["accepted"] += 1
            except ModelRefused as error:
                seen[error.code] += 1
            signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
