"""A descriptor at work: pixels to a model's input, its answers to boxes and scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.vision.descriptors import Boxes, Centres, ModelDescriptor, Pixels, Rows
from functions.vision.pictures import Colours

Tensor = NDArray[np.float32]
SURROUND = 127  # samples of a letterbox's bars: grey, in which nothing is found


class AnswerError(ValueError):
    """A model's answer is not of the form that its descriptor says; the text is the end of a sentence."""


@dataclass(frozen=True)
class Fit:
    """How a view was fitted into a model's input: ``input = view * scale + start``, in pixels, across and down."""

    scale: tuple[float, float]
    start: tuple[float, float]
    size: tuple[int, int]

    def back(self, boxes: Tensor) -> Tensor:
        """Move (N, 4) boxes from the input's pixels to the view's."""
        start, scale = (np.array([*pair] * 2, np.float32) for pair in (self.start, self.scale))
        return np.asarray((boxes - start) / scale, np.float32)


def fed(wanted: Pixels, colours: Colours) -> tuple[Tensor, Fit]:
    """Give the model's input for (height, width, 3) BGR, and how the pixels were fitted into it."""
    height, width = colours.shape[:2]
    fit = _fit(wanted, width, height)
    inner = (fit.size[0] - 2 * round(fit.start[0]), fit.size[1] - 2 * round(fit.start[1]))
    drawn = colours if inner == (width, height) else _resized(colours, inner)
    if inner != fit.size:
        across, down = round(fit.start[0]), round(fit.start[1])
        drawn = np.pad(drawn, ((down, down), (across, across), (0, 0)), constant_values=SURROUND)
    return _tensor(wanted, drawn), fit


def _resized(colours: Colours, size: tuple[int, int]) -> Colours:
    return np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _fit(wanted: Pixels, width: int, height: int) -> Fit:
    if wanted.width is None or wanted.height is None:
        across, down = (-(-side // wanted.multiple) * wanted.multiple for side in (width, height))
        return Fit((across / width, down / height), (0, 0), (across, down))
    if wanted.fit == "stretch":
        return Fit((wanted.width / width, wanted.height / height), (0, 0), (wanted.width, wanted.height))
    scale = min(wanted.width / width, wanted.height / height)
    # The bars left and right (and above and below) are equal, of whole pixels.
    bars = (int((wanted.width - scale * width) / 2), int((wanted.height - scale * height) / 2))
    inner = (wanted.width - 2 * bars[0], wanted.height - 2 * bars[1])
    return Fit((inner[0] / width, inner[1] / height), bars, (wanted.width, wanted.height))


def _tensor(wanted: Pixels, drawn: Colours) -> Tensor:
    """Give float32 planes; a plane at a time is four times as fast as all at once, whose samples lie scattered."""
    order = (2, 1, 0) if wanted.colours == "rgb" else (0, 1, 2)
    means = wanted.mean if isinstance(wanted.mean, tuple) else (wanted.mean,) * 3
    divisors = wanted.divisor if isinstance(wanted.divisor, tuple) else (wanted.divisor,) * 3
    planes = np.empty((1, 3, *drawn.shape[:2]), np.float32)
    for plane, colour, mean, divisor in zip(planes[0], order, means, divisors, strict=True):
        np.subtract(drawn[..., colour], np.float32(mean), out=plane)
        if divisor != 1:
            np.multiply(plane, np.float32(1 / divisor), out=plane)
    return planes if wanted.layout == "nchw" else np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def understood(model: ModelDescriptor, answers: Sequence[Tensor], fit: Fit, threshold: float) -> tuple[Tensor, Tensor]:
    """Give what a model's answers mean.

    Args:
        model: Its descriptor.
        answers: Its outputs, in the order of ``model.outputs``.
        fit: How the view was fitted into the input.
        threshold: Least score of a face.

    Returns:
        (N, 4) boxes in pixels of the view, and (N, C) scores of the classes without the background; unsuppressed.

    Raises:
        AnswerError: The answers are of other shapes than the descriptor says.
    """
    match model.output:
        case Centres():
            boxes, scores = _at_centres(model.output, answers, threshold)
        case Boxes():
            boxes, scores = _in_boxes(model.output, _flat(answers[0], 4), _flat(answers[1], None), fit, threshold)
        case Rows():
            rows = _flat(answers[0], None)
            start = 4 + model.output.objectness
            scores = rows[:, start:] * rows[:, 4:5] if model.output.objectness else rows[:, start:]
            boxes, scores = _in_boxes(model.output, rows[:, :4], scores, fit, threshold)
    sound = np.isfinite(boxes).all(axis=1) & np.isfinite(scores).all(axis=1)
    return fit.back(boxes[sound]), scores[sound]


def face_scores(model: ModelDescriptor, scores: Tensor) -> Tensor:
    """Give for (N, C) scores of classes how sure the model is that there is a face, (N,)."""
    return np.asarray(scores.sum(axis=1) if "background" in model.output.classes else scores.max(axis=1), np.float32)


def _at_centres(form: Centres, answers: Sequence[Tensor], threshold: float) -> tuple[Tensor, Tensor]:
    heat, scale, offset = answers
    if heat.ndim != 4 or heat.shape[1] != 1 or not (scale.shape == offset.shape == (1, 2, *heat.shape[2:])):
        raise AnswerError(f"gives shapes {heat.shape}, {scale.shape}, {offset.shape}, which are no centres")
    rows, columns = np.nonzero(heat[0, 0] > threshold)
    # A size of e^20 strides is none; float32 ends at e^88.
    down, across = np.exp(np.minimum(scale[0, :, rows, columns].T, 20)) * form.stride
    middle = np.stack([columns, rows]).astype(np.float32) + 0.5 + offset[0, ::-1, rows, columns].T
    left, top = middle * form.stride - np.stack([across, down]) / 2
    return np.stack([left, top, left + across, top + down], axis=1), heat[0, 0, rows, columns][:, None]


def _in_boxes(form: Boxes | Rows, boxes: Tensor, scores: Tensor, fit: Fit, least: float) -> tuple[Tensor, Tensor]:
    if scores.shape != (len(boxes), len(form.classes)):
        raise AnswerError(f"gives {len(boxes)} boxes and scores {scores.shape} for {len(form.classes)} classes")
    if form.scores_are == "logits":
        scores = np.asarray(1 / (1 + np.exp(-np.clip(scores, -80, 80))), np.float32)
    kept = [index for index, name in enumerate(form.classes) if name != "background"]
    scores = scores[:, kept]
    likely = (scores.sum(axis=1) if len(kept) < len(form.classes) else scores.max(axis=1)) > least
    boxes, scores = boxes[likely], scores[likely]
    if form.corners == "middle":
        half = boxes[:, 2:] / 2
        boxes = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
    return boxes * np.array(fit.size * 2, np.float32) if form.unit == "share" else boxes, scores


def _flat(answer: Tensor, last: int | None) -> Tensor:
    """Leave out sizes of 1, as exports have them: (1, N, 4), (N, 1, 4), (1, N, 1, 4)."""
    flat = answer.reshape(-1, answer.shape[-1]) if answer.ndim > 1 else answer[None]
    if flat.ndim != 2 or (last and flat.shape[1] != last):
        raise AnswerError(f"gives an answer of shape {answer.shape}, whose last size is not {last}")
    return flat
