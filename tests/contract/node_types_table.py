"""Writes `bot/invokeai/workflows/node_tables/VERSION.json.gz`: what each node of a released InvokeAI takes.

    python tests/contract/node_types_table.py VERSION OPENAPI

OPENAPI is that version's `GET /openapi.json`, of a server without custom nodes.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).parents[2] / "bot" / "invokeai" / "workflows" / "node_tables"
KEPT = frozenset(
    {
        *("title", "description", "field_kind", "input", "orig_required", "orig_default", "const"),
        *("ui_component", "ui_type", "ui_choice_labels", "ui_model_type", "ui_model_base"),
        *("anyOf", "allOf", "$ref", "type", "items", "enum", "multipleOf", "maxLength"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
"""What `bot/invokeai/workflows/node_types.py` reads of an input's schema."""

Json = dict[str, Any]


def main(version: str, openapi: str) -> None:
    document = json.loads(Path(openapi).read_text("utf-8"))
    text = json.dumps(table(document), separators=(",", ":"), sort_keys=True)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{version}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def table(document: Json) -> Json:
    """A document of the same shape, with nothing but the nodes' inputs and the choices that they name."""
    schemas: Json = document["components"]["schemas"]
    nodes = {name: _node(schema) for name, schema in schemas.items() if schema.get("class") == "invocation"}
    named = {name for name in _references(nodes) if "enum" in schemas.get(name, {})}
    choices = {name: {"enum": schemas[name]["enum"]} for name in named}
    return {"components": {"schemas": nodes | choices}}


def _node(schema: Json) -> Json:
    inputs = {
        name: {key: value for key, value in told.items() if key in KEPT}
        for name, told in schema["properties"].items()
        if told.get("field_kind") == "input" or name == "board"
    }
    kind = {"type": {"const": schema["properties"]["type"]["const"]}}
    return {"class": "invocation", "title": schema.get("title", ""), "properties": inputs | kind}


def _references(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _references(each)
    elif isinstance(value, dict):
        for key, each in cast("Json", value).items():
            if key == "$ref":
                yield str(each).rpartition("/")[2]
            else:
                yield from _references(each)


if __name__ == "__main__":
    main(*sys.argv[1:])
