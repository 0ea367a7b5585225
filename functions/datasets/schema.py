"""The committed JSON schema of a definition, for editors; ``python -m functions.datasets.schema`` writes it anew."""

import json
from pathlib import Path

from functions.datasets.definition import schema

FILE = Path(__file__).with_name("dataset_definition.schema.json")


def text() -> str:
    """Give the schema as it is committed."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
