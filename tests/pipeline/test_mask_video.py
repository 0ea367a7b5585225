"""Videos through the chain on a real plane: whole, and as frames that are judged one by one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fdl
from functions.runtime.ledger import Ledger
from functions.runtime.runs import StoredObject
from functions.runtime.store import Store
from local.chain import Chain, follow
from local.connection import operator
from tests.pipeline.noria import Noria
from tests.unit.vision.video.clips import clip, endless_gif, moved, read


def service(
    name: str, function: str, source: str, suffixes: dict[str, list[str]], **variables: str
) -> dict[str, object]:
    return {
        "local": {
            "name": name,
            "image": f"localhost:5001/{function}:0.1.0",
            "script": "run.sh",
            "cpu": "1.0",
            "memory": "1Gi",
            "environment": {"Variables": {"NORIA_FUNCTION": function, **variables}},
            "input": [{"storage_provider": "minio.default", "path": source}],
            "output": [
                {"storage_provider": "minio.default", "path": path, "suffix": ending}
                for path, ending in suffixes.items()
            ],
        }
    }


def chain_of(bucket: str, **variables: str) -> list[dict[str, object]]:
    blurred = {f"{bucket}/blurred": [".blurred.mp4", ".blurred.png"], f"{bucket}/faces": [".faces.json"]}
    failed = {f"{bucket}/failed": [".failure.json"]}
    masks = {f"{bucket}/masks": [".masks.mp4", ".masks.png", ".masks.json"]}
    return [
        service(f"{bucket}-blur", "blur-faces", f"{bucket}/in", blurred | failed, **variables),
        service(f"{bucket}-judge", "mask-detect", f"{bucket}/blurred", masks | failed),
    ]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fdl") / "films.yaml"
    frames = {"BLUR_FACES_VIDEO": "frames", "BLUR_FACES_EVERY": "0.2", "BLUR_FACES_MAX_FRAMES": "500"}
    path.write_text(json.dumps({"functions": {"oscar": [*chain_of("films"), *chain_of("frames", **frames)]}}))
    path.with_name("run.sh").write_text("exec true\n")
    return path


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory, pipeline: Path) -> Iterator[Noria]:
    noria = Noria(tmp_path_factory.mktemp("films") / ".noria", {"NORIA_ACK_WAIT": "10"})
    try:
        noria("up", "--detach", str(pipeline))
        yield noria
    finally:
        noria("down")


def process(noria: Noria, pipeline: Path, bucket: str, name: str, content: bytes) -> tuple[Chain, Store]:
    given = operator({"NORIA_HOME": str(noria.home)})
    store = Store(given)
    etag = store.write(bucket, f"in/{name}", content)
    root = StoredObject(bucket=bucket, key=f"in/{name}", etag=etag)
    (chain,) = follow([root], list(fdl.load(pipeline).services), Ledger(store, given.ledger, lease=10), timeout_s=180)
    assert not chain.waiting
    return chain, store


def test_a_video_comes_out_blurred_and_judged_with_its_counts_in_the_record(
    noria: Noria, pipeline: Path, tmp_path: Path
) -> None:
    chain, store = process(noria, pipeline, "films", "a b.mp4", clip(tmp_path / "a.mp4", moved(8)).read_bytes())

    assert [run.state for run in chain.runs] == ["committed", "committed"]
    assert {output.key for output in chain.results} == {
        "blurred/a b.mp4.blurred.mp4",
        "faces/a b.mp4.faces.json",
        "masks/a b.mp4.blurred.mp4.masks.mp4",
        "masks/a b.mp4.blurred.mp4.masks.json",
    }
    metrics = {name: value for run in chain.runs for name, value in run.metrics.items()}
    assert {name: metrics[name] for name in ("faces", "frames", "masks_count", "no_masks_count")} == {
        "faces": 1,
        "frames": 8,
        "masks_count": 0,
        "no_masks_count": 1,
    }
    (tmp_path / "out.mp4").write_bytes(store.read("films", "masks/a b.mp4.blurred.mp4.masks.mp4")[0])
    assert len(read(tmp_path / "out.mp4")[1]) == 8


def test_each_frame_taken_of_a_video_is_judged_by_its_own_faces(noria: Noria, pipeline: Path, tmp_path: Path) -> None:
    empty = [each * 0 for each in moved(1)]
    chain, store = process(
        noria, pipeline, "frames", "a.mp4", clip(tmp_path / "a.mp4", moved(5) + empty * 5).read_bytes()
    )

    assert [run.state for run in chain.runs] == ["committed"] * 3
    counts = {
        output.key: json.loads(store.read("frames", output.key)[0])["no_masks_count"]
        for output in chain.results
        if output.key.endswith(".masks.json")
    }
    assert counts == {
        "masks/a.mp4.000000.000s.blurred.png.masks.json": 1,
        "masks/a.mp4.000000.200s.blurred.png.masks.json": 0,
    }


def test_a_gif_without_end_is_one_dead_letter_that_names_the_limit(noria: Noria, pipeline: Path) -> None:
    chain, store = process(noria, pipeline, "frames", "endless.gif", endless_gif(100_000))

    (run,) = chain.runs
    letter = json.loads(store.read(run.outputs[0].bucket, run.outputs[0].key)[0])
    assert (run.state, letter["attempts"]) == ("failed", 1)
    assert letter["reason"] == "the video has more than 500 frames"
