"""The page at ``/docs``: the OpenAPI document for eyes. It loads nothing from anywhere and runs no script."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f4f4f2;padding:.8rem;overflow:auto}
details{border:1px solid #d8d8d4;border-radius:6px;margin:.5rem 0;padding:.5rem 1rem}summary{cursor:pointer}
b.m{display:inline-block;min-width:3.2rem}table{border-collapse:collapse}
td{padding:.1rem 1rem .1rem 0;vertical-align:top}"""


def page(document: Mapping[str, Any]) -> str:
    """Give the page."""
    about = escape(document["info"]["description"]).replace("\n\n", "<p>")
    return "".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8>",
            f"<title>{escape(document['info']['title'])}</title><style>{_STYLE}</style>",
            f"<h1>{escape(document['info']['title'])} {escape(document['info']['version'])}</h1><p>{about}",
            '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.<h2>Requests</h2>',
            *_operations(document),
            "<h2>Bodies</h2>",
            *_bodies(document),
        )
    )


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, what in methods.items():
            lock = " <small>(needs a key)</small>" if what.get("security") else ""
            yield f"<details><summary><b class=m>{method.upper()}</b> <code>{escape(path)}</code> "
            yield f"{escape(what['summary'])}{lock}</summary><p>{escape(what.get('description', ''))}<table>"
            for each in what.get("parameters", ()):
                yield _row(f"{each['name']} ({each['in']})", each.get("description", ""))
            form = what.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
            for name, part in form.get("properties", {}).items():
                yield _row(f"{name} (part)", part["description"])
            for status, answer in what["responses"].items():
                yield _row(status, answer["description"], _schema(answer))
            yield "</table></details>"


def _bodies(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{text}</pre></details>'


def _schema(answer: Mapping[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    name = escape(schema.rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>' if name else ""


def _row(*cells: str) -> str:
    """Make a table's row; the last of three cells is a link already."""
    texts = [escape(cell) for cell in cells[:2]] + list(cells[2:])
    return f"<tr>{''.join(f'<td>{text}' for text in texts)}"
