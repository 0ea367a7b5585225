"""Keras as a backend: an inspected ``.keras`` file becomes a model again, in this process that has nothing to lose."""

from collections.abc import Mapping
from importlib.metadata import version

import keras
import tensorflow as tf

from functions.runtime.errors import Rejected
from functions.train_on_upload.trainer.backend import Task
from functions.train_on_upload.trainer.backends.keras.trainable import KerasTrainable, in_a_line

_PACKAGES = ("keras", "tensorflow", "numpy", "h5py", "tf2onnx")


class KerasBackend:
    """``functions.train_on_upload.trainer.backend.Backend`` for ``.keras``."""

    name = "keras"

    def versions(self) -> Mapping[str, str]:
        """Give package -> version of Keras and what it computes and writes with."""
        return {package: version(package) for package in _PACKAGES}

    def load(self, task: Task) -> KerasTrainable:
        """Rebuild the model with its weights and try it on a few rows; operations are deterministic from here on.

        Raises:
            Rejected: Keras cannot build it, or it does not fit the definition.
        """
        set_threads(task.threads)
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(task.definition.seed)
        model = _loaded(task)
        if not model.trainable_variables:
            raise Rejected("the model has nothing that can be trained", hint="set trainable on a layer with weights")
        return KerasTrainable(model, task)


def set_threads(wanted: tuple[int, int]) -> None:
    """Set the counts of threads, which can be done once in a process, before TensorFlow computes anything."""
    threading = tf.config.threading
    now = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
    if now != wanted:
        threading.set_intra_op_parallelism_threads(wanted[0])
        threading.set_inter_op_parallelism_threads(wanted[1])


def _loaded(task: Task) -> keras.Model:
    """Load the file as Keras does, without anything that it was compiled with; it has been inspected before."""
    try:
        return keras.saving.load_model(task.model, compile=False, safe_mode=True)
    except Exception as error:  # the file passed inspection, so that it is the file and not us
        hint = f"save it again with Keras {version('keras')}"
        raise Rejected(f"Keras cannot load the model: {in_a_line(error)}", hint=hint) from error
