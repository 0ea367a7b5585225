"""Object headers: the messages that make an address in the file a group or a dataset (specification IV.A.1.a)."""

import struct
from dataclasses import dataclass

from functions.models.facts import ModelRefused
from functions.models.source import Window

UNDEFINED = 0xFFFFFFFFFFFFFFFF

NIL, DATASPACE, LINK_INFO, DATATYPE, FILL_OLD, FILL, LINK, EXTERNAL, LAYOUT = 0, 1, 2, 3, 4, 5, 6, 7, 8
GROUP_INFO, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, MODIFIED = 0x0A, 0x0B, 0x0C, 0x10, 0x11, 0x12
SHARED = 0x02
MAX_BLOCKS = 256


@dataclass(frozen=True)
class Message:
    """One message: its kind, and its bytes, which may end in padding."""

    kind: int
    body: bytes


def messages(file: Window, address: int) -> list[Message]:
    """Give the messages of the object at ``address``, without those that only hold the header together."""
    version, _, total, _, size = struct.unpack("<BBHLL", file.read(address, 12))
    if version != 1:
        raise form(file, "an object header of a newer form")
    blocks = [(address + 16, size)]
    found: list[Message] = []
    count = 0
    for start, length in blocks:  # grows while it is read
        if len(blocks) > MAX_BLOCKS:
            raise ModelRefused("E_DAMAGED", "an object header goes on without end", where=file.name)
        block = file.read(start, length)
        at = 0
        while at + 8 <= length:
            kind, body_size, flags = struct.unpack_from("<HHB", block, at)
            body = block[at + 8 : at + 8 + body_size]
            at += 8 + body_size
            count += 1
            if len(body) != body_size or flags & SHARED:
                raise form(file, "a message that lies elsewhere or outside its header")
            if kind == CONTINUATION:
                blocks.append(struct.unpack("<QQ", exactly(body, 16, file)))
            elif kind != NIL:
                found.append(Message(kind, body))
    if count != total:
        raise ModelRefused("E_DAMAGED", "an object header has not the messages that it says", where=file.name)
    return found


def one(found: list[Message], kind: int, file: Window) -> bytes:
    """Give the body of the only message of ``kind``."""
    bodies = [each.body for each in found if each.kind == kind]
    if len(bodies) != 1:
        raise ModelRefused("E_DAMAGED", f"an object has {len(bodies)} messages of kind {kind:#04x}", where=file.name)
    return bodies[0]


def exactly(body: bytes, size: int, file: Window) -> bytes:
    """Give the first ``size`` bytes of a message's body, which must have them."""
    if len(body) < size:
        raise ModelRefused("E_DAMAGED", "a message in it is too short", where=file.name)
    return body[:size]


def form(file: Window, what: str) -> ModelRefused:
    """Give the refusal for what default files do not have."""
    return ModelRefused(
        "E_HDF5_FORM",
        f"it has {what}, which weights saved by Keras do not have",
        where=file.name,
        hint="save the model again with model.save('model.keras')",
    )
