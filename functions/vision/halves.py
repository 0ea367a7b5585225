"""A face model in two halves: the first one sees the views of a picture, the second one finds faces in what that saw.

Together they give the very numbers that the whole gives, if the cut is not inside of what onnxruntime does in one step:
a convolution with the normalisation and the activation behind it. The cuts named here are behind such steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from functions.models.facts import Shape
from functions.partitioning.cuts import cuts, smallest
from functions.partitioning.joining import joined
from functions.partitioning.network import from_bytes, with_shapes
from functions.partitioning.parts import halves
from functions.runtime.errors import Rejected
from functions.runtime.settings import nearest
from functions.vision import graphs
from functions.vision.descriptors import ModelDescriptor
from functions.vision.detectors import FaceFinder, ModelUnavailableError, known, shown
from functions.vision.faces import Found
from functions.vision.inference import Tensor, fed
from functions.vision.looks import Look
from functions.vision.pictures import Picture
from functions.vision.sessions import checked, opened

CUTS: Mapping[str, str] = {"centerface": "387", "rfb-640": "268"}
"""Model -> the tensor that goes on. RFB-640's smallest is 266, as large as 268, but inside of such a step."""


@dataclass(frozen=True)
class Halved:
    """A model that is cut.

    Attributes:
        detector: What is known of the whole.
        tensor: What goes from one half to the other.
        first: The first half as an ONNX file; ``second`` likewise.
    """

    detector: ModelDescriptor
    tensor: str
    first: bytes
    second: bytes

    def shape(self, pixels: tuple[int, ...]) -> Shape:
        """Give the sizes of what goes on of an input of these sizes; None for one that is not known."""
        return _shape(self.first, self.detector.input.name, self.tensor, pixels)


@dataclass(frozen=True)
class FirstHalf:
    """Sees."""

    halved: Halved
    session: onnxruntime.InferenceSession

    def seen(self, picture: Picture, look: Look) -> Iterator[Tensor]:
        """Give what the half gives for each view of a picture, in the order of the views."""
        wanted = self.halved.detector.input
        for view in shown(self.halved.detector, picture, look):
            pixels, _ = fed(wanted, view.colours)
            yield self.session.run([self.halved.tensor], {wanted.name: pixels})[0]


@dataclass(frozen=True)
class SecondHalf:
    """Finds."""

    halved: Halved
    session: onnxruntime.InferenceSession

    @property
    def whole(self) -> FaceFinder:
        """Give the finder that this is the end of, to describe it."""
        return FaceFinder(self.halved.detector, self.session)

    def find(self, picture: Picture, look: Look, seen: Sequence[Tensor]) -> list[Found]:
        """Find faces in what the first half saw in the same picture with the same look.

        Raises:
            Rejected: It saw something else.
        """
        left = iter(seen)
        found = FaceFinder(self.halved.detector, _Continued(self, left)).find(picture, look)
        if next(left, None) is not None:
            raise Rejected("the first half saw more views of the picture than it has", hint=_HINT)
        return found


class _Continued:
    """Stands for the whole model where its first half has run already, on the same views in the same order."""

    def __init__(self, half: SecondHalf, seen: Iterator[Tensor]) -> None:
        self._half = half
        self._seen = seen

    def run(self, outputs: list[str], pixels: Mapping[str, Tensor]) -> list[Tensor]:
        tensor = next(self._seen, None)
        if tensor is None:
            raise Rejected("the first half saw fewer views of the picture than it has", hint=_HINT)
        (shown,) = pixels.values()
        wanted = self._half.halved.shape(shown.shape)
        # A head of another version may show other views; a face would then be blurred where it is not.
        fits = len(tensor.shape) == len(wanted) and all(
            one in (other, None) for one, other in zip(wanted, tensor.shape, strict=True)
        )
        if tensor.dtype != np.float32 or not fits:
            said = f"{tensor.dtype} {tensor.shape}, and {wanted} is expected"
            raise Rejected(f"the first half gave a tensor of {said}", hint=_HINT)
        return list(self._half.session.run(outputs, {self._half.halved.tensor: tensor}))


_HINT = "let both halves have the same model and cut"


def halved(name: str, *, file: Path | None = None, descriptor: Path | None = None, cut: str | None = None) -> Halved:
    """Cut a model that is known by name, or the one that a descriptor describes.

    Args:
        name: Of one of ours, where there is no descriptor.
        file: Overrides where its model is looked for.
        descriptor: A file as ``functions.vision.descriptor_files`` reads it.
        cut: The tensor that goes on; by default one that is known to be exact, or the smallest that should be.

    Raises:
        ModelUnavailableError: No file, one with another digest, or no such cut in it.
    """
    detector, path = _located(name, file, descriptor)
    network = from_bytes(graphs.loadable(checked(path, detector.sha256), detector.dims), name=detector.name)
    found = cuts(network)
    inside = joined(network)
    usual = [each.tensor for each in smallest(found) if each.tensor not in inside]
    tensor = cut or (CUTS[name] if descriptor is None else next(iter(usual), ""))
    if tensor not in (names := [each.tensor for each in found]):
        raise ModelUnavailableError(
            f"{detector.name} cannot be cut at {tensor!r}{nearest(tensor, names)}", hint="noria partition tells where"
        )
    first, second = halves(network, tensor)
    return Halved(detector, tensor, first.SerializeToString(), second.SerializeToString())


def first_half(whole: Halved, *, threads: int) -> FirstHalf:
    """Open the first half."""
    return FirstHalf(whole, opened(whole.first, threads=threads))


def second_half(whole: Halved, *, threads: int) -> SecondHalf:
    """Open the second half."""
    return SecondHalf(whole, opened(whole.second, threads=threads))


@lru_cache(maxsize=256)
def _shape(first: bytes, name: str, tensor: str, pixels: tuple[int, ...]) -> Shape:
    return with_shapes(from_bytes(first, name="the first half"), {name: pixels}).fact(tensor).shape or ()


def _located(name: str, file: Path | None, descriptor: Path | None) -> tuple[ModelDescriptor, Path]:
    if descriptor is None:
        return known(name, file=file)
    from functions.vision import descriptor_files  # and with it all that inspects strangers' models

    return descriptor_files.located(descriptor, file=file)
