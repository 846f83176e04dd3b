"""Workflows as somebody saves them in InvokeAI's editor, of nodes that every InvokeAI of the tests has."""

from typing import Any

Json = dict[str, Any]


def workflow(name: str, nodes: Json, wires: list[tuple[str, str]] = [], **exposed: Json | None) -> Json:  # noqa: B006 - never changed
    """`nodes`: type and values by id. `wires`: `node.field` to `node.field`. `exposed`: `node__field` and the
    settings of its element in the form.
    """
    told = dict.fromkeys(("author", "description", "version", "contact", "tags", "notes"), "")
    return {
        **told,
        "name": name,
        "exposedFields": [],
        "meta": {"version": "3.0.0", "category": "user"},
        "nodes": [_node(node_id, node) for node_id, node in nodes.items()],
        "edges": [_wire(*ends) for ends in wires],
        "form": _form(exposed),
    }


def picture(name: str = "Foxes") -> Json:
    """A text, a number, a choice and a picture to fill in."""
    nodes: Json = {
        "prompt": {"type": "string", "value": "a fox"},
        "draw": {"type": "sandbox_draw", "seconds": 0.1, "steps": 2, "width": 64, "height": 64},
        "start": {"type": "img_blur", "image": None, "radius": 4.0, "blur_type": "gaussian"},
    }
    number = {"type": "float-field-config", "component": "number-input", "min": 1, "max": 20}
    return workflow(
        name,
        nodes,
        [("prompt.value", "draw.prompt")],
        prompt__value={"type": "string-field-config", "component": "textarea"},
        start__radius=number,
        start__blur_type=None,
        start__image=None,
    )


def long(name: str = "Many") -> Json:
    """Seven fields."""
    nodes: Json = {
        "prompt": {"type": "string", "value": "a fox"},
        "draw": {
            "type": "sandbox_draw",
            "seconds": 0.1,
            "steps": 2,
            "width": 64,
            "height": 64,
            "seed": 7,
            "fail_at_step": -1,
        },
        "more": {"type": "string", "value": "in snow"},
    }
    whole = {"type": "integer-field-config", "component": "number-input", "min": -1, "max": 512}
    fields = {f"draw__{field}": whole for field in ("steps", "width", "height", "seed", "fail_at_step")}
    return workflow(
        name, nodes, [("prompt.value", "draw.prompt")], prompt__value=None, **fields, more__value=None
    )


def _node(node_id: str, node: Json) -> Json:
    values = {name: value for name, value in node.items() if name not in ("type", "label", "pack")}
    inputs = {name: {"name": name, "label": "", "description": ""} for name in values}
    for name, value in values.items():
        inputs[name] |= {} if value is None else {"value": value}
    data = {
        "id": node_id,
        "type": node["type"],
        "version": "1.0.0",
        "nodePack": node.get("pack", "sandbox" if node["type"].startswith("sandbox") else "invokeai"),
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


def _form(exposed: dict[str, Json | None]) -> Json:
    root: Json = {
        "id": "root",
        "type": "container",
        "data": {"layout": "column", "children": list(exposed)},
    }
    elements: Json = {"root": root}
    for name, settings in exposed.items():
        node_id, field = name.split("__")
        data = {"fieldIdentifier": {"nodeId": node_id, "fieldName": field}, "showDescription": False}
        elements[name] = {
            "id": name,
            "type": "node-field",
            "parentId": "root",
            "data": {**data, "settings": settings},
        }
    return {"rootElementId": "root", "elements": elements}
