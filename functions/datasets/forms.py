"""The kinds of file that a data set and a model may be, by the ending of the name."""

from collections.abc import Mapping
from typing import Literal

Form = Literal["csv", "parquet", "npz", "image"]

FORMS: Mapping[str, Form] = {".csv": "csv", ".parquet": "parquet", ".npz": "npz", ".zip": "image"}
MODELS = (".keras", ".onnx", ".pt2", ".safetensors")
