"""Hostile weights inside a ``.keras`` file: links and storage that leave it, and shapes that nothing stands behind."""

import io
import struct
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tests.unit.models.hostile import WEIGHTS, Ordinary, hostile, packed

KERNEL = "layers/dense/vars/0"


def with_weights(ordinary: Ordinary, change: Callable[[Any], Any]) -> bytes:
    """Give the ordinary perceptron with its weights changed by h5py."""
    members = ordinary.members("mlp.keras")
    buffer = io.BytesIO(members[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        change(file)
    return packed({**members, WEIGHTS: buffer.getvalue()})


def replaced(ordinary: Ordinary, **settings: Any) -> bytes:
    """Give the perceptron whose first kernel is made anew with ``settings``."""

    def change(file: Any) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, **settings)

    return with_weights(ordinary, change)


@hostile("E_HDF5_LINK", WEIGHTS)
def external_link(ordinary: Ordinary) -> bytes:
    return with_weights(ordinary, lambda file: file.__setitem__("layers/x", h5py.ExternalLink("/etc/passwd", "/x")))


@hostile("E_HDF5_LINK", WEIGHTS)
def soft_link(ordinary: Ordinary) -> bytes:
    return with_weights(ordinary, lambda file: file.__setitem__("layers/x", h5py.SoftLink("/layers/dense")))


@hostile("E_HDF5_LINK", WEIGHTS)
def link_to_the_root(ordinary: Ordinary) -> bytes:
    return with_weights(ordinary, lambda file: file["layers"].__setitem__("x", file["/"]))


@hostile("E_HDF5_LINK", WEIGHTS)
def dataset_with_two_names(ordinary: Ordinary) -> bytes:
    return with_weights(ordinary, lambda file: file["layers"].__setitem__("x", file[KERNEL]))


@hostile("E_HDF5_EXTERNAL", WEIGHTS)
def external_storage(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, shape=(13, 16), dtype="f4", external=[("/etc/passwd", 0, 832)])


@hostile("E_HDF5_VIRTUAL", WEIGHTS)
def virtual_dataset(ordinary: Ordinary) -> bytes:
    layout = h5py.VirtualLayout(shape=(13, 16), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(13, 16))

    def change(file: Any) -> None:
        del file[KERNEL]
        file.create_virtual_dataset(KERNEL, layout)

    return with_weights(ordinary, change)


@hostile("E_TOO_LARGE", WEIGHTS)
def shape_of_a_trillion(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, shape=(10**6, 10**6), dtype="f4")


@hostile("E_HDF5_STORAGE", WEIGHTS)
def shape_that_is_not_stored(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, shape=(1300, 1600), dtype="f4")


@hostile("E_HDF5_STORAGE", WEIGHTS)
def chunks_that_are_not_stored(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, shape=(1300, 1600), dtype="f4", chunks=(130, 160), compression="gzip")


@hostile("E_WEIGHTS_MISMATCH", WEIGHTS)
def more_than_the_layers_have(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, data=np.zeros((130, 16), "f4"), chunks=(13, 16), compression="gzip", shuffle=True)


@hostile("E_BOMB", WEIGHTS)
def chunk_that_unpacks_to_more(ordinary: Ordinary) -> bytes:
    def change(file: Any) -> None:
        del file[KERNEL]
        made = file.create_dataset(KERNEL, shape=(13, 16), dtype="f4", chunks=(13, 16), compression="gzip")
        import zlib

        made.id.write_direct_chunk((0, 0), zlib.compress(b"\0" * (64 << 20), 9))

    return with_weights(ordinary, change)


@hostile("E_HDF5_FILTER", WEIGHTS)
def another_filter(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, data=np.zeros((13, 16), "f4"), chunks=(13, 16), compression="lzf")


@hostile("E_HDF5_TYPE", WEIGHTS)
def texts_for_numbers(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, data=[b"x" * 4] * 3)


@hostile("E_HDF5_TYPE", WEIGHTS)
def references_for_numbers(ordinary: Ordinary) -> bytes:
    return replaced(ordinary, shape=(13, 16), dtype=h5py.ref_dtype)


@hostile("E_HDF5_FORM", WEIGHTS)
def type_of_its_own(ordinary: Ordinary) -> bytes:
    return with_weights(ordinary, lambda file: file.__setitem__("layers/x", np.dtype("f4")))


@hostile("E_HDF5_FORM", WEIGHTS)
def newer_form(ordinary: Ordinary) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="latest") as file:
        file["layers/dense/vars/0"] = np.zeros((13, 16), "f4")
    return packed({**ordinary.members("mlp.keras"), WEIGHTS: buffer.getvalue()})


@hostile("E_DAMAGED", WEIGHTS)
def behind_a_user_block(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    return packed({**members, WEIGHTS: b"#!/bin/sh".ljust(512, b"\0") + members[WEIGHTS]})


@hostile("E_HDF5_STORAGE", WEIGHTS)
def two_datasets_on_the_same_bytes(ordinary: Ordinary) -> bytes:
    members = ordinary.members("mlp.keras")
    content = members[WEIGHTS]
    with h5py.File(io.BytesIO(content)) as file:
        one, two = (file[f"layers/{name}/vars/1"].id.get_offset() for name in ("dense", "dense_1"))
    return packed({**members, WEIGHTS: content.replace(struct.pack("<QQ", two, 4), struct.pack("<QQ", one, 4))})
