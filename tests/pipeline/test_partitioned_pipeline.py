"""blur-faces in two halves as it ships, and partition-model, on the embedded plane."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.blur_faces.handler import blur_faces
from functions.runtime.invoke import invoke
from tests.pipeline.noria import ROOT, Noria
from tests.unit.partitioning.networks import chain, model, save
from tests.unit.vision.images import example

PICTURES = ("grace_hopper.jpg", "chelsea.png")


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noria]:
    noria = Noria(tmp_path_factory.mktemp("parts") / ".noria")
    try:
        noria("up", "--detach", ROOT / "fdl/mask-detection-partitioned.yaml", ROOT / "fdl/partition-model.yaml")
        yield noria
    finally:
        noria("down")


def got(noria: Noria, folder: Path, address: str) -> bytes:
    target = folder / address.rpartition("/")[2]
    noria("get", address, target)
    return target.read_bytes()


def test_both_halves_write_the_bytes_that_the_whole_writes_and_masks_are_found(noria: Noria, tmp_path: Path) -> None:
    noria("put", *(example(name) for name in PICTURES), "photos-apart/in/", "--wait")

    for name in PICTURES:
        whole = invoke(blur_faces, example(name), tmp_path / "whole" / name, environ={})
        expected = {path.name: path.read_bytes() for path in whole.outputs}
        blurred, faces = f"{name}.blurred.png", f"{name}.faces.json"
        assert set(expected) == {blurred, faces}
        assert got(noria, tmp_path, f"photos-apart-blurred/out/{blurred}") == expected[blurred]
        assert got(noria, tmp_path, f"photos-apart-blurred/faces/{faces}") == expected[faces]
    masks = json.loads(got(noria, tmp_path, "photos-apart-masks/out/grace_hopper.jpg.blurred.png.masks.json"))
    assert (masks["masks_count"], masks["no_masks_count"]) == (0, 1)


def test_what_is_no_hand_over_is_one_dead_letter(noria: Noria, tmp_path: Path) -> None:
    (tmp_path / "forged.jpg.half.npz").write_bytes(b"\x80\x04cos\nsystem\n.")

    noria.run("put", tmp_path / "forged.jpg.half.npz", "photos-apart-handed/out/", "--wait")

    (letter,) = [each for each in noria.json("failed", "list") if "forged" in each["input"]["key"]]
    assert "forged.jpg.half.npz is no hand-over" in str(letter)


def test_a_network_with_its_request_becomes_halves_and_a_wrong_request_a_sentence(noria: Noria, tmp_path: Path) -> None:
    network = save(model(chain("Relu", "Tanh", "Sigmoid")), tmp_path, "small.onnx")
    request = tmp_path / "small.partition.yaml"
    request.write_text("measure: true\nbandwidth: 8\ncut: [t2]\n")
    wrong = save(model(chain("Relu", "Tanh")), tmp_path, "wrong.onnx")
    misspelt = tmp_path / "wrong.partition.yaml"
    misspelt.write_text("bandwith: 8\n")

    noria.run("put", network, request, wrong, misspelt, "networks/in/", "--wait")

    listed = noria("ls", "partitioned/out")
    (address,) = {word for word in listed.split() if word.endswith("partition.json")}
    result = json.loads(got(noria, tmp_path, address))
    assert [each["source"] for each in result["cuts"]] == ["measured", "measured"]
    assert result["partitions"][0]["handed"] == [["t2"]]
    assert listed.count(".onnx") == 2
    assert "partitioned/out/wrong" not in listed
    (letter,) = [each for each in noria.json("failed", "list") if "wrong" in each["input"]["key"]]
    assert "wrong.partition.yaml: line 1: bandwith is not a field; did you mean bandwidth?" in str(letter)
