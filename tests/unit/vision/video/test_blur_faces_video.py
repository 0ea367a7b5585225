import logging
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from functions.blur_faces.handler import blur_faces
from functions.runtime import Rejected
from functions.vision.faces import Box, FaceSet
from functions.vision.films import FilmSet
from functions.vision.video.film import read_frames, read_head
from tests.conftest import Outcome, Run
from tests.quality.panning import encoded, panned
from tests.quality.stills import crowd
from tests.unit.vision.images import pixels
from tests.unit.vision.video.clips import clip, endless_gif, moved, moving_gif, portrait, read

FACE = Box(left=57, top=38, right=101, bottom=97)  # of ``portrait``, by hand: brows, ears and chin


def film(done: Outcome, name: str) -> FilmSet:
    record = FilmSet.model_validate_json(done.files[f"{name}.faces.json"])
    assert done.metrics == {"faces": record.tracks_count, "frames": record.frames_count}
    return record


def unpacked(done: Outcome, name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(done.files[name])
    return path


def test_the_face_is_blurred_in_every_frame_and_nothing_far_from_it(run: Run, tmp_path: Path) -> None:
    pictures = moved(12)

    done = run(blur_faces, "a.mp4", clip(tmp_path / "a.mp4", pictures).read_bytes(), crf=10)

    record = film(done, "a.mp4")
    header, frames, _ = read(unpacked(done, "a.mp4.blurred.mp4", tmp_path))
    assert (header.width, header.height, len(frames)) == (192, 144, 12)
    assert [frame.index for frame in record.frames] == list(range(12))
    for frame, noted, picture in zip(frames, record.frames, pictures, strict=True):
        face = max(noted.faces, key=lambda each: each.score)
        assert face.blurred.left <= FACE.left + 4 * frame.index
        assert face.blurred.right >= FACE.right + 4 * frame.index
        assert face.blurred.top <= FACE.top < FACE.bottom <= face.blurred.bottom
        after, outside = np.asarray(frame.colours).astype(int), np.ones((144, 192), bool)
        for each in noted.faces:
            area = each.blurred
            outside[
                int(area.top) // 16 * 16 : int(area.bottom) + 16, max(0, int(area.left) - 16) : int(area.right) + 16
            ] = 0
        assert np.abs(after - picture)[outside].mean() < 6
        inside = after[face.blurred.slices]
        assert np.abs(np.diff(inside[4:-4, 4:-4], axis=1)).max() < 20


def test_no_frame_of_a_video_shows_a_face_although_the_camera_pans_zooms_and_cuts(run: Run, tmp_path: Path) -> None:
    shots = list(panned(crowd(), 30, size=(320, 240), seed=4))

    done = run(blur_faces, "a.mp4", encoded(tmp_path / "a.mp4", shots).read_bytes(), profile="fast")

    by_index = {frame.index: frame.faces for frame in film(done, "a.mp4").frames}
    for number, shot in enumerate(shots):
        covered = np.zeros((240, 320), bool)
        for face in by_index.get(number, ()):
            covered[face.blurred.slices] = True
        for each in shot.faces:
            if each.share > 0.6:
                inner = each.inside(width=320, height=240)
                across, down = 0.15 * each.box.width, 0.15 * each.box.height
                rows = slice(int(inner.top + down), int(inner.bottom - down))
                assert covered[rows, int(inner.left + across) : int(inner.right - across)].all(), (number, each)


def test_a_face_that_comes_into_a_still_picture_is_blurred_from_its_first_frame_on(run: Run, tmp_path: Path) -> None:
    empty = np.full((144, 192, 3), 90, np.uint8)
    pictures = [empty] * 10 + [portrait()] * 5 + [empty] * 5

    done = run(blur_faces, "a.mp4", clip(tmp_path / "a.mp4", pictures).read_bytes(), detect_every=8, carry=0)

    record = film(done, "a.mp4")
    assert [frame.index for frame in record.frames] == list(range(10, 15))
    assert record.every == 8


def test_sound_places_and_names_are_dropped_unless_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    tags = {"title": "Maria at home", "location": "+41.2300+002.1000/"}
    content = clip(tmp_path / "a.mp4", moved(4), sound=0.2, metadata=tags).read_bytes()

    plain = run(blur_faces, "a.mp4", content)
    kept = run(blur_faces, "a.mp4", content, keep_audio=True, keep_metadata=True)

    assert b"Maria" not in plain.files["a.mp4.blurred.mp4"]
    assert b"+41." not in plain.files["a.mp4.blurred.mp4"]
    with av.open(str(unpacked(plain, "a.mp4.blurred.mp4", tmp_path))) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    header, _, heard = read(unpacked(kept, "a.mp4.blurred.mp4", tmp_path), sound=True)
    assert (header.metadata or {})["title"] == "Maria at home"
    assert sum(len(each.samples) for each in heard) == pytest.approx(0.2 * 48_000, abs=4096)


def test_frames_taken_every_so_often_are_pictures_each_with_its_faces(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mkv", moved(4), times=[0, 900, 2100, 4600], base=Fraction(1, 1000)).read_bytes()

    done = run(blur_faces, "a.mkv", content, video="frames", every=2)

    assert sorted(done.files) == [
        "a.mkv.000000.000s.blurred.png",
        "a.mkv.000000.000s.faces.json",
        "a.mkv.000002.100s.blurred.png",
        "a.mkv.000002.100s.faces.json",
        "a.mkv.000004.600s.blurred.png",
        "a.mkv.000004.600s.faces.json",
    ]
    for name in ("000000.000s", "000004.600s"):
        record = FaceSet.model_validate_json(done.files[f"a.mkv.{name}.faces.json"])
        assert len(record.faces) == 1
        assert pixels(done.files[f"a.mkv.{name}.blurred.png"]).shape == (144, 192, 3)
    assert done.metrics == {"faces": 3, "frames": 3}


def test_more_frames_than_may_be_taken_are_refused_with_the_limit(run: Run, tmp_path: Path) -> None:
    content = clip(tmp_path / "a.mp4", moved(20)).read_bytes()

    with pytest.raises(Rejected, match=r"more than 3 frames would be taken, one every 0\.1 s"):
        run(blur_faces, "a.mp4", content, video="frames", every=0.1, max_taken=3)


def test_a_moving_gif_becomes_a_video_and_one_without_end_is_refused(run: Run) -> None:
    done = run(blur_faces, "a.gif", moving_gif(4, width=192, height=144))

    record = film(done, "a.gif")
    assert (record.frames_count, record.seconds, record.tracks_count) == (4, 0.16, 1)
    with pytest.raises(Rejected, match="the video has more than 50 frames"):
        run(blur_faces, "b.gif", endless_gif(100_000), max_frames=50)


def test_the_record_can_be_read_one_frame_at_a_time(run: Run, tmp_path: Path) -> None:
    done = run(blur_faces, "a.mp4", clip(tmp_path / "a.mp4", moved(5)).read_bytes())
    whole = film(done, "a.mp4")
    path = unpacked(done, "a.mp4.faces.json", tmp_path)

    assert tuple(read_frames(path)) == whole.frames
    assert read_head(path) == whole.model_copy(update={"frames": ()})


@pytest.mark.parametrize("broken", ["[]", '{"format": "noria.video-faces/1"}\n', ""])
def test_a_record_that_blur_faces_did_not_write_is_rejected(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "a.faces.json"
    path.write_text(broken)

    with pytest.raises(Rejected, match="not one that blur-faces writes"):
        read_head(path)
    with pytest.raises(Rejected, match="not one that blur-faces writes"):
        list(read_frames(path))


def test_the_log_says_what_became_of_a_video(run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    run(blur_faces, "a.mp4", clip(tmp_path / "a.mp4", [portrait()] * 10).read_bytes(), detect_every=3)

    (line,) = [each for each in caplog.records if each.message == "video blurred"]
    assert (vars(line)["frames"], vars(line)["faces"], vars(line)["looks"]) == (10, 1, 4)


@pytest.mark.parametrize("rate", [5_000, 10_000, 11_127, 22_254, 96_000])
def test_sound_of_a_rate_that_aac_has_not_is_kept_at_the_next_that_it_has(run: Run, tmp_path: Path, rate: int) -> None:
    with av.open(str(tmp_path / "a.avi"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=rate)
        sound.codec_context.layout = "mono"
        for colours in moved(10, width=64, height=48):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(colours, format="bgr24")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * rate // 5), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        container.mux([*stream.encode(None), *sound.encode(frame), *sound.encode(None)])

    done = run(blur_faces, "a.avi", (tmp_path / "a.avi").read_bytes(), keep_audio=True)

    header, _, heard = read(unpacked(done, "a.avi.blurred.mp4", tmp_path), sound=True)
    kept, _ = header.sound or (0, 0)
    assert kept >= min(rate, 48_000)
    assert sum(len(each.samples) for each in heard) / kept == pytest.approx(0.4, abs=0.1)
