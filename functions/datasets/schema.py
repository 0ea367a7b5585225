"""The JSON schema of a definition, for editors and other programs: ``python -m functions.datasets.schema`` writes it."""

import json
from pathlib import Path

from functions.datasets.definition import Definition

FILE = Path(__file__).with_name("dataset_definition.schema.json")


def schema() -> dict[str, object]:
    """Give the schema, JSON Schema 2020-12. It says what each field may be; how they must fit one another it cannot."""
    made = Definition.model_json_schema()
    del made["properties"]["task"]["default"]  # it is told from the other fields
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Dataset definition"}


def text() -> str:
    """Give the schema as it is committed."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
