"""The demo's pictures."""

import shutil
from importlib.resources import files
from pathlib import Path

from functions.runtime.errors import Rejected


def write_photo(path: Path) -> None:
    """Write a photo with a face on it, which ships in scikit-image.

    Raises:
        Rejected: The packages of the group ``demo`` are not installed.
    """
    try:
        import cv2
        import skimage.data
    except ImportError as error:
        raise Rejected(f"{error.name} is not installed", hint="pip install --group demo, or make demo") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), skimage.data.astronaut()[..., ::-1])


def make_pictures(folder: Path) -> list[Path]:
    """Write the demo's pictures: five that ship in packages, and one of them with a mask painted on.

    Raises:
        Rejected: The packages of the group ``demo`` are not installed.
    """
    try:
        import cv2
        import matplotlib
        import numpy as np
        import skimage.data

        from functions.mask_detect.painting import paint_mask
        from functions.vision.faces import Box
    except ImportError as error:
        raise Rejected(f"{error.name} is not installed", hint="pip install --group demo, or make demo") from error
    folder.mkdir(parents=True, exist_ok=True)
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    face = Box(left=175, top=47, right=274, bottom=181)
    drawn = {
        "astronaut": astronaut,
        "astronaut-masked": paint_mask(astronaut, face, np.random.default_rng(7)),
        "camera": skimage.data.camera(),
        "cat": np.ascontiguousarray(skimage.data.chelsea()[..., ::-1]),
        "coffee": np.ascontiguousarray(skimage.data.coffee()[..., ::-1]),
    }
    for name, pixels in drawn.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels)
    hopper = Path(str(files(matplotlib))) / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    shutil.copyfile(hopper, folder / "grace_hopper.jpg")
    return sorted(folder.iterdir())
