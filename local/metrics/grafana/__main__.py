"""``python -m local.metrics.grafana FOLDER``: write the dashboards, ``infra/grafana`` in this project."""

import json
import sys
from pathlib import Path

from local.metrics.grafana.form import document
from local.metrics.grafana.panels import DASHBOARDS


def texts() -> dict[str, str]:
    """Give each dashboard's file name and content."""
    return {f"{each.name}.json": json.dumps(document(each), indent=1) + "\n" for each in DASHBOARDS}


def main(arguments: list[str]) -> None:
    """Write the files."""
    if len(arguments) != 1:
        sys.exit("usage: python -m local.metrics.grafana FOLDER")
    for name, text in texts().items():
        Path(arguments[0], name).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
