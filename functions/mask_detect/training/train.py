"""Train masks.onnx from registry pictures: ``python -m functions.mask_detect.training.train FOLDER``.

The folder is for downloads. Writes masks.onnx and masks.training.json beside the handler; then ``SHA256`` in
classifier.py has to be set to the new digest. About seven minutes on one CPU thread.
"""

import hashlib
import json
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from functions.mask_detect.classifier import FILE, MARGIN, SIDE, batch
from functions.mask_detect.training.samples import Sample, bare_faces, crops, epoch, masked
from functions.mask_detect.training.sources import SOURCES, fetch
from functions.vision import detectors

SEED = 20
EPOCHS, BATCHES, SIZE = 20, 80, 64
RATE, DECAY, DROPOUT = 4e-3, 1e-2, 0.3
VARIANTS = 16  # painted masks for each training face; 8 for each held-out one
STRENGTHS = (0.0, 0.33, 0.5)


def network() -> Any:  # noqa: ANN401 - torch has no types in the environment that is checked
    """Give the untrained network: four halvings, 16 to 96 channels, 163 thousand parameters."""
    layers: list[Any] = []
    for before, after in ((3, 16), (16, 32), (32, 64), (64, 96)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(96, 96, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Dropout(DROPOUT), nn.Linear(96, 2))


def train(faces: list[list[Sample]], rng: np.random.Generator) -> Any:  # noqa: ANN401
    """Give the trained network."""
    net = network()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * BATCHES)
    for number in range(EPOCHS):
        net.train()
        losses = []
        for inputs, labels in epoch(faces, rng, batches=BATCHES, size=SIZE):
            loss = nn.functional.cross_entropy(net(torch.from_numpy(inputs)), torch.from_numpy(labels))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        sys.stderr.write(f"epoch {number + 1}/{EPOCHS}: loss {np.mean(losses):.3f}\n")
    return net.eval()


def measured(net: Any, faces: list[list[Sample]], rng: np.random.Generator) -> dict[str, dict[str, float]]:  # noqa: ANN401
    """Give recall of both labels and balanced accuracy on held-out people for each blur strength."""
    figures = {}
    for strength in STRENGTHS:
        recalls = []
        for label in (False, True):
            shown = [sample for variants in faces for sample in variants if sample.masked == label]
            inputs = batch([crops(sample, strength, rng, varied=False) for sample in shown])
            with torch.no_grad():
                recalls.append(float((net(torch.from_numpy(inputs)).argmax(1) == int(label)).float().mean()))
        figures[f"{strength:g}"] = {
            "no_mask_recall": round(recalls[0], 4),
            "mask_recall": round(recalls[1], 4),
            "balanced_accuracy": round(sum(recalls) / 2, 4),
        }
    return figures


def export(net: Any) -> str:  # noqa: ANN401
    """Write masks.onnx and give its sha256; the scores are probabilities of (no_mask, mask)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no onnxscript is called deprecated
        torch.onnx.export(
            nn.Sequential(net, nn.Softmax(1)).eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            str(FILE),
            dynamo=False,
            input_names=["crops"],
            output_names=["scores"],
            dynamic_axes={"crops": {0: "faces"}, "scores": {0: "faces"}},
        )
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def main() -> None:
    """Train, measure on people never seen, export, and write the training record."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng = np.random.default_rng(SEED)
    roots, finder = fetch(Path(sys.argv[1])), detectors.load("centerface")
    counts: dict[str, int] = {}
    sets = {}
    for side, variants in (("trained", VARIANTS), ("held_out", 8)):
        photos, lfw = bare_faces(roots, finder, held_out=side == "held_out")
        sets[side] = [[face, *(masked(face, rng, finder) for _ in range(variants))] for face in (*photos, *lfw)]
        people = {face["person"] for face in SOURCES["faces"] if face["held_out"] == (side == "held_out")}
        counts |= {f"{side}_photos": len(photos), f"{side}_people": len(people), f"{side}_lfw_crops": len(lfw)}
    # Photos twice: they have colours, and more is to be seen in them.
    net = train([*sets["trained"], *sets["trained"][: counts["trained_photos"]]], rng)
    record = {
        "sha256": export(net),
        "date": datetime.now(UTC).date().isoformat(),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "counts": counts | {"painted_a_trained_face": VARIANTS, "painted_a_held_out_face": 8},
        "held_out_by_blur_strength": measured(net, sets["held_out"], np.random.default_rng(SEED)),
        "settings": {
            "seed": SEED, "epochs": EPOCHS, "batches": BATCHES, "batch": SIZE, "optimizer": "AdamW + OneCycle",
            "rate": RATE, "weight_decay": DECAY, "dropout": DROPOUT, "crop_margin": MARGIN,
        },
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "face_model": finder.detector.sha256,
        "sources_sha256": hashlib.sha256(Path(__file__).with_name("sources.json").read_bytes()).hexdigest(),
        "sources": SOURCES,
    }  # fmt: skip
    FILE.with_suffix(".training.json").write_text(json.dumps(record, indent=1) + "\n")
    sys.stderr.write(json.dumps(record["held_out_by_blur_strength"]) + "\n")


if __name__ == "__main__":
    main()
