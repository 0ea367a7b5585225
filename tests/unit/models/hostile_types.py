"""Files whose type alone refuses them: pickles, formats of old, and what is no model."""

import io
import pickle

import numpy as np

from tests.unit.models.hostile import Ordinary, Runs, hostile, packed


@hostile("E_HDF5", suffix=".h5")
def keras_of_old(ordinary: Ordinary) -> bytes:
    return ordinary.members("mlp.keras")["model.weights.h5"]


@hostile("E_PICKLE", suffix=".pt")
def torch_archive(_: Ordinary) -> bytes:
    return packed({"archive/data.pkl": pickle.dumps(Runs()), "archive/version": b"3"})


@hostile("E_PICKLE", suffix=".pth")
def torch_pickle(_: Ordinary) -> bytes:
    return pickle.dumps(Runs(), protocol=2)


@hostile("E_PICKLE", suffix=".bin")
def hub_weights(_: Ordinary) -> bytes:
    return packed({"pytorch_model/data.pkl": pickle.dumps(Runs())})


@hostile("E_PICKLE", suffix=".pkl")
def plain_pickle(_: Ordinary) -> bytes:
    return pickle.dumps(Runs(), protocol=0)


@hostile("E_PICKLE", suffix=".joblib")
def joblib_pickle(_: Ordinary) -> bytes:
    return b"\x78\x9c" + pickle.dumps(Runs())


@hostile("E_PICKLE", suffix=".onnx")
def pickle_named_onnx(_: Ordinary) -> bytes:
    return pickle.dumps(Runs())


@hostile("E_SAVED_MODEL", suffix=".zip")
def saved_model(_: Ordinary) -> bytes:
    return packed({"saved_model.pb": b"\x08\x01", "variables/variables.index": b""})


@hostile("E_NUMPY", suffix=".npy")
def array_of_objects(_: Ordinary) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Runs()], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@hostile("E_NUMPY", suffix=".npz")
def arrays_of_numbers(_: Ordinary) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros(3))
    return buffer.getvalue()


@hostile("E_TYPE", suffix=".exe")
def program(_: Ordinary) -> bytes:
    return b"MZ" + b"\0" * 60


@hostile("E_TYPE", suffix=".onnx")
def archive_named_onnx(ordinary: Ordinary) -> bytes:
    return ordinary.read("mlp.keras")


@hostile("E_MEMBERS", suffix=".pt2")
def keras_named_pt2(ordinary: Ordinary) -> bytes:
    return ordinary.read("mlp.keras")
