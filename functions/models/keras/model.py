"""A ``.keras`` file: an archive of exactly three members whose configuration and weights say the same."""

import re

from functions.models import hdf5
from functions.models.archive import Member, members
from functions.models.facts import Inspected, ModelLimits, ModelRefused
from functions.models.hdf5 import Dataset
from functions.models.json_text import parse
from functions.models.keras.networks import Network
from functions.models.keras.objects import Configuration
from functions.models.source import Window

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
VERSION = re.compile(r"3\.\d{1,3}\.\d{1,3}[A-Za-z0-9.+]{0,20}\Z")
APART = ("optimizer", "metrics", "loss_tracker", "_loss_tracker", "compile_metrics", "_compile_metrics")
"""Groups beside the layers, whose numbers training makes anew."""
SEED = ("uint32", (2,))
"""What a generator of random numbers keeps; versions of Keras differ in whether they save it."""


def inspect_keras(file: Window, limits: ModelLimits) -> Inspected:
    """Give what a ``.keras`` file is.

    Raises:
        ModelRefused: It has other members, a class or key that is not allowed, or weights for another model.
    """
    found = members(file, limits)
    strange = sorted(set(found) - {CONFIG, METADATA, WEIGHTS})
    missing = sorted({CONFIG, METADATA, WEIGHTS} - set(found))
    if strange or missing:
        what = f"has {strange[0]!a} in it" if strange else f"has no {missing[0]}"
        raise ModelRefused(
            "E_MEMBERS", f"the archive {what}", where=file.name,
            hint=f"a .keras file has {CONFIG}, {METADATA} and {WEIGHTS} alone; save it with model.save('model.keras')",
        )  # fmt: skip
    version = _version(found[METADATA], limits)
    config = parse(found[CONFIG].bytes(limits.max_json), CONFIG, limits)
    configuration = Configuration(limits)
    configuration.check(config, f"{CONFIG} $", "model")
    assert isinstance(config, dict)
    network = Network(limits)
    inputs, outputs = network.model(config, None, f"{CONFIG} $")
    weights = hdf5.datasets(found[WEIGHTS].window(), limits)
    _same_size(network.parameters, weights)
    return Inspected(
        form="keras",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        layers=tuple(network.facts),
        parameters=network.parameters,
        bytes=file.size,
        details={
            "keras_version": version,
            "compiled": "yes" if config.get("compile_config") else "no",
            "optimizer_state": str(sum(each.count for each in weights if _apart(each))),
        },
        config=config,
    )


def _version(metadata: Member, limits: ModelLimits) -> str:
    value = parse(metadata.bytes(64 << 10), METADATA, limits)
    version = value.get("keras_version") if isinstance(value, dict) else None
    if not isinstance(value, dict) or set(value) - {"keras_version", "date_saved"} or not isinstance(version, str):
        raise ModelRefused("E_VALUE", "it does not say which Keras saved it, and when, alone", where=METADATA)
    if not VERSION.match(version):
        raise ModelRefused(
            "E_VERSION", f"it was saved by Keras {ascii(version)[:40]}, not by Keras 3", where=METADATA,
            hint="load it with the Keras that saved it and save it again with Keras 3",
        )  # fmt: skip
    return version


def _apart(weights: Dataset) -> bool:
    return weights.path.partition("/")[0] in APART


def _same_size(parameters: int, weights: tuple[Dataset, ...]) -> None:
    stored = sum(each.count for each in weights if not _apart(each) and (each.dtype, each.shape) != SEED)
    if stored != parameters:
        raise ModelRefused(
            "E_WEIGHTS_MISMATCH", f"the layers have {parameters} parameters and the file stores {stored}", where=WEIGHTS
        )
