"""FDL for tests: a service that copies, in folders of its own."""

import json
from collections.abc import Sequence
from textwrap import dedent


def pipeline(
    name: str,
    source: str,
    target: str,
    *,
    function: str = "tests.handlers:copy",
    suffixes: Sequence[str] = (".copy",),
    memory: str = "256Mi",
    **environment: str,
) -> str:
    """Give the FDL of one service that copies from ``source`` to ``target``, both ``bucket/prefix``."""
    variables = {"NORIA_FUNCTION": function, **environment}
    lines = "\n".join(f"          {key}: {value!r}" for key, value in variables.items())
    return dedent("""\
        functions:
          oscar:
          - local:
              name: {name}
              image: localhost/copy:1
              script: run.sh
              cpu: "1.0"
              memory: {memory}
              environment:
                Variables:
        {lines}
              input:
              - storage_provider: minio.default
                path: {source}
              output:
              - storage_provider: minio.default
                path: {target}
                suffix: {suffixes}
              - storage_provider: minio.default
                path: {target}-failed
                suffix: [".failure.json"]
        """).format(
        name=name, source=source, target=target, suffixes=json.dumps(list(suffixes)), memory=memory, lines=lines
    )
