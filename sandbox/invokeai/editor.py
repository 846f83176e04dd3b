"""Workflows written as InvokeAI's editor saves them."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def workflow(
    name: str,
    nodes: Json,
    *wires: tuple[str, str],
    fields: Sequence[str] = (),
    settings: Json | None = None,
    labels: dict[str, str] | None = None,
) -> Json:
    """`nodes`: type and values by id. `wires`: from `node.field` to `node.field`. `fields` are exposed, with
    the settings of their elements in the form, and with labels of their own.
    """
    told = dict.fromkeys(("author", "description", "version", "contact", "tags", "notes"), "")
    return {
        **told,
        "name": name,
        "exposedFields": [],
        "meta": {"version": "3.0.0", "category": "user"},
        "nodes": [_node(node_id, node, labels or {}) for node_id, node in nodes.items()],
        "edges": [_wire(*ends) for ends in wires],
        "form": _form(fields, settings or {}),
    }


def whole(least: int, most: int) -> Json:
    """Settings of a whole number between two others."""
    return {"type": "integer-field-config", "component": "number-input", "min": least, "max": most}


def decimal(least: float, most: float) -> Json:
    return {"type": "float-field-config", "component": "number-input", "min": least, "max": most}


def prose() -> Json:
    return {"type": "string-field-config", "component": "textarea"}


def dropdown(**options: str) -> Json:
    """Settings of a text that is one of these, by their labels."""
    told = [{"label": label, "value": value} for label, value in options.items()]
    return {"type": "string-field-config", "component": "dropdown", "options": told}


def _node(node_id: str, node: Json, labels: dict[str, str]) -> Json:
    values = {name: value for name, value in node.items() if name not in ("type", "label")}
    inputs: Json = {}
    for name, value in values.items():
        inputs[name] = {"name": name, "label": labels.get(f"{node_id}.{name}", ""), "description": ""}
        inputs[name] |= {} if value is None else {"value": value}
    data = {
        "id": node_id,
        "type": node["type"],
        "version": "1.0.0",
        "nodePack": "sandbox" if node["type"].startswith("sandbox") else "invokeai",
        "label": node.get("label", ""),
        "notes": "",
        "inputs": inputs,
        "isOpen": True,
        "isIntermediate": False,
        "useCache": False,
    }
    return {"id": node_id, "type": "invocation", "position": {"x": 0, "y": 0}, "data": data}


def _wire(source: str, target: str) -> Json:
    (start, output), (end, field) = source.split("."), target.split(".")
    ends = {"source": start, "sourceHandle": output, "target": end, "targetHandle": field}
    return {"id": f"{source}-{target}", "type": "default", **ends}


def _form(fields: Sequence[str], settings: Json) -> Json:
    root: Json = {"layout": "column", "children": list(fields)}
    elements: Json = {"root": {"id": "root", "type": "container", "data": root}}
    for name in fields:
        node_id, field = name.split(".")
        spot = {"fieldIdentifier": {"nodeId": node_id, "fieldName": field}, "showDescription": False}
        data = {**spot, "settings": settings.get(name)}
        elements[name] = {"id": name, "type": "node-field", "parentId": "root", "data": data}
    return {"rootElementId": "root", "elements": elements}
