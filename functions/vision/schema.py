"""The committed JSON schema of ``.faces.json``; ``python -m functions.vision.schema`` writes it anew."""

import json
from pathlib import Path

from pydantic import TypeAdapter

from functions.vision.faces import FaceSet
from functions.vision.films import FilmSet

FILE = Path(__file__).with_name("faces.schema.json")


def text() -> str:
    """Give the schema (JSON Schema 2020-12) as it is committed: a picture's record or a video's, by ``format``."""
    made = TypeAdapter(FaceSet | FilmSet).json_schema()
    either = made.pop("anyOf")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Faces of a picture or a video, as blur-faces writes them (.faces.json)",
        "oneOf": either,
    }
    for name in ("FaceSet", "FilmSet"):
        made["$defs"][name]["required"].append("format")  # what is read may lack it; what is written has it
    return json.dumps({**head, **made}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
