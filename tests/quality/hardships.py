"""What makes faces hard to find: pictures taken too dark, too far, aslant; masks, noise, and too much compression."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from functions.mask_detect.painting import paint_mask
from functions.vision.faces import Box
from functions.vision.pictures import Colours, read_picture
from tests.quality.people import people
from tests.quality.stills import Scene, portraits, scaled, shifted
from tests.unit.vision.images import example

SIZES = (8, 12, 24, 80)
"""Longer side of a portrait's face in pixels."""
CROWDS = ("a crowd", "a crowd far away")
Change = Callable[[Scene, np.random.Generator], Scene]


def hard_scenes(seed: int = 1) -> Iterator[tuple[str, Scene]]:
    """Give each hardship with each portrait at each size, then many small faces in large pictures."""
    for name, change in HARDSHIPS.items():
        for portrait in portraits():
            longest = max(max(face.width, face.height) for face in portrait.faces)
            for size in SIZES:
                rng = np.random.default_rng([seed, size, len(name)])
                small = change(scaled(portrait, size / longest), rng)
                yield name, Scene(f"{portrait.name}-{size}", small.colours, small.faces)
    backdrop = read_picture(example("coffee.png")).colours()
    near, far = CROWDS
    yield near, people(side=30, backdrop=backdrop)
    yield far, _far_away(people(side=16, backdrop=backdrop), backdrop)


def _far_away(scene: Scene, backdrop: Colours, *, width: int = 3000, height: int = 2000) -> Scene:
    """Put a scene into the middle of a much larger one."""
    canvas = np.asarray(cv2.resize(backdrop, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    left, top = (width - scene.colours.shape[1]) // 2, (height - scene.colours.shape[0]) // 2
    canvas[top : top + scene.colours.shape[0], left : left + scene.colours.shape[1]] = scene.colours
    return Scene(scene.name, canvas, tuple(shifted(face, left, top) for face in scene.faces))


def _as_it_is(scene: Scene, rng: np.random.Generator) -> Scene:
    return scene


def _dark(scene: Scene, rng: np.random.Generator) -> Scene:
    """A sixteenth of the light, and the noise of a sensor that makes up for it."""
    return _noisy(_recoloured(scene, scene.colours.astype(np.float32) * 0.06 + 4), rng, 3)


def _against_light(scene: Scene, rng: np.random.Generator) -> Scene:
    return _recoloured(scene, 255 * (scene.colours.astype(np.float32) / 255) ** 0.2)


def _noisy(scene: Scene, rng: np.random.Generator, spread: float = 50) -> Scene:
    return _recoloured(scene, scene.colours + rng.normal(0, spread, scene.colours.shape))


def _compressed(scene: Scene, rng: np.random.Generator) -> Scene:
    _, data = cv2.imencode(".jpg", scene.colours, [cv2.IMWRITE_JPEG_QUALITY, 6])
    return _recoloured(scene, cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.float32))  # type: ignore[union-attr]


def _moved(scene: Scene, rng: np.random.Generator) -> Scene:
    """Shaken while the shutter was open, by a quarter of the face."""
    length = max(3, round(max(max(face.width, face.height) for face in scene.faces) / 4)) | 1
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1 / length
    return _recoloured(scene, cv2.filter2D(scene.colours, -1, line).astype(np.float32))


def _aslant(scene: Scene, rng: np.random.Generator, degrees: float = 50) -> Scene:
    """The camera held aslant; the box of a turned face is that of its ellipse."""
    height, width = scene.colours.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    drawn = cv2.warpAffine(scene.colours, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return Scene(scene.name, np.asarray(drawn, np.uint8), tuple(_turned(face, turn) for face in scene.faces))


def _turned(face: Box, turn: cv2.typing.MatLike) -> Box:
    middle = turn @ np.array([(face.left + face.right) / 2, (face.top + face.bottom) / 2, 1])
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    half = np.hypot([cosine * face.width, sine * face.width], [sine * face.height, cosine * face.height]) / 2
    left, top, right, bottom = (float(side) for side in np.concatenate([middle - half, middle + half]))
    return Box(left=left, top=top, right=right, bottom=bottom)


def _masked(scene: Scene, rng: np.random.Generator) -> Scene:
    return _recoloured(scene, paint_mask(scene.colours, scene.faces[0], rng).astype(np.float32))


def _cut_off(scene: Scene, rng: np.random.Generator) -> Scene:
    """The picture ends in the middle of the face."""
    face = scene.faces[0]
    end = round((face.left + face.right) / 2)
    box = face.model_copy(update={"right": float(end)})
    return Scene(scene.name, np.ascontiguousarray(scene.colours[:, :end]), (box,))


def _recoloured(scene: Scene, samples: np.typing.NDArray[np.floating[Any]]) -> Scene:
    colours: Colours = np.clip(np.rint(samples), 0, 255).astype(np.uint8)
    return Scene(scene.name, colours, scene.faces)


HARDSHIPS: Mapping[str, Change] = {
    "as it is": _as_it_is,
    "dark": _dark,
    "washed out": _against_light,
    "noisy": _noisy,
    "compressed": _compressed,
    "moved": _moved,
    "aslant by 50 degrees": _aslant,
    "masked": _masked,
    "half of it": _cut_off,
}
