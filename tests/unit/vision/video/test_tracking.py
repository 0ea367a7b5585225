from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from functions.vision.faces import Box, Found
from functions.vision.video.carrying import Carrier
from functions.vision.video.tracking import Linker, Track

SIZE = (400, 300)


def face(left: float, top: float = 100, side: float = 40, score: float = 0.9) -> Found:
    return Found(box=Box(left=left, top=top, right=left + side, bottom=top + side), score=score)


def linked(seen: Iterable[tuple[int, list[Found]]], threshold: float = 0.5) -> list[Track]:
    linker = Linker(threshold)
    for frame, found in seen:
        linker.see(frame, frame / 25, found)
    return linker.tracks()


def holds(outer: Box, inner: Box) -> bool:
    return outer.left <= inner.left + 0.01 and outer.right >= inner.right - 0.01


def test_two_faces_that_pass_each_other_stay_two() -> None:
    tracks = linked((frame, [face(10 + 4 * frame), face(300 - 4 * frame, top=112)]) for frame in range(0, 60, 3))

    assert [len(track) for track in tracks] == [20, 20]
    assert [round(track.boxes[-4]) for track in tracks] == [10 + 4 * 57, 300 - 4 * 57]


def test_a_faint_face_counts_where_it_was_seen_well_before_or_after() -> None:
    faint = [(frame, [face(50, score=0.3)]) for frame in range(10)]

    assert len(linked([*faint, (10, [face(50)])])[0]) == 11
    assert len(linked([(0, [face(50)]), *((frame + 1, found) for frame, found in faint)])[0]) == 11
    assert linked(faint) == []


def test_a_face_that_was_away_for_longer_than_two_seconds_is_another_one() -> None:
    away: list[tuple[int, list[Found]]] = [(frame, []) for frame in range(5, 60, 5)]

    assert len(linked([(0, [face(50)]), *away[:8], (45, [face(50)])])) == 1
    assert len(linked([(0, [face(50)]), *away, (60, [face(50)])])) == 2


def test_a_face_is_the_same_while_it_missed_two_looks_at_most_however_long_they_took() -> None:
    assert len(linked([(0, [face(50)]), (200, []), (400, []), (600, [face(50)])])) == 1
    assert len(linked([(0, [face(50)]), (200, []), (400, []), (600, []), (800, [face(50)])])) == 2


def test_nothing_jumps_across_the_picture_or_doubles_its_size() -> None:
    assert len(linked([(0, [face(50)]), (1, [face(200)])])) == 2
    assert len(linked([(0, [face(50)]), (1, [face(30, side=100)])])) == 2


@given(
    speed=st.floats(-20, 20),
    every=st.integers(1, 12),
    missed=st.sets(st.integers(0, 40), max_size=2),
)
def test_between_sightings_a_steady_face_is_covered_in_every_frame(speed: float, every: int, missed: set[int]) -> None:
    places = {frame: 180 + speed * frame / 25 for frame in range(41)}
    looks = [frame for frame in places if frame % every == 0 and frame not in missed]
    tracks = linked((frame, [face(places[frame])]) for frame in looks)
    carrier = Carrier(tracks, SIZE, carry=0)

    for frame in range(min(looks, default=0), max(looks, default=-1) + 1):
        faces = carrier.faces(frame, frame / 25)

        inside = face(places[frame]).box
        assert any(holds(each.cover, inside) for each in faces)
        assert any(each.detected for each in faces) == (frame in looks)


def test_a_face_is_expected_for_a_while_before_it_is_seen_and_after() -> None:
    tracks = linked((frame, [face(100 + 2 * frame)]) for frame in range(50, 61))

    carrier = Carrier(tracks, SIZE, carry=0.4)
    covers = {frame: carrier.faces(frame, frame / 25) for frame in range(100)}

    assert [frame for frame, faces in covers.items() if faces] == list(range(40, 71))
    assert holds(covers[40][0].cover, face(180).box)
    assert holds(covers[70][0].cover, face(240).box)
    assert holds(covers[70][0].cover, face(220).box)  # it may have stopped


def test_one_sighting_that_is_too_small_does_not_bare_the_face() -> None:
    sightings = [(0, [face(100)]), (1, [face(104, side=34)]), (2, [face(100)])]

    carrier = Carrier(linked(sightings), SIZE, carry=0)
    carrier.faces(0, 0)
    (middle,) = carrier.faces(1, 1 / 25)

    assert holds(middle.cover, face(100).box)
    assert middle.box == face(104, side=34).box


def test_a_face_that_has_left_the_picture_is_not_written_down() -> None:
    tracks = linked((frame, [face(340 + 10 * frame)]) for frame in range(4))

    carrier = Carrier(tracks, SIZE, carry=1)
    boxes = [each.box for frame in range(20) for each in carrier.faces(frame, frame / 25)]

    assert all(0 <= box.left < box.right <= 400 for box in boxes)
