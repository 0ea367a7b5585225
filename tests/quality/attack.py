"""A face net's view of faces: ``python attack.py FACES.npz VECTORS.npz``, in a venv with dlib-bin of its own.

FACES has ``pictures``: (N, height, width, 3) RGB, and ``boxes``: (N, 4) left, top, right, bottom of the face in each.
VECTORS gets ``vectors``: (N, 128), of which two of one person are nearer than 0.6 (King 2017, dlib's face net). The
attacker is told where the face is, as the sidecar tells it, and aligns what is left of it. Imports nothing of noria.
"""

import importlib.util
import sys
from pathlib import Path

import dlib  # type: ignore[import-not-found] # in its own venv
import numpy as np

PADDING = 0.25  # share of the face around it that the net was trained to see


def main() -> None:
    """Read faces, write vectors."""
    package = importlib.util.find_spec("face_recognition_models")  # importing it needs an old setuptools
    assert package is not None
    models = Path(str(package.origin)).with_name("models")
    aligner = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    net = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
    faces = np.load(sys.argv[1], allow_pickle=False)
    vectors = []
    for picture, sides in zip(faces["pictures"], faces["boxes"], strict=True):
        left, top, right, bottom = (round(float(side)) for side in sides)
        shape = aligner(picture, dlib.rectangle(left, top, right, bottom))
        chip = dlib.get_face_chip(picture, shape, 150, PADDING)
        vectors.append(np.array(net.compute_face_descriptor(chip)))
    np.savez(sys.argv[2], vectors=np.stack(vectors))


if __name__ == "__main__":
    main()
