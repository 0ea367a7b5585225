"""FDL for tests: a service that copies, in folders of its own."""

import json
from collections.abc import Mapping, Sequence
from textwrap import dedent

import yaml


def pipeline(
    name: str,
    source: str,
    target: str,
    *,
    function: str = "tests.handlers:copy",
    suffixes: Sequence[str] = (".copy",),
    memory: str = "256Mi",
    image: str = "localhost/copy:1",
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
              image: {image}
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
        name=name,
        source=source,
        target=target,
        suffixes=json.dumps(list(suffixes)),
        memory=memory,
        lines=lines,
        image=image,
    )


def pipelines(flows: Mapping[str, tuple[str, str]], **environment: str) -> str:
    """Give the FDL of several services that copy: name -> source and target."""
    made = [yaml.safe_load(pipeline(name, *flow, **environment)) for name, flow in flows.items()]
    services = [service for each in made for service in each["functions"]["oscar"]]
    return yaml.safe_dump({"functions": {"oscar": services}}, sort_keys=False)
