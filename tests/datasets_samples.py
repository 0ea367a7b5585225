"""Small data sets for tests: the same bytes for the same arguments on every machine."""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

FEATURES = tuple(f"feature{number}" for number in range(1, 14))

# As the reference writes it: names in the order of the alphabet, not of the columns.
REFERENCE = dedent("""\
    columns:
    {columns}
      label: int
    input_shape:
    - 13
    label: label
    output_shape:
    - {outputs}
    preprocessing:
      clip:
        - 0.0
        - 1.0
      normalize: true
      scale: 1.0
    """)


def tabular(
    folder: Path, rows: int = 200, seed: int = 0, classes: int = 2, *, name: str = "dataset", more: str = ""
) -> tuple[Path, Path]:
    """Write ``dataset.csv`` and ``dataset_definition.yaml`` as the reference's: 13 features and a label to be learned.

    Args:
        folder: Where they go.
        rows: Samples.
        seed: Of the numbers.
        classes: Labels 0 to ``classes - 1``; two of them have one output.
        name: Of the data set, without its ending.
        more: Lines to add to the definition.
    """
    values, labels = _values(rows, seed, classes)
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*FEATURES, "label"))
        writer.writerows([*(f"{value:.6f}" for value in row), label] for row, label in zip(values, labels, strict=True))
    return path, _definition(folder, classes, more)


def as_parquet(folder: Path, rows: int = 200, seed: int = 0, classes: int = 2, *, more: str = "") -> tuple[Path, Path]:
    """Write the same as ``tabular``, its numbers to six places too, as ``dataset.parquet``."""
    values, labels = _values(rows, seed, classes)
    columns = {name: pa.array(values[:, place]) for place, name in enumerate(FEATURES)} | {"label": pa.array(labels)}
    path = folder / "dataset.parquet"
    pq.write_table(pa.table(columns), path)
    return path, _definition(folder, classes, more)


def as_npz(folder: Path, rows: int = 200, seed: int = 0, classes: int = 2, *, more: str = "") -> tuple[Path, Path]:
    """Write the same as ``tabular`` as ``dataset.npz`` with arrays ``x`` (in the definition's order) and ``y``."""
    values, labels = _values(rows, seed, classes)
    order = [FEATURES.index(name) for name in sorted(FEATURES)]
    path = folder / "dataset.npz"
    np.savez(path, x=values[:, order], y=labels)
    text = f"input_shape: [13]\noutput_shape: [{1 if classes == 2 else classes}]\n{more}"
    return path, _written(folder, text)


def pictures(
    folder: Path, per_class: int = 6, size: int = 16, seed: int = 0, *, classes: Sequence[str] = ("disc", "square"),
    more: str = "",
) -> tuple[Path, Path]:  # fmt: skip
    """Write ``dataset.zip``: noisy grey PNG pictures, bright in another corner for each class, (size, size, 1)."""
    random = np.random.Generator(np.random.PCG64(seed))
    path = folder / "dataset.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, label in enumerate(classes):
            for place in range(per_class):
                pixels = random.integers(0, 100, (size, size), np.uint8)
                row, column = divmod(number % 4, 2)
                half = size // 2
                pixels[row * half : (row + 1) * half, column * half : (column + 1) * half] += np.uint8(120)
                member = zipfile.ZipInfo(f"{label}/{place:03}.png", (2026, 1, 1, 0, 0, 0))
                archive.writestr(member, png(pixels))
    outputs = 1 if len(classes) == 2 else len(classes)
    text = (
        f"type: image\ninput_shape: [{size}, {size}, 1]\noutput_shape: [{outputs}]\n"
        f"preprocessing: {{scale: 0.00392156862745098}}\n{more}"
    )
    return path, _written(folder, text)


def png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """Give the PNG file of (height, width) or (height, width, 3) pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _values(
    rows: int, seed: int, classes: int
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Draw features in 0..1 to six places, and labels that a small network can learn from them."""
    random = np.random.Generator(np.random.PCG64(seed))
    values = np.round(random.random((rows, len(FEATURES))), 6)
    score = values @ np.linspace(-1, 1, len(FEATURES))
    labels = np.empty(rows, np.int64)
    labels[np.argsort(score, kind="stable")] = np.arange(rows) * classes // rows
    return values, labels


def _definition(folder: Path, classes: int, more: str) -> Path:
    columns = "\n".join(f"  {name}: float" for name in sorted(FEATURES))
    return _written(folder, REFERENCE.format(columns=columns, outputs=1 if classes == 2 else classes) + more)


def _written(folder: Path, text: str) -> Path:
    path = folder / "dataset_definition.yaml"
    path.write_text(text)
    return path
