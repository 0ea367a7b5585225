import subprocess
import sys

import cv2
import numpy as np
import pytest

from functions.blur_faces.handler import blur_faces
from functions.blur_faces.settings import BlurFaces
from functions.runtime.settings import SettingsError
from functions.vision import detectors
from functions.vision.faces import FaceModel, FaceSet, Found
from functions.vision.looks import PROFILES, ProfileName, chosen
from functions.vision.pictures import Picture, read_picture
from tests.conftest import Run
from tests.unit.vision.images import encoded, example


def far_away(pixels: int, *, light: float = 1.0) -> Picture:
    """Give scikit-image's astronaut with a face of so many pixels, in so much light."""
    factor = pixels / 110
    small = cv2.resize(read_picture(example("astronaut.png")).colours(), None, fx=factor, fy=factor, interpolation=3)
    return Picture(np.asarray(np.rint(small * light), np.uint8))


def found(picture: Picture, profile: ProfileName) -> list[Found]:
    finder = detectors.load()
    return finder.find(picture, chosen(profile, finder.detector.threshold))


def test_a_far_face_is_missed_by_a_fast_look_and_found_by_the_standard_one() -> None:
    picture = far_away(7)

    assert found(picture, "fast") == []
    assert len(found(picture, "standard")) == 1


def test_a_face_in_the_dark_that_the_standard_look_misses_is_found_by_the_private_one() -> None:
    picture = far_away(6, light=0.2)

    assert found(picture, "standard") == []
    assert found(picture, "private")


def test_a_face_in_so_little_light_that_few_shades_are_left_is_found_by_the_standard_look() -> None:
    assert len(found(far_away(10, light=0.05), "standard")) == 1


def test_what_is_set_explicitly_wins_over_the_profile() -> None:
    settings = BlurFaces.from_environment(
        "blur_faces", {"BLUR_FACES_PROFILE": "private", "BLUR_FACES_THRESHOLD": "0.4", "BLUR_FACES_STEP": "3"}
    )

    look = settings.look(0.25)

    assert (look.threshold, look.step) == (0.4, 3)
    assert (look.detail, look.overlap) == (PROFILES["private"][1].detail, PROFILES["private"][1].overlap)


def test_a_profiles_threshold_is_a_share_of_the_models_own() -> None:
    assert chosen("private", 0.5).threshold == 2 * chosen("private", 0.25).threshold
    assert chosen("fast", 0.25).threshold > chosen("standard", 0.25).threshold > chosen("private", 0.25).threshold


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PROFILE", "privat", "'fast', 'standard' or 'private'"),
        ("BLUR", "blocks", "'box', 'gaussian', 'mosaic' or 'solid'"),
        ("OVERLAP", "0.9", "less than or equal to 0.5"),
        ("PROFIL", "fast", "is not a setting; did you mean BLUR_FACES_PROFILE"),
    ],
)
def test_a_profile_or_a_blur_that_there_is_not_is_refused_with_those_that_there_are(
    name: str, value: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        BlurFaces.from_environment("blur_faces", {f"BLUR_FACES_{name}": value})


def test_a_functions_process_reads_no_pipeline_files_and_inspects_no_models() -> None:
    said = "import sys, functions.runtime.child, functions.blur_faces.handler; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split()

    assert "onnxruntime" in loaded
    assert not {"fdl.model", "yaml", "av", "matplotlib", "functions.models", "onnx", "scipy"} & set(loaded)


def test_what_only_a_careful_look_takes_for_a_face_is_blurred_and_does_not_count(run: Run) -> None:
    picture = encoded(far_away(8).pixels[..., ::-1])

    done = run(blur_faces, "a.png", picture, profile="private")
    chosen_by_hand = run(blur_faces, "b.png", picture, profile="private", threshold=0.06)

    record = FaceSet.model_validate_json(done.files["a.png.faces.json"])
    other = FaceSet.model_validate_json(chosen_by_hand.files["b.png.faces.json"])
    assert len(record.faces) > len(record.counted) == 1
    assert other.counted == other.faces


def test_a_record_from_before_there_were_profiles_counts_all_its_faces() -> None:
    model = FaceModel.model_validate({"name": "centerface", "sha256": "0" * 64, "threshold": 0.25, "detail": 3})

    assert model.believed == 0
